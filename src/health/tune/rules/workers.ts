// Connections, workers, and the table of locks that all of them share.
import type { Ground, Rule } from '../rules.ts'
import { GB } from '../units.ts'

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** By memory, as a lock costs some 300 bytes for every place; TimescaleDB's own program has the same steps. */
const LOCKS_BY_MEMORY = [
  [32 * GB, 1024],
  [16 * GB, 512],
  [8 * GB, 256],
] as const

/** Two statements over all of the largest table, and a dump of everything, have to fit at one time. */
function locks({ machine, largest, tables, connections }: Ground): number {
  const usual = LOCKS_BY_MEMORY.find(([memory]) => machine.memory >= memory * 0.95)?.[1] ?? 128
  return Math.max(usual, powerOfTwo((2 * largest + tables) / Math.max(connections, 1)))
}

export const workers: Rule = (ground) => {
  const { machine, workload, timescaledb, databases, jobs, largest, chunks, tables } = ground
  const { cpus } = machine
  const half = Math.max(1, Math.round(cpus / 2))
  const background = Math.max(8, databases + jobs)
  const gather = { ingest: half, mixed: Math.min(4, half), analytics: Math.min(8, cpus) }[workload]
  return [
    {
      ...{ setting: 'max_connections', value: 100, enough: 'more' },
      reason: 'more clients than that are better kept in line by a pooler: arxdb tune pgbouncer',
    },
    {
      setting: 'superuser_reserved_connections',
      value: 3,
      enough: 'more',
      reason: 'a way in for who has to free the others',
    },
    ...(timescaledb
      ? [
          {
            ...{ setting: 'timescaledb.max_background_workers', value: background, enough: 'more' as const },
            reason: `a scheduler for each of ${databases} databases, and ${jobs} jobs here; one without a worker is late`,
          },
        ]
      : []),
    {
      setting: 'max_worker_processes',
      value: Math.max(8, cpus + 3 + (timescaledb ? background + 1 : 0)),
      enough: 'more',
      reason: timescaledb
        ? 'parallel workers, all workers of TimescaleDB with its launcher, and three to spare'
        : 'parallel workers, and three to spare',
    },
    { setting: 'max_parallel_workers', value: Math.max(1, cpus), reason: `one for each of ${cpus} processors` },
    {
      setting: 'max_parallel_workers_per_gather',
      value: cpus === 1 ? 0 : gather,
      reason:
        workload === 'analytics'
          ? 'one long query at a time may have every processor'
          : 'half of the processors: a query leaves room for others',
    },
    {
      setting: 'max_parallel_maintenance_workers',
      value: Math.min(4, half),
      reason: 'half of the processors for an index build',
    },
    {
      ...{ setting: 'max_locks_per_transaction', value: locks(ground), enough: 'more' },
      reason:
        `a statement over all ${chunks} chunks of the largest table takes ${largest} locks, a dump ${tables}; ` +
        'the lock table has this times max_connections places',
    },
  ]
}
