import { count } from '../../wording.ts'
import type { Check, Measure } from '../check.ts'
import { START } from '../jobs.ts'

interface Row {
  readonly background: number
  readonly processes: number
  readonly parallel: number
  readonly schedulers: number
  readonly scheduler_here: boolean
  readonly jobs: number
}

export const workers: Check = {
  // Places that are left for jobs.
  ...{ name: 'workers', group: 'timescaledb', unit: '1', threshold: { warn: 1, crit: 0 } },
  ...{ needs: ['timescaledb', 'primary'] },
  why: 'each database takes a worker for its scheduler; jobs that find none left wait, and only the log tells',
  try: 'alter system set timescaledb.max_background_workers = 32; then restart the server',
  clear: 'no worker is wanted',
  async measure({ run }) {
    const [row] = await run<Row>('health/workers')
    return [...scheduler(row!), places(row!), processes(row!)]
  },
}

function scheduler({ scheduler_here, jobs }: Row): readonly Measure[] {
  if (scheduler_here || jobs === 0) return []
  const text = `no scheduler runs in this database: none of its ${count(jobs, 'job')} is started`
  return [{ object: 'scheduler', value: 0, state: 'CRITICAL', text, try: START }]
}

/** The launcher counts as a worker itself. */
const places = ({ background, schedulers, jobs }: Row): Measure => ({
  ...{ object: 'timescaledb.max_background_workers', value: background - 1 - schedulers },
  text: `${background}, less the launcher and ${count(schedulers, 'scheduler')} of databases, for ${count(jobs, 'job')} here and all elsewhere`,
  try: `alter system set timescaledb.max_background_workers = ${1 + schedulers + Math.max(8, jobs)}; then restart the server`,
})

/** All of TimescaleDB's workers, all that work for parallel queries, and one that PostgreSQL has for replication. */
function processes({ background, processes: places, parallel, schedulers }: Row): Measure {
  const wanted = background + parallel + 1
  return {
    ...{ object: 'max_worker_processes', value: places - wanted },
    state: places <= 2 + schedulers ? 'CRITICAL' : places < wanted ? 'WARNING' : 'OK',
    text: `${places}, and ${background} workers of TimescaleDB, ${parallel} of parallel queries and one of PostgreSQL want ${wanted}`,
    try: `alter system set max_worker_processes = ${wanted}; then restart the server`,
  }
}
