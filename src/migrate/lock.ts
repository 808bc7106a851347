// One migration at a time. The lock is polled for, never waited on: a statement that waits holds a snapshot, and CREATE
// INDEX CONCURRENTLY in the holder would wait for that snapshot: a deadlock. It lives in an idle READ COMMITTED
// transaction on a connection of its own: no snapshot either, and a transaction-mode pooler keeps the server with it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { interrupted } from '../db/session.ts'
import { translate } from '../db/sqlstate.ts'
import { ArxError, EXIT } from '../errors.ts'
import { ask, type Client } from './ask.ts'
import { describeHolder, type Holder, type MigrateEvent } from './events.ts'

/** 'arxdbmig' in ASCII, as the two halves that pg_locks shows. Advisory locks are per database already. */
const KEY = { class: 0x61727864, object: 0x626d6967 }
const BIGINT_KEY = BigInt(KEY.class) * 4_294_967_296n + BigInt(KEY.object)

/**
 * No statement with parameters may be the last one in the lock's transaction: its unnamed portal stays open, and with it
 * a snapshot that every CREATE INDEX CONCURRENTLY then waits for. So the key is written out; it is a constant.
 */
const TRY = `select pg_try_advisory_xact_lock(${BIGINT_KEY}) as got, pg_backend_pid() as pid`
const CLOSE_PORTAL = 'select'

const BEGIN = [
  'begin isolation level read committed read write',
  'set local idle_in_transaction_session_timeout = 0',
  'set local statement_timeout = 0',
  "set local application_name = 'arxdb/migrate'",
].join(';')

/** SET takes no parameters; what goes in is a file's name. */
const UNSAFE = /[^\w ./-]/g

const PING_MS = 15_000

export interface MigrationLock {
  /** The backend that holds it. */
  readonly pid: number
  /** Fires when the connection that holds it is gone. */
  readonly lost: AbortSignal
  /** Shows others what runs now, as application_name; fails when the lock is lost. */
  show(what: string): Promise<void>
  /** Throws unless the lock is still held: asked on the working connection, in the transaction about to commit. */
  fence(client: Client): Promise<void>
  /** Whom a backend waits for. */
  blockers(pid: number): Promise<readonly Holder[]>
  release(): Promise<void>
}

export interface LockWish {
  readonly connection: Connection
  readonly waitMs: number
  readonly signal: AbortSignal
  readonly emit: (event: MigrateEvent) => void
}

const lostError = (cause?: unknown): ArxError =>
  new ArxError({
    code: 'lock-lost',
    message: 'the connection that holds the migration lock was lost',
    detail: 'without it another migration may start, so nothing more is run',
    hint: 'arxdb migrate status',
    cause,
  })

const busy = (holder: Holder | undefined, waitMs: number): ArxError =>
  new ArxError({
    code: 'lock-busy',
    message: `another migration holds the lock; gave up after ${waitMs / 1000} s`,
    detail: holder ? `held by ${describeHolder(holder)}` : 'its holder could not be seen',
    hint: 'wait for it to end, or allow more with --lock-wait 10m',
    exit: EXIT.refused,
  })

/** One try: leaves the transaction open when it got the lock, closed otherwise. */
async function attempt(client: Client): Promise<number | undefined> {
  await client.query(BEGIN)
  await ask(client, 'migrate/unbounded')
  const { rows } = await client.query<{ got: boolean; pid: number }>(TRY)
  if (rows[0]!.got) return rows[0]!.pid
  await client.query('rollback')
  return undefined
}

async function poll(client: Client, { waitMs, signal, emit }: LockWish): Promise<number> {
  const deadline = performance.now() + waitMs
  let told: number | undefined
  for (;;) {
    const pid = await attempt(client)
    if (pid !== undefined) return pid
    const [holder] = await ask<Holder>(client, 'migrate/lock-holder', KEY)
    if (performance.now() >= deadline) throw busy(holder, waitMs)
    if (told === undefined || (holder && holder.pid !== told)) emit({ kind: 'lock-waiting', holder })
    told = holder?.pid ?? told ?? 0
    const rest = Math.max(1, deadline - performance.now())
    await sleep(Math.min(rest, 100 + Math.random() * 200), undefined, { signal })
  }
}

/** Gets the migration lock or gives up after `waitMs` (exit 6), naming who holds it. */
export async function acquireLock(wish: LockWish): Promise<MigrationLock> {
  const client = await openClient(wish.connection)
  const lost = new AbortController()
  const lose = (error?: unknown) => lost.abort(lostError(error))
  let released = false
  const pid = await poll(client, wish).catch(async (error: unknown) => {
    await client.end().catch(() => {})
    throw wish.signal.aborted ? interrupted(error) : translate(error, wish.connection)
  })
  client.on('error', lose)
  client.on('end', () => released || lose())
  const ping = setInterval(() => void client.query(CLOSE_PORTAL).catch(lose), PING_MS)
  ping.unref()
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    const value = await work.catch((error: unknown) => lose(error))
    if (lost.signal.aborted) throw lost.signal.reason
    return value as T
  }
  return {
    pid,
    lost: lost.signal,
    show: async (what) => {
      await guarded(client.query(`set local application_name = 'arxdb/migrate ${what.replace(UNSAFE, '')}'`))
    },
    fence: async (worker) => {
      const [row] = await ask<{ held: boolean }>(worker, 'migrate/lock-held', { ...KEY, pid })
      if (!row!.held) lose()
      if (lost.signal.aborted) throw lost.signal.reason
    },
    blockers: async (waiting) => {
      // Within a transaction the activity view is a copy made at its first use.
      await client.query('select pg_stat_clear_snapshot()')
      const found = await ask<Holder>(client, 'migrate/blockers', { pid: waiting })
      await client.query(CLOSE_PORTAL)
      return found
    },
    release: async () => {
      released = true
      clearInterval(ping)
      await client.query('rollback').catch(() => {})
      await client.end().catch(() => {})
    },
  }
}
