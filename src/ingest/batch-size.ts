// How large the next batch should be. Full ones cost least a row; at both ends of a file smaller ones keep every
// connection busy: the first come sooner, and the last let all connections end together.
import { BATCH_BYTES } from './batch.ts'

const SMALLEST = BATCH_BYTES / 8

export interface Progress {
  /** Bytes of batches made so far. */
  readonly made: number
  /** Bytes of the file read so far, and in all; `total` is undefined for a stream. */
  readonly read: number
  readonly total: number | undefined
  readonly lanes: number
}

/** Bytes, between an eighth of a full batch and a full one. */
export function batchSize({ made, read, total, lanes }: Progress): number {
  if (lanes < 2) return BATCH_BYTES
  const left = total === undefined || read === 0 ? Number.POSITIVE_INFINITY : made * (total / read - 1)
  return Math.max(SMALLEST, Math.min(BATCH_BYTES, made, left / (2 * lanes)))
}
