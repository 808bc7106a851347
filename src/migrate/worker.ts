// Connections that do the work: a fresh one for each file, so that nothing a file sets reaches the next one.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connect/connection.ts'
import { cancelling } from '../db/cancel.ts'
import { openClient } from '../db/connect.ts'
import { inTransaction, interrupted } from '../db/session.ts'
import { sqlState, translate } from '../db/sqlstate.ts'
import { ArxError } from '../errors.ts'
import { ask, type Client } from './ask.ts'
import type { Holder, MigrateEvent } from './events.ts'
import { committedText, type Journal } from './failure.ts'
import type { MigrationLock } from './lock.ts'

/** What every step of a run needs. */
export interface Run {
  readonly connection: Connection
  /** The user's Ctrl-C, or the loss of the lock. */
  readonly signal: AbortSignal
  readonly lock: MigrationLock
  readonly emit: (event: MigrateEvent) => void
  readonly journal: Journal
  readonly lockTimeoutMs: number
  /** 0 for none: a migration takes as long as it takes. */
  readonly statementTimeoutMs: number
  readonly attempts: number
  /** Wait before the second attempt; doubles, with jitter. */
  readonly backoffMs: number
}

export interface Worker {
  readonly client: Client
  /** No pooler in between, so that a session's settings stay with it. */
  readonly direct: boolean
  close(): Promise<void>
}

/** Opens a connection of its own. Direct ones notice within a second that this process died. */
export async function openWorker(connection: Connection): Promise<Worker> {
  const client = await openClient(connection)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const direct = (client as unknown as { processID: number }).processID === rows[0]!.pid
  // Not every platform of the server knows how; there it ends when the statement does.
  if (direct) await client.query("set client_connection_check_interval = '1s'").catch(() => {})
  return { client, direct, close: () => client.end().catch(() => {}) }
}

/** Runs `body` on a worker and closes it. */
export async function withWorker<T>(connection: Connection, body: (worker: Worker) => Promise<T>): Promise<T> {
  const worker = await openWorker(connection)
  try {
    return await body(worker)
  } catch (error) {
    throw sqlState(error) === undefined ? error : translate(error, connection)
  } finally {
    await worker.close()
  }
}

/** A write transaction without a time limit, fenced by the lock before its commit. */
export const transaction = <T>(run: Run, client: Client, lockTimeoutMs: number, body: () => Promise<T>): Promise<T> => {
  const limits = { statementTimeoutMs: run.statementTimeoutMs, lockTimeoutMs, command: 'migrate' }
  const { connection, signal } = run
  return inTransaction({ client, limits, connection, signal, write: true, isolation: 'read committed' }, async () => {
    await ask(client, 'migrate/unbounded')
    const value = await body()
    await run.lock.fence(client)
    return value
  })
}

/** One statement as a Query of its own, cancelled on the server when the run ends. */
export const execute = (run: Run, client: Client, sql: string): Promise<unknown> =>
  cancelling(client, run.signal, () => client.query(sql))

/** Why the run ended, when it was ended: the lock's loss, or the user; says what stands. */
export function endedBy(run: Run, fate: string): ArxError | undefined {
  if (!run.signal.aborted) return undefined
  const why = run.lock.lost.aborted ? (run.lock.lost.reason as ArxError) : interrupted()
  const { code, message, hint, exit } = why
  const detail = [why.detail, fate, committedText(run.journal)].filter(Boolean).join('; ')
  return new ArxError({ code, message, detail, hint: hint ?? 'arxdb migrate status', exit })
}

const RETRYABLE: Readonly<Record<string, string>> = {
  '55P03': 'a lock was not free in time',
  '40P01': 'a deadlock was broken',
  '40001': 'a concurrent change',
}

/** Watches whom the worker waits for while `work` runs; the last that were seen. */
async function watching<T>(
  run: Run,
  client: Client,
  seen: (who: readonly Holder[]) => void,
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const look = () =>
    void run.lock.blockers(rows[0]!.pid).then(
      (who) => who.length > 0 && seen(who),
      () => {},
    )
  const timer = setInterval(look, Math.max(50, Math.min(1000, run.lockTimeoutMs / 3)))
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/** Tries `work` again after lock timeouts and deadlocks; it must have left nothing behind when it fails so. */
export async function retrying<T>(run: Run, migration: string, client: Client, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let blockers: readonly Holder[] = []
    try {
      return await watching(run, client, (who) => (blockers = who), work)
    } catch (error) {
      const reason = RETRYABLE[sqlState(error) ?? '']
      if (reason === undefined || attempt >= run.attempts || run.signal.aborted) throw error
      const waitMs = Math.round(Math.min(10_000, run.backoffMs * 2 ** (attempt - 1)) * (0.5 + Math.random()))
      run.emit({ kind: 'retrying', migration, attempt, waitMs, reason, blockers })
      await sleep(waitMs, undefined, { signal: run.signal }).catch(() => {})
    }
  }
}
