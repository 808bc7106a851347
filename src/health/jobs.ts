// TimescaleDB's jobs as three checks look at them.
import type { Server, Vantage } from './check.ts'

/** A row of health/jobs. */
export interface Job {
  readonly job_id: number
  readonly job: string
  /** TimescaleDB's own housekeeping: of no table of the user's. */
  readonly own: boolean
  readonly relation: string | null
  readonly every: number
  readonly status: string | null
  readonly running: boolean
  readonly scheduler: boolean
  readonly runs: number
  readonly initial_start: string | null
  readonly due: string | null
  readonly overdue: number | null
  readonly started: string | null
  readonly since_start: number | null
  readonly succeeded: string | null
  readonly since_success: number | null
  readonly failures: number
  readonly failing_since: string | null
  readonly error: string | null
  readonly error_code: string | null
}

export const jobsOf = ({ once }: Vantage): Promise<readonly Job[]> => once<Job>('health/jobs')

/** `Columnstore Policy [1001] of arxdb.candles`: the name has the number already. */
export const nameOf = ({ job, relation }: Job): string => (relation === null ? job : `${job} of ${relation}`)

/**
 * The Apache edition brings a job that its licence forbids, and no function to remove it: whoever runs that edition can do
 * nothing about it.
 */
export const forbidden = (job: Job, { community }: Server): boolean =>
  !community && job.own && job.error_code === '0A000'

/** What to type first where nothing starts any job. */
export const START = 'select _timescaledb_functions.start_background_workers()'
