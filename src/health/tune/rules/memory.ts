// Memory: what is shared, what the system caches, and what each step of each query may take.
import type { Rule, Workload } from '../rules.ts'
import { GB, MB } from '../units.ts'

const wholeMegabytes = (bytes: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(bytes / MB) * MB))

/** A sort or a hash takes work_mem, a query has several, and every place may be taken: of what is left, this share is given out. */
const GIVEN_OUT: Readonly<Record<Workload, number>> = { ingest: 1 / 8, mixed: 1 / 4, analytics: 1 / 2 }

export const memory: Rule = ({ machine, workload, connections, version }) => {
  const all = machine.memory
  const shared = wholeMegabytes(all / 4, 128 * MB, 1024 * GB)
  const places = Math.max(connections, 100)
  // Before PostgreSQL 17 a vacuum has no use for more than 1 GB, and an index build seldom for more than 2.
  const upkeep = wholeMegabytes(all / 16, 64 * MB, 2 * GB)
  return [
    {
      ...{ setting: 'shared_buffers', value: shared },
      reason: "a quarter of the memory; the rest of the cache is the system's, which sequential scans use anyway",
    },
    {
      ...{ setting: 'effective_cache_size', value: wholeMegabytes((all * 3) / 4, 256 * MB, 4096 * GB) },
      reason: 'three quarters of the memory: what the planner may hope to find cached, nothing is taken for it',
    },
    {
      ...{ setting: 'work_mem', value: wholeMegabytes(((all - shared) * GIVEN_OUT[workload]) / places, 4 * MB, GB) },
      reason: `each sort and hash of each of ${places} sessions may take it: a share of what shared_buffers leaves`,
    },
    {
      ...{ setting: 'maintenance_work_mem', value: upkeep },
      reason: 'a sixteenth of the memory for an index build or a vacuum, 2 GB at most',
    },
    {
      setting: 'autovacuum_work_mem',
      value: wholeMegabytes(upkeep / 4, 32 * MB, version < 170_000 ? GB : 2 * GB),
      reason: 'several workers of autovacuum run at once, and each would take maintenance_work_mem',
    },
    {
      ...{ setting: 'hash_mem_multiplier', value: 2, enough: 'more' },
      reason: 'a hash that does not fit is worse than a sort that does not',
    },
  ]
}
