// Chunks of a hypertable, or partitions, with the time that they hold.
import { milliseconds } from '../storage/instant.ts'
import { reading, type StorageSession } from '../storage/session.ts'

export interface Chunk {
  readonly chunk: string
  /** `-infinity` and `infinity` where it has no bound. */
  readonly lower: string
  readonly upper: string
  readonly compressed: boolean
  readonly partial: boolean
  readonly outdated: boolean
  readonly bytes: number | null
}

export const chunksOf = (session: StorageSession, relation: string): Promise<readonly Chunk[]> =>
  reading(session, (run) => run<Chunk>('policy/chunks', { relation }))

/** Whether a chunk holds nothing from `moment` (milliseconds) on. Bounds may be finer than milliseconds: hence below. */
export const endsBefore = ({ upper }: Pick<Chunk, 'upper'>, moment: number): boolean => milliseconds(upper) < moment
