// Batches to connections: as many at once as there are lanes, in the file's order wherever order matters.
import { type Batch, collide } from '../rows/batch.ts'

/** A batch that waits while the next one is made keeps a connection from waiting for bytes. */
const READY = 1

export interface Lanes {
  /** Takes a batch; resolves when there is room for another. Throws what the first failed batch threw. */
  put(batch: Batch): Promise<void>
  /** Waits until all are in; throws like put. */
  drain(): Promise<void>
  /** Waits until nothing runs, whatever came of it; returns what failed. */
  settle(): Promise<readonly Failure[]>
}

export interface Failure {
  readonly batch: Batch
  readonly error: unknown
}

/**
 * Batches run together only when no key can be in both. So which of two equal rows wins never depends on timing (the
 * earlier line does), and two COPYs never wait for each other's keys in opposite order, which is a deadlock.
 */
export function openLanes(count: number, work: (lane: number, batch: Batch) => Promise<void>): Lanes {
  const idle = Array.from({ length: count }, (_, lane) => lane)
  const waiting: Batch[] = []
  const running = new Map<Batch, Promise<void>>()
  const failures: Failure[] = []

  const check = (): void => {
    if (failures.length > 0) throw failures[0]!.error
  }
  /** Starts what waits, in the file's order: a batch never passes the one before it. */
  const start = (): void => {
    while (waiting.length > 0 && idle.length > 0 && failures.length === 0) {
      const [batch] = waiting as [Batch]
      if ([...running.keys()].some((other) => collide(other, batch))) return
      waiting.shift()
      const lane = idle.pop()!
      const done = work(lane, batch)
        .catch((error: unknown) => void failures.push({ batch, error }))
        .finally(() => {
          running.delete(batch)
          idle.push(lane)
          start()
        })
      running.set(batch, done)
    }
  }
  const settled = async (): Promise<void> => {
    while (running.size > 0) await Promise.race(running.values())
  }

  return {
    async put(batch) {
      check()
      waiting.push(batch)
      start()
      while (waiting.length > READY) {
        await Promise.race(running.values())
        check()
      }
    },
    async drain() {
      await settled()
      check()
    },
    async settle() {
      await settled()
      return failures
    },
  }
}
