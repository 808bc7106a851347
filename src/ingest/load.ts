// Batches to connections: as many at once as there are lanes, in the file's order wherever order matters.
import { type Batch, collide } from './batch.ts'

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
  const running = new Map<Batch, Promise<void>>()
  const failures: Failure[] = []

  const check = (): void => {
    if (failures.length > 0) throw failures[0]!.error
  }
  const blocked = (batch: Batch): boolean =>
    idle.length === 0 || [...running.keys()].some((other) => collide(other, batch))

  return {
    async put(batch) {
      check()
      while (blocked(batch)) {
        await Promise.race(running.values())
        check()
      }
      const lane = idle.pop()!
      const done = work(lane, batch)
        .catch((error: unknown) => void failures.push({ batch, error }))
        .finally(() => {
          running.delete(batch)
          idle.push(lane)
        })
      running.set(batch, done)
    },
    async drain() {
      await Promise.all(running.values())
      check()
    },
    async settle() {
      await Promise.all(running.values())
      return failures
    },
  }
}
