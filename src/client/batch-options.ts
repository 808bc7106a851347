// What a caller may say of a batch insert, and what it answers.
import { usageError } from '../errors.ts'

export interface BatchOptions {
  /** Rows per transaction; 1000 by default. */
  readonly batchSize?: number
  /** The most that batchSize may be; 10,000 by default. */
  readonly maxSize?: number
  /** What becomes of a row whose key is there already: an error (default), the old row stays, or the new one wins. */
  readonly onConflict?: 'error' | 'skip' | 'update'
  /** The columns of a unique index; the primary key by default. */
  readonly conflictColumns?: readonly string[]
}

export interface BatchCounts {
  readonly inserted: number
  /** Rows that changed nothing: there already, or (update) equal to what was there. */
  readonly skipped: number
  readonly updated: number
  readonly batches: number
}

export const NO_COUNTS: BatchCounts = { inserted: 0, skipped: 0, updated: 0, batches: 0 }

export const addCounts = (a: BatchCounts, b: BatchCounts): BatchCounts => ({
  inserted: a.inserted + b.inserted,
  skipped: a.skipped + b.skipped,
  updated: a.updated + b.updated,
  batches: a.batches + b.batches,
})

/** Throws on sizes that contradict each other. */
export function batchSizes({ batchSize = 1000, maxSize = 10_000 }: BatchOptions): number {
  if (!Number.isInteger(batchSize) || batchSize < 1) throw usageError('batchSize is not a whole number of at least 1')
  if (batchSize > maxSize) {
    throw usageError(`batchSize ${batchSize} is more than maxSize ${maxSize}`, 'lower batchSize or raise maxSize')
  }
  return batchSize
}
