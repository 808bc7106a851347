// Turns what the driver throws into what a person can act on.
import { type Connection, describe } from '../connect/connection.ts'
import { ArxError, type ErrorParts, EXIT } from '../errors.ts'

interface PgError extends Error {
  readonly code?: string
  readonly detail?: string
  readonly hint?: string
  readonly where?: string
  readonly column?: string
  readonly constraint?: string
  readonly table?: string
  readonly position?: string
}

const NETWORK = new Set([
  ...['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'],
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE'],
])

const SET_PASSWORD = 'set the password in ~/.pgpass or PGPASSWORD'

/** The driver's words; it has no code for it. */
const NO_PASSWORD = /client password must be a (non-empty )?string/

/** SQLSTATEs, or their classes, that mean: the connection was not made or did not hold. */
const isConnection = (code: string): boolean => code.startsWith('08') || code.startsWith('28') || code === '3D000'

/** The five-character SQLSTATE behind an error, whatever wraps it. */
export function sqlState(error: unknown): string | undefined {
  const cause = error instanceof ArxError ? (error.cause ?? error) : error
  const code = (cause as PgError | undefined)?.code
  // Node's own codes (EPIPE, EPERM) look alike, but have no digit.
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** Translates a driver error. `connection` gives messages their "where"; an ArxError passes unchanged. */
export function translate(error: unknown, connection?: Connection): ArxError {
  if (error instanceof ArxError) return error
  const e = error as PgError
  return new ArxError({ cause: error, ...parts(e, connection) })
}

function parts(e: PgError, connection: Connection | undefined): ErrorParts {
  const where = connection ? ` at ${describe(connection)} (from ${connection.origin})` : ''
  const code = e.code ?? ''
  if (isNetwork(e)) {
    return {
      code: 'no-connection',
      message: `cannot connect to PostgreSQL${where}`,
      detail: e.message || code || (e as { errors?: Error[] }).errors?.map((x) => x.message).join('; '),
      hint: 'check that the server runs and listens there; see `arxdb config show --origin`',
      exit: EXIT.connection,
    }
  }
  if (NO_PASSWORD.test(e.message)) {
    return {
      code: 'login-refused',
      message: `PostgreSQL refused the connection${where}`,
      detail: 'it asks for a password, and none was found',
      hint: SET_PASSWORD,
      exit: EXIT.connection,
    }
  }
  if (isConnection(code) || code === '53300' || code === '57P03' || e.message.startsWith('SASL')) {
    return {
      code: code.startsWith('28') ? 'login-refused' : 'no-connection',
      message: `PostgreSQL refused the connection${where}`,
      detail: e.message,
      hint: refusalHint(code, e),
      exit: EXIT.connection,
    }
  }
  return serverParts(e, code)
}

/** 28000 is a role that is not there or that pg_hba.conf keeps out: no password helps. */
function refusalHint(code: string, e: PgError): string | undefined {
  if (code === '28000') return 'name another user: --url postgres://USER@HOST/DATABASE, or PGUSER'
  if (code.startsWith('28')) return SET_PASSWORD
  return code === '3D000' ? 'make it with createdb, or name another database' : e.hint
}

function serverParts(e: PgError, code: string): ErrorParts {
  const detail = [e.detail, e.where?.split('\n')[0], /^[0-9A-Z]{5}$/.test(code) && `SQLSTATE ${code}`]
    .filter(Boolean)
    .join('; ')
  switch (code) {
    case '57014':
      return {
        code: 'timeout',
        message: 'the query took longer than it may and was cancelled',
        detail,
        hint: 'narrow --from/--to, or allow more with --timeout 5m',
        exit: EXIT.timeout,
      }
    case '55P03':
      return { code: 'lock-timeout', message: e.message, detail, hint: 'try again later', exit: EXIT.refused }
    case '25006':
      return {
        code: 'read-only',
        message: e.message,
        detail,
        hint: 'it is a standby, or default_transaction_read_only is set for the role, the database or the server',
        exit: EXIT.refused,
      }
    case '42P01':
    case '3F000':
      return {
        code: 'not-migrated',
        message: 'this database does not hold the arxdb schema, or an older one',
        detail: `${e.message}; ${detail}`,
        hint: 'arxdb migrate',
      }
    case '42501':
      return { code: 'no-privilege', message: e.message, detail, hint: 'arxdb migrate grants' }
    default:
      return { code: 'database', message: e.message, detail, hint: e.hint }
  }
}

/** Node's names for a certificate that cannot be trusted, and for TLS that cannot be agreed on. */
const TLS = /^(ERR_TLS|ERR_SSL|UNABLE_TO|CERT_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/

/** What the driver says without a code: nobody there, gone, or something that speaks no PostgreSQL. */
const WORDS =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|The server does not support SSL|There was an error establishing an SSL|connect )/

function isNetwork(e: PgError): boolean {
  if (NETWORK.has(e.code ?? '') || TLS.test(e.code ?? '')) return true
  return WORDS.test(e.message)
}
