// A running PgBouncer beside what it should be told, by its own console.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { POOLER_SEEDS } from '../tune/seeds.ts'
import type { PoolerWish } from './wishes.ts'

export interface PoolerRow {
  readonly setting: string
  readonly current: string | null
  readonly recommended: string
  readonly differs: boolean
  readonly needs: 'restart' | 'reload' | null
  readonly seed: string | null
  readonly reason: string
}

interface Configured {
  readonly key: string
  readonly value: string | null
  readonly changeable: string
}

interface Database {
  readonly name: string
  readonly host: string | null
  readonly port: number | string
  readonly database: string
  readonly pool_mode: string | null
}

/** `pooler` is its console; `behind` the database that it should lead to. */
export async function checkPooler(
  wishes: readonly PoolerWish[],
  pooler: Connection,
  behind: Connection,
): Promise<readonly PoolerRow[]> {
  const client = await openClient({ ...pooler, database: 'pgbouncer' })
  try {
    // The console knows the simple protocol only.
    const config = (await client.query<Configured>('show config')).rows
    const databases = (await client.query<Database>('show databases')).rows
    if (!config.some(({ key }) => key === 'pool_mode')) throw new Error('it has no pool_mode')
    return [...wishes.flatMap((wish) => row(wish, config)), leads(databases, behind)]
  } catch (error) {
    const { message, detail } = translate(error, pooler)
    throw new ArxError({
      ...{ code: 'no-pooler', message: `PgBouncer's console cannot be asked: ${message}`, detail, cause: error },
      hint: 'log in as one of its admin_users or stats_users',
    })
  } finally {
    await client.end().catch(() => {})
  }
}

/** A key that this version does not know yet needs no value. */
function row({ key, value, suits, reason }: PoolerWish, config: readonly Configured[]): readonly PoolerRow[] {
  const found = config.find((one) => one.key === key)
  if (!found) return []
  const current = found.value ?? ''
  const differs = current !== value && !(suits?.(current) ?? false)
  return [
    {
      ...{ setting: key, current, recommended: differs ? value : current, differs, reason },
      ...{
        needs: differs ? (found.changeable === 'yes' ? 'reload' : 'restart') : null,
        seed: POOLER_SEEDS[key] ?? null,
      },
    },
  ]
}

/** Its entry for the database: there, and in no other mode of its own. */
function leads(databases: readonly Database[], behind: Connection): PoolerRow {
  const wanted = `${behind.host}:${behind.port}/${behind.database}`
  const [found] = databases.filter((one) => one.database === behind.database && Number(one.port) === behind.port)
  const mode = found?.pool_mode ?? 'transaction'
  const differs = !found || mode !== 'transaction'
  return {
    ...{ setting: `databases.${behind.database}`, differs, needs: differs ? 'reload' : null, seed: null },
    current: found
      ? `${found.host ?? 'a socket'}:${found.port}/${found.database}${differs ? ` pool_mode=${mode}` : ''}`
      : null,
    recommended: wanted,
    reason: 'the way to this database, in the mode of all others',
  }
}
