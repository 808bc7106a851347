// A database comes into being under a name that says it is unfinished, and gets its own, with all that belongs to it, in one
// transaction at the end. What a killed restore left is known by its name, its comment and by nobody being at it any more,
// and goes with the next restore.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { identifier, literal } from '../../db/identifier.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { step } from '../../steps.ts'
import { type Client, runner } from '../../storage/session.ts'
import type { DatabaseMould } from '../methods/logical-preflight.ts'

const PLAIN = { engine: 'postgres', server: 150_000 } as const
/** Shown in pg_stat_activity, before the last digits of the name, by the one connection that is there as long as the restore is. */
const KEEPER = 'arxdb/restoring '
const MARK = 'arxdb: unfinished restore of '
/** No limit of connections that anybody would set: what a database can be told while it is made, and a comment cannot. */
const UNSAID = 2_147_480_000

export interface NewDatabase {
  /** Into it, under its temporary name. */
  readonly connection: Connection
  /** Gives it its name; whoever is in it is sent away first. */
  finish(): Promise<void>
  drop(): Promise<void>
}

/** Makes it, empty, with the encoding and locale of the one that was backed up. */
export async function newDatabase(
  server: Connection,
  name: string,
  mould: DatabaseMould,
  label: string,
): Promise<NewDatabase> {
  identifier(name)
  const temporary = temporaryName(name)
  const keeper = await openClient(server)
  const inside = { ...server, database: temporary }
  const drop = async (): Promise<void> => {
    await keeper.end().catch(() => {})
    await withAdmin(server, (client) => client.query(`drop database if exists ${identifier(temporary)} with (force)`))
  }
  try {
    await keeper.query('set idle_session_timeout = 0')
    await keeper.query(`set application_name = ${literal(KEEPER + digitsOf(temporary))}`)
    await keeper.query(
      `create database ${identifier(temporary)} template template0 ${made(mould)} connection limit ${UNSAID}`,
    )
    step('created')
    try {
      const told = `${MARK}${label} on ${hostname()}, pid ${process.pid}, since ${new Date().toISOString()}`
      await keeper.query(`comment on database ${identifier(temporary)} is ${literal(told)}`)
      // Whom the server lets make a database it need not let in.
      await (await openClient(inside)).end()
    } catch (error) {
      await drop()
      throw error
    }
  } catch (error) {
    await keeper.end().catch(() => {})
    throw translate(error, server)
  }
  return {
    connection: inside,
    async finish() {
      await withAdmin(server, async (client) => {
        await client.query(`alter database ${identifier(temporary)} with allow_connections false`)
        // The scheduler of TimescaleDB, and whoever looked in: a database in use cannot be renamed.
        await runner(client, PLAIN)('backup/logical/send-away', { name: temporary })
        step('closed')
        // Under its own name it is complete, or it is not there: nothing would ever complete it.
        await client.query('begin')
        await client.query(`alter database ${identifier(temporary)} rename to ${identifier(name)}`)
        await client.query(`comment on database ${identifier(name)} is null`)
        for (const setting of mould.settings) await client.query(settingOf(name, setting))
        await client.query(`alter database ${identifier(name)} with allow_connections true connection limit -1`)
        step('renamed')
        await client.query('commit')
        step('named')
      })
      await keeper.end().catch(() => {})
    },
    drop,
  }
}

/** Exit 6 where there is a database of that name. */
export const refuseExisting = (server: Connection, name: string): Promise<void> =>
  withAdmin(server, async (client) => {
    const [found] = await runner(client, PLAIN)('backup/logical/database-named', { name })
    if (found) throw alreadyThere(name)
  })

/** 63 bytes at most: a long name gives way. */
function temporaryName(name: string): string {
  const suffix = `_arxdb_restoring_${randomBytes(3).toString('hex')}`
  let stem = name
  while (Buffer.byteLength(stem + suffix) > 63) stem = [...stem].slice(0, -1).join('')
  return stem + suffix
}

function made({ encoding, lc_collate, lc_ctype, provider, locale }: DatabaseMould): string {
  const base = `encoding ${literal(encoding)} lc_collate ${literal(lc_collate)} lc_ctype ${literal(lc_ctype)}`
  if (provider === 'i') return `${base} locale_provider icu icu_locale ${literal(locale ?? 'und')}`
  if (provider === 'b') return `${base} locale_provider builtin builtin_locale ${literal(locale ?? 'C')}`
  return base
}

/** Those that tell a restore in progress from others of its name. */
const digitsOf = (temporary: string): string => temporary.slice(-6)

/** Lists are kept as they were written (`"$user", public`), so they are not quoted again. */
function settingOf(database: string, setting: string): string {
  const at = setting.indexOf('=')
  const [name, value] = [setting.slice(0, at), setting.slice(at + 1)]
  const parts = name.split('.').map(identifier).join('.')
  const list = ['search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries'].includes(
    name,
  )
  return `alter database ${identifier(database)} set ${parts} to ${list ? value || "''" : literal(value)}`
}

const withAdmin = async <T>(server: Connection, body: (client: Client) => Promise<T>): Promise<T> => {
  const client = await openClient(server)
  try {
    return await body(client)
  } catch (error) {
    throw translate(error, server)
  } finally {
    await client.end().catch(() => {})
  }
}

/**
 * Databases that killed restores left: drops those that the record shows to be ours and that no restore is in any more;
 * tells each, also those that are only named like one.
 */
export async function sweepUnfinished(server: Connection): Promise<readonly string[]> {
  type Row = { name: string; comment: string | null; limit: number; busy: boolean }
  return withAdmin(server, async (client) => {
    const told: string[] = []
    for (const row of await runner(client, PLAIN)<Row>('backup/logical/unfinished', { keeper: KEEPER })) {
      const { name, comment, limit, busy } = row
      if (busy) continue
      // One that was killed in the moment after it was made says so by its limit alone.
      const unsaid = comment === null && limit === UNSAID
      if (!unsaid && !comment?.startsWith(MARK)) {
        told.push(
          `the database ${name} is named like an unfinished restore and was left: ${comment ?? 'it says nothing'}`,
        )
        continue
      }
      await client.query(`drop database if exists ${identifier(name)} with (force)`)
      const what = comment?.replace('arxdb: ', '') ?? 'unfinished restore, empty'
      told.push(`the database ${name} was dropped: ${what}, and nobody was at it any more`)
    }
    return told
  })
}

const alreadyThere = (name: string): ArxError =>
  new ArxError({
    code: 'database-exists',
    message: `there is a database "${name}" already`,
    detail: 'a restore never writes into a database that exists',
    hint: 'give another name with --into-database, and swap them when you have looked at it',
    exit: EXIT.refused,
  })
