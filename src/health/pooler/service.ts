// The face of tuning a pooler: what the command calls.
import { account } from '../../connect/account.ts'
import type { Connection } from '../../connect/connection.ts'
import { resolveConnection } from '../../connect/resolve.ts'
import { openClient } from '../../db/connect.ts'
import { translate } from '../../db/sqlstate.ts'
import { factsOf, readSettings, settled } from '../tune/survey.ts'
import { GB } from '../tune/units.ts'
import { checkPooler, type PoolerRow } from './check.ts'
import { poolerIni } from './ini.ts'
import { type PoolerWish, poolerWishes } from './wishes.ts'

const PLACES = ['max_connections', 'superuser_reserved_connections', 'reserved_connections']

/** pgbouncer.ini for the server of that connection. Usage error where its processors are not known. */
export const pooler = async (connection: Connection, asked: { readonly cpus?: number | undefined }): Promise<string> =>
  poolerIni(await wishesFor(connection, asked), connection)

/** A running PgBouncer, found at `url`, beside that. */
export async function check(
  connection: Connection,
  asked: { readonly cpus?: number | undefined },
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly PoolerRow[]> {
  const wishes = await wishesFor(connection, asked)
  const found = await resolveConnection({ flags: { url }, env, ...account(env) })
  return checkPooler(wishes, found!, connection)
}

async function wishesFor(
  connection: Connection,
  { cpus }: { readonly cpus?: number | undefined },
): Promise<readonly PoolerWish[]> {
  const client = await openClient(connection)
  try {
    const facts = await factsOf(client)
    // Its memory makes no difference here.
    const machine = settled({ memory: GB, cpus }, facts)
    const settings = await readSettings(client, PLACES)
    const [all, ...kept] = PLACES.map((name) => Number(settings.get(name)?.setting ?? 0)) as [number, number, number]
    const places = all - kept.reduce((sum, n) => sum + n, 0)
    return poolerWishes({ cpus: machine.cpus, places, role_name: facts.role_name })
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await client.end().catch(() => {})
  }
}
