// Autovacuum: the defaults are for disks that turn and for few tables.
import type { Rule } from '../rules.ts'

const SECOND = 1_000
const MANY_CHUNKS = 500

export const autovacuum: Rule = ({ machine, workload, chunks, storage }) => [
  {
    ...{ setting: 'autovacuum', value: 'on' },
    reason: 'without it dead rows stay, plans go stale, and in the end the server stops to prevent wraparound',
  },
  {
    setting: 'autovacuum_max_workers',
    value: Math.max(3, Math.min(10, Math.max(machine.cpus, chunks > MANY_CHUNKS ? 5 : 0))),
    enough: 'more',
    reason: `one for each processor, between 3 and 10${chunks > MANY_CHUNKS ? '; many chunks want five at least' : ''}`,
  },
  {
    ...{ setting: 'autovacuum_naptime', value: 20 * SECOND, enough: 'less' },
    reason: 'each chunk is a table that has to get its turn',
  },
  {
    ...{
      setting: 'autovacuum_vacuum_cost_limit',
      value: (storage === 'hdd' ? 1 : workload === 'ingest' ? 10 : 5) * 200,
    },
    enough: 'more',
    reason: 'all workers share it, and the default of 200 was measured on disks that turn',
  },
  {
    ...{ setting: 'autovacuum_vacuum_scale_factor', value: 0.1, enough: 'less' },
    reason: 'a tenth of a table dead is enough to clean it; the default waits for a fifth',
  },
  {
    ...{ setting: 'autovacuum_analyze_scale_factor', value: 0.05, enough: 'less' },
    reason: 'the newest chunk grows by the minute, and plans go by its statistics',
  },
]
