// Hypertables as several checks look at them; see sql/health/hypertables.timescaledb.sql.
import type { Vantage } from './check.ts'

export interface Hypertable {
  readonly relation: string
  readonly view_name: string | null
  readonly time_column: string
  /** Seconds; null where time is a number. */
  readonly width: number | null
  readonly chunks: number
  readonly compressed: number
  readonly partial: number
  readonly partial_chunk: string | null
  /** Chunks of another width than is set. */
  readonly odd: number
  /** Of the chunk that rows of this moment go into. */
  readonly current_width: number | null
  /** Compressed, as merged ones are, which are meant to be wider. */
  readonly current_packed: boolean | null
  readonly current_end: string | null
  readonly current_chunk: string | null
  /** The newest uncompressed chunk that is over, or, where there is none, the one being filled. */
  readonly full_chunk: string | null
  readonly full_bytes: number | null
  readonly full_is_over: boolean | null
  readonly ahead: number | null
  readonly furthest: string | null
  readonly furthest_chunk: string | null
  readonly furthest_bytes: number | null
  /** Of its compression policy, as `every` and `after` are. */
  readonly job_id: number | null
  readonly every: number | null
  readonly after: number | null
  /** Chunks that a run of the policy should have compressed. */
  readonly backlog: number
  readonly due: string | null
  readonly waiting: number | null
  readonly shared_buffers: number
  readonly cache: number
}

export const hypertablesOf = ({ once }: Vantage): Promise<readonly Hypertable[]> =>
  once<Hypertable>('health/hypertables')

/** What its user calls it: a continuous aggregate keeps its rows in a hypertable of another name. */
export const titleOf = ({ relation, view_name }: Hypertable): string => view_name ?? relation
