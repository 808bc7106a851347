import { count } from '../../wording.ts'
import type { Check, Measure, Server } from '../check.ts'
import { forbidden, type Job, jobsOf, nameOf } from '../jobs.ts'

/** A worker that is gone without a word has crashed, or was ended with its server; its run has no end. */
const died = ({ status, started, running }: Job): boolean => status === null && started !== null && !running

export const jobsFailed: Check = {
  ...{ name: 'jobs-failed', group: 'timescaledb', unit: '1', threshold: { warn: 1, crit: 3 } },
  ...{ needs: ['timescaledb', 'primary'] },
  why: 'compression, retention and refreshes stop with their job, and the disk fills up',
  try: 'select * from timescaledb_information.job_errors order by start_time desc limit 10',
  clear: 'no job failed the last time it ran',
  async measure(vantage) {
    const jobs = await jobsOf(vantage)
    return jobs.filter((job) => job.runs > 0).map((job) => measured(job, vantage.server))
  },
}

function measured(job: Job, server: Server): Measure {
  const object = nameOf(job)
  if (forbidden(job, server))
    return { object, value: null, state: 'SKIPPED', text: "the Apache edition's licence forbids this job of its own" }
  const failed = job.status === 'Failed' || died(job)
  if (!failed) return { object, value: 0, text: `${count(job.runs, 'run')}, the last one a success` }
  const times = Math.max(job.failures, 1)
  const what = died(job) ? 'the worker of its last run is gone' : (job.error ?? 'the message may be read by its owner')
  return {
    ...{ object, value: times, since: job.failing_since ?? job.started },
    text: `failed ${times === 1 ? 'once' : `${times} times in a row`}: ${what}`,
    try: `call run_job(${job.job_id})`,
    // Of its own housekeeping nobody needs to be woken.
    ...(job.own ? { state: 'WARNING' as const } : {}),
  }
}
