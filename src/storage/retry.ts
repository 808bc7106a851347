// Work that outlives a server's restart, a fail-over, a deadlock with somebody else: tried again, on a connection anew
// where the old one broke.
import { setTimeout as sleep } from 'node:timers/promises'
import { sqlState } from '../db/sqlstate.ts'
import { ArxError } from '../errors.ts'
import type { StorageSession } from './session.ts'

/** How long a server may be away. */
const PATIENCE_MS = 120_000
const LONGEST_WAIT_MS = 2_000

/** 53400 is a limit of configuration: no waiting helps. */
const PASSING = /^(08|40001|40P01|53(?!400)|57P0)/

/** Whether the connection itself is gone. */
export function isBroken(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== undefined) return /^(08|57P0)/.test(state)
  return error instanceof ArxError && error.code === 'no-connection'
}

/** Whether the same work may well succeed in a moment. */
export const isPassing = (error: unknown): boolean => isBroken(error) || PASSING.test(sqlState(error) ?? '')

export interface Patience {
  readonly signal?: AbortSignal | undefined
  /** Heard once for every time that the connection had to be made again. */
  readonly onRenewed?: (() => Promise<void>) | undefined
  /** Heard before each wait, with what made it necessary. */
  readonly onWait?: ((error: unknown) => void) | undefined
  readonly patienceMs?: number | undefined
  /** Goes on waiting for a lock where the session's lock_timeout ends: a chunk is being compressed, and that passes. */
  readonly locks?: boolean | undefined
}

const LOCK_TIMEOUT = '55P03'
const RACES = 5

/**
 * Runs `body` until it succeeds or fails for good. `body` has to find out by itself whether its last try came through
 * after all: a connection that breaks during a commit cannot tell. Throws what the last try threw.
 */
export async function persistently<T>(session: StorageSession, patience: Patience, body: () => Promise<T>): Promise<T> {
  const { signal, onRenewed, onWait, patienceMs = PATIENCE_MS, locks } = patience
  let since: number | undefined
  let broken = false
  for (let tries = 0; ; tries++) {
    try {
      if (broken) {
        await session.renew()
        broken = false
        await onRenewed?.()
      }
      return await body()
    } catch (error) {
      since ??= performance.now()
      const passes = isPassing(error) || (locks && sqlState(error) === LOCK_TIMEOUT)
      if (!passes || performance.now() - since > patienceMs || signal?.aborted) throw error
      broken ||= isBroken(error)
      onWait?.(error)
      const wait = Math.min(LONGEST_WAIT_MS, 20 * 2 ** tries)
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {})
    }
  }
}

/**
 * Runs `body` again where the server chose it as the loser of a race for locks and rolled it back: what is known to have
 * left nothing, and nothing else.
 */
export async function throughRaces<T>(body: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await body()
    } catch (error) {
      if (tries === RACES || !['40001', '40P01', LOCK_TIMEOUT].includes(sqlState(error) ?? '')) throw error
      await sleep(20 * 2 ** tries * (0.5 + Math.random() / 2))
    }
  }
}
