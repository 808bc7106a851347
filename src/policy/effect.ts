// What policies came to, a row a table.
import type { Run } from '../storage/session.ts'
import { relationOf } from './actual.ts'
import type { TablePolicy } from './wanted.ts'

export interface Effect {
  readonly relation: string
  readonly chunks: number
  readonly compressed: number
  /** Chunks that are due for compression. */
  readonly backlog: number
  readonly backlog_bytes: number
  /** Compressed chunks with rows that came later. */
  readonly partial: number
  /** Compressed by other settings than those in force. */
  readonly outdated: number
  readonly bytes: number | null
  /** Of the compressed chunks, before and after. */
  readonly before_bytes: number | null
  readonly after_bytes: number | null
  /** The planner's estimate. */
  readonly rows: number | null
  readonly oldest: string | null
  readonly newest: string | null
}

/** By the tables' names; those that are no hypertable, or not partitioned by arxdb, have none. `now`: ISO, or the server's. */
export async function effectsOf(
  run: Run,
  policies: readonly TablePolicy[],
  now: string | undefined,
): Promise<ReadonlyMap<string, Effect>> {
  const relations = policies.map(({ table }) => relationOf(table))
  const rows = await run<Effect>('policy/effect', {
    relations,
    compress_after: policies.map(({ compress_after }) => compress_after),
    now: now ?? 'now',
  })
  return new Map(
    rows.flatMap((row) => {
      const policy = policies[relations.indexOf(row.relation)]
      return policy ? [[policy.table, row] as const] : []
    }),
  )
}
