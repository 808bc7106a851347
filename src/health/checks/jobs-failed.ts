import { count, roughly } from '../../wording.ts'
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
  const times = Math.max(1, job.failures > 0 ? job.failures : unseenFailures(job))
  return {
    ...{ object, value: times, since: job.failing_since ?? job.started },
    text: `${howOften(job)}: ${why(job)}`,
    try: `call run_job(${job.job_id})`,
    // Of its own housekeeping nobody needs to be woken.
    ...(job.own ? { state: 'WARNING' as const } : {}),
  }
}

/** The history of failures may be hidden from this role, or cut: then what the statistics leave open counts. */
const unseenFailures = ({ succeeded, since_success, runs, every }: Job): number =>
  succeeded === null ? runs : Math.floor(since_success! / Math.max(every, 1))

function howOften({ failures, succeeded, since_success, runs }: Job): string {
  if (failures > 1) return `failed ${failures} times in a row`
  if (failures === 1) return 'failed once'
  return succeeded === null
    ? `failed, and never succeeded in ${count(runs, 'run')}`
    : `failed, and succeeded last ${roughly(since_success!)} ago`
}

const why = (job: Job): string =>
  died(job) ? 'the worker of its last run is gone' : (job.error ?? 'no message is kept that this role may read')
