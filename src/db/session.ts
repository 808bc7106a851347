// One question, one transaction: read only, UTC, bounded in time, cancelled on the server when the user gives up.
import type pg from 'pg'
import type { Connection } from '../connect/connection.ts'
import { ArxError, EXIT } from '../errors.ts'
import { cancelling } from './cancel.ts'
import { isReadOnly, readOnlyError } from './read-only.ts'
import { translate } from './sqlstate.ts'

export interface SessionLimits {
  /** For each statement; 0 for none. */
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  /** Shown in pg_stat_activity as `arxdb/<command>`. */
  readonly command: string
}

export const DEFAULT_LIMITS: SessionLimits = { statementTimeoutMs: 30_000, lockTimeoutMs: 5_000, command: 'arxdb' }

/** SET LOCAL takes no parameters; everything that goes in here is a number or this pattern. */
const NAME = /[^a-z0-9 -]/gi

const settings = (limits: SessionLimits): string =>
  [
    'set local jit = off',
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    `set local statement_timeout = ${Math.round(limits.statementTimeoutMs)}`,
    `set local lock_timeout = ${Math.round(limits.lockTimeoutMs)}`,
    'set local idle_in_transaction_session_timeout = 60000',
    `set local application_name = 'arxdb/${limits.command.replace(NAME, '')}'`,
  ].join(';')

export interface Transaction {
  readonly client: pg.ClientBase
  readonly limits: SessionLimits
  readonly signal?: AbortSignal | undefined
  readonly connection?: Connection | undefined
  readonly write?: boolean
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
}

/**
 * Runs `body` between begin and commit with the session's settings made local to it; rolls back when it throws.
 * Errors come out translated; an abort by the user is ArxError `interrupted`, exit 130.
 */
export async function inTransaction<T>(t: Transaction, body: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  // Not `read write`: that would override who made the role or the database read only.
  const mode = `${t.isolation ? ` isolation level ${t.isolation}` : ''}${t.write ? '' : ' read only'}`
  try {
    return await cancelling(t.client, t.signal, async () => {
      await t.client.query(`begin${mode};${settings(t.limits)}`)
      const value = await body(t.client)
      const { command } = await t.client.query('commit')
      // A body that swallowed an error: the server answers such a commit by rolling back, and calls it a success.
      if (command !== 'COMMIT') throw rolledBack()
      return value
    })
  } catch (error) {
    await t.client.query('rollback').catch(() => {})
    if (t.signal?.aborted) throw interrupted(error)
    if (t.write && isReadOnly(error)) throw (await readOnlyError(t.client, error)) ?? translate(error, t.connection)
    throw translate(error, t.connection)
  }
}

/** The user's own Ctrl-C, not a failure of the query that it cancelled. */
export const interrupted = (cause?: unknown): ArxError =>
  new ArxError({ code: 'interrupted', message: 'interrupted', exit: EXIT.interrupted, cause })

const rolledBack = (): ArxError =>
  new ArxError({
    code: 'rolled-back',
    message: 'nothing was committed: a statement of the transaction had failed, and its error was caught',
    hint: 'let the error through, or use a savepoint',
  })
