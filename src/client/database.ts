// The client's hold on the server: a pool, transactions with retry, and what is counted on the way.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { type Connection, describe } from '../connect/connection.ts'
import { inTransaction, type SessionLimits } from '../db/session.ts'
import { sqlState, translate } from '../db/sqlstate.ts'
import { ArxError, EXIT } from '../errors.ts'
import type { TransactionOptions } from './api.ts'
import type { Counters } from './counters.ts'

export interface Database {
  readonly pool: pg.Pool
  readonly connection: Connection
  readonly limits: SessionLimits
  readonly counters: Counters
  /** Ends everything that runs and refuses what comes. */
  readonly signal: AbortSignal | undefined
}

const RETRIES = 3
const FIRST_DELAY_MS = 20

const lostRace = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error) ?? '')

async function acquire(db: Database): Promise<pg.PoolClient> {
  db.signal?.throwIfAborted()
  try {
    return await db.pool.connect()
  } catch (error) {
    db.counters.connectionFailed()
    if (error instanceof Error && error.message.startsWith('timeout exceeded')) {
      throw new ArxError({
        code: 'pool-exhausted',
        message: `no connection to ${describe(db.connection)} came free in time`,
        detail: `${db.pool.totalCount} of at most ${db.pool.options.max} are in use, ${db.pool.waitingCount} more callers wait`,
        hint: 'raise pool.max or pool.acquireTimeoutMs',
        exit: EXIT.connection,
        cause: error,
      })
    }
    throw translate(error, db.connection)
  }
}

/** The query that runs fails with it; there is nobody else to tell. */
const heard = (): void => {}

/** Lends a connection to `work`. It is closed instead of returned when it may hold an open transaction. */
export async function withClient<T>(db: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await acquire(db)
  // The pool listens to idle clients only; a backend that dies under a borrowed one would end the process.
  client.on('error', heard)
  try {
    return await work(client)
  } catch (error) {
    if (sqlState(error)?.startsWith('08') || sqlState(error)?.startsWith('57P')) db.counters.connectionFailed()
    throw error
  } finally {
    client.off('error', heard)
    client.release(client.getTransactionStatus() !== 'I')
  }
}

/** What the caller's body threw of its own comes out as it was, not as an error of the database. */
const callersOwn = (error: unknown): unknown => {
  const wrapped = error instanceof ArxError && error.code === 'database' && error.cause !== undefined
  return wrapped && sqlState(error) === undefined ? error.cause : error
}

/**
 * Runs `body` in one transaction with UTC and the timeouts local to it. Begins again, after a random pause that
 * doubles, when the server chose it as the loser of a race; so `body` must not act on anything but the database.
 */
export async function transaction<T>(
  db: Database,
  { isolation, retries = RETRIES, readOnly = false }: TransactionOptions,
  body: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const { limits, signal, connection } = db
  for (let attempt = 0; ; attempt++) {
    try {
      return await withClient(db, (client) =>
        inTransaction({ client, limits, signal, connection, write: !readOnly, ...(isolation && { isolation }) }, () =>
          body(client),
        ),
      )
    } catch (error) {
      if (attempt >= retries || !lostRace(error)) throw callersOwn(error)
      await sleep(Math.random() * FIRST_DELAY_MS * 2 ** attempt, undefined, signal && { signal })
    }
  }
}
