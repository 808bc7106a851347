// What the steps of a run share: small transactions, tried again where a lock was not to be had, each of which stands by
// itself, so that a run that was killed is gone on with by the next.
import { setTimeout as sleep } from 'node:timers/promises'
import { sqlState } from '../../db/sqlstate.ts'
import { persistently } from '../../storage/retry.ts'
import { type Client, type Run, type StorageSession, writing } from '../../storage/session.ts'
import type { Subject } from '../actual.ts'
import type { Words } from '../ddl.ts'

export interface Work {
  readonly session: StorageSession
  readonly words: Words
  /** Milliseconds of the server's clock. */
  readonly now: number
  readonly signal: AbortSignal
  /** Throws when this run is no longer the only one. */
  readonly check: () => void
  readonly progress: (text: string) => void
}

/** What a step did to one table. */
export interface Deed {
  readonly step: 'ahead' | 'drain' | 'expire' | 'compress' | 'rollups'
  readonly table: string | null
  /** `done`, `nothing`, `locked` where somebody was in the way, `busy`, `interrupted`, `failed`. */
  readonly outcome: string
  /** Partitions or chunks made, dropped or compressed. */
  readonly chunks: number
  /** Rows moved, deleted (not those of dropped chunks), buckets rolled up. */
  readonly rows: number
  /** Freed; null where it is not known. */
  readonly bytes: number | null
  readonly seconds: number
  readonly detail: string | null
}

export interface Done {
  readonly chunks?: number
  readonly rows?: number
  readonly bytes?: number | null
  /** What was not done because others were in the way. */
  readonly left?: string | undefined
  /** What could not be done, and why: the rest was. */
  readonly failed?: string | undefined
  readonly detail?: string | undefined
}

export type Kept = Pick<Subject, 'policy' | 'facts' | 'relation' | 'table'>

/** One apply or run at a time in a database. */
export const LOCK = 'arxdb.policy'

/** A lock is waited for so long; those who come behind wait with it. */
export const LOCK_TIMEOUT_MS = 2_000
const TRIES = 5
const NOT_AVAILABLE = '55P03'

/**
 * One transaction of a run; false when its locks could not be had in several tries. Waits between them let those through
 * who queued behind it.
 */
export async function unit(
  work: Work,
  body: (run: Run, client: Client) => Promise<void>,
  most = TRIES,
): Promise<boolean> {
  const { session, signal } = work
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted()
    work.check()
    try {
      await persistently(session, { signal }, () => writing(session, (run) => body(run, session.client), signal))
      return true
    } catch (error) {
      if (sqlState(error) !== NOT_AVAILABLE) throw error
      if (tries >= most) return false
      await sleep(100 * 2 ** tries * (0.5 + Math.random()), undefined, { signal }).catch(() => {})
    }
  }
}

/** Whoever was in the way of one chunk mostly is of the next: those are tried once. */
export const triesAfter = (left: readonly unknown[]): number => (left.length > 0 ? 1 : TRIES)

/** Statements whose names vary, in the transaction of `unit`. */
export const sendAll = async (client: Client, texts: readonly string[]): Promise<void> => {
  for (const text of texts) await client.query(text)
}
