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
  why: 'each database takes a worker for its scheduler; jobs that find none left wait, and nobody is told',
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

const places = ({ background, schedulers, jobs }: Row): Measure => ({
  ...{ object: 'timescaledb.max_background_workers', value: background - schedulers },
  text: `${background}, of which ${count(schedulers, 'scheduler')} of databases took their own; ${count(jobs, 'job')} here want the rest`,
  try: `alter system set timescaledb.max_background_workers = ${schedulers + Math.max(8, jobs)}; then restart the server`,
})

/** One launcher, all of TimescaleDB's workers, and all that work for parallel queries. */
function processes({ background, processes: places, parallel, schedulers }: Row): Measure {
  const wanted = 1 + background + parallel
  return {
    ...{ object: 'max_worker_processes', value: places - wanted },
    state: places <= 1 + schedulers ? 'CRITICAL' : places < wanted ? 'WARNING' : 'OK',
    text: `${places}, and a launcher, ${background} workers of TimescaleDB and ${parallel} of parallel queries want ${wanted}`,
    try: `alter system set max_worker_processes = ${wanted}; then restart the server`,
  }
}
