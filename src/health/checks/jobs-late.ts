import { roughly } from '../../wording.ts'
import type { Check, Measure } from '../check.ts'
import { type Job, jobsOf, nameOf, START } from '../jobs.ts'

export const jobsLate: Check = {
  ...{ name: 'jobs-late', group: 'timescaledb', unit: 's', threshold: { warn: 900, crit: 21_600 } },
  ...{ needs: ['timescaledb', 'primary'] },
  why: 'what the job keeps in order is not kept: chunks stay uncompressed, old ones stay, aggregates are behind',
  try: 'select * from timescaledb_information.job_stats',
  clear: 'no job is due',
  async measure(vantage) {
    const jobs = await jobsOf(vantage)
    return jobs.filter((job) => job.runs > 0).map(measured)
  },
}

function measured(job: Job): Measure {
  const object = nameOf(job)
  const [late, since, text] = lateness(job).reduce((worst, one) => (one[0] > worst[0] ? one : worst))
  if (late <= 0) return { object, value: 0, text: job.running ? 'runs now' : `due at ${job.due ?? 'no time'}` }
  const hint = job.scheduler ? '' : ', and no scheduler runs in this database'
  return {
    ...{ object, value: late, since },
    text: `${text}${hint}`,
    try: job.running
      ? `select pg_cancel_backend(pid) from pg_stat_activity where application_name = '${job.job.replaceAll("'", "''")}'`
      : job.scheduler
        ? `call run_job(${job.job_id})`
        : START,
  }
}

type Lateness = readonly [seconds: number, since: string | null, text: string]

/** By each sign how late it is; below zero where it is not. */
function lateness(job: Job): readonly [Lateness, ...Lateness[]] {
  const { every, running, due, overdue, started, since_start, succeeded, since_success, status } = job
  const waits: Lateness = [
    ...([running ? -1 : (overdue ?? -1), due] as const),
    `was due ${roughly(overdue ?? 0)} ago and was not started`,
  ]
  // While it runs, and after its worker died, it is due at no time.
  const stuck: Lateness = [
    ...([due === null && since_start !== null ? since_start - (running ? Math.max(2 * every, 3600) : 0) : -1] as const),
    ...([started] as const),
    running
      ? `runs for ${roughly(since_start ?? 0)}`
      : `is due at no time since a run ${roughly(since_start ?? 0)} ago`,
  ]
  // One that fails is told by jobs-failed.
  const old: Lateness = [
    ...([
      since_success !== null && status === 'Success' && !running ? since_success - 2 * every : -1,
      succeeded,
    ] as const),
    `succeeded last ${roughly(since_success ?? 0)} ago, and is to run every ${roughly(every)}`,
  ]
  return [waits, stuck, old]
}
