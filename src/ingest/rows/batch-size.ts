// How large the next batch should be. Full ones cost least a row; at both ends of a file smaller ones keep every
// connection busy: the first come sooner, and the last let all connections end together.
import { BATCH_BYTES } from './batch.ts'

/** Of the batches that are on their way at once: memory does not grow with the number of connections. */
const IN_FLIGHT = 4 * BATCH_BYTES

export interface Progress {
  /** Bytes of batches made so far. */
  readonly made: number
  /** Bytes of the file read so far, and in all; `total` is undefined for a stream. */
  readonly read: number
  readonly total: number | undefined
  readonly lanes: number
}

/** Bytes, between a quarter of a full batch and a full one. */
export function batchSize({ made, read, total, lanes }: Progress): number {
  const full = Math.min(BATCH_BYTES, IN_FLIGHT / lanes)
  if (lanes < 2) return full
  const left = total === undefined || read === 0 ? Number.POSITIVE_INFINITY : made * (total / read - 1)
  return Math.max(full / 4, Math.min(full, made, left / lanes))
}
