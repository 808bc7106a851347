// A server that takes no writes: who decided so, and how it is lifted. A role or a database that somebody set to read only
// stays so: arxdb never asks for more than the session was given.
import type pg from 'pg'
import { ArxError, EXIT } from '../errors.ts'
import { identifier } from './identifier.ts'
import { sqlState } from './sqlstate.ts'

const READ_ONLY = '25006'

export const isReadOnly = (error: unknown): boolean => sqlState(error) === READ_ONLY

interface Session {
  readonly standby: boolean
  readonly by_default: boolean
  /** pg_settings.source */
  readonly source: string
  readonly role: string
  readonly database: string
}

const ASK = `select pg_is_in_recovery() as standby, s.setting = 'on' as by_default, s.source,
       session_user::text as role, current_database()::text as database
  from pg_settings s where s.name = 'default_transaction_read_only'`

/** What to tell of a write that the server refused, asked outside of a transaction; undefined where neither of both is why. */
export async function readOnlyError(client: pg.ClientBase, cause: unknown): Promise<ArxError | undefined> {
  const found = await client.query<Session>(ASK).catch(() => undefined)
  const session = found?.rows[0]
  if (session?.standby)
    return refused(cause, 'this server is a standby: it takes no writes', undefined, 'name the primary')
  if (!session?.by_default) return undefined
  const { where, lift } = placeOf(session)
  return refused(
    cause,
    'no writes are taken here: default_transaction_read_only is on',
    `set ${where}, and left as it is`,
    `${lift}, if arxdb is to write here`,
  )
}

function refused(cause: unknown, message: string, detail: string | undefined, hint: string): ArxError {
  const said = [detail, (cause as Error).message, `SQLSTATE ${READ_ONLY}`].filter(Boolean).join('; ')
  return new ArxError({ code: 'read-only', message, detail: said, hint, exit: EXIT.refused, cause })
}

const NAME = 'default_transaction_read_only'

function placeOf({ source, ...names }: Session): { readonly where: string; readonly lift: string } {
  const [role, database] = [identifier(names.role), identifier(names.database)]
  switch (source) {
    case 'user':
      return { where: `for the role ${role}`, lift: `alter role ${role} reset ${NAME}` }
    case 'database':
      return { where: `for the database ${database}`, lift: `alter database ${database} reset ${NAME}` }
    case 'database user':
      return {
        where: `for the role ${role} in the database ${database}`,
        lift: `alter role ${role} in database ${database} reset ${NAME}`,
      }
    case 'global':
      return { where: 'for all roles', lift: `alter role all reset ${NAME}` }
    case 'client':
    case 'session':
      return { where: 'for this session', lift: `set ${NAME} = off` }
    default:
      return {
        where: "in the server's configuration",
        lift: `alter system set ${NAME} = off; select pg_reload_conf()`,
      }
  }
}
