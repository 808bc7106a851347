import { roughly } from '../../wording.ts'
import type { Check } from '../check.ts'
import { jobsOf, nameOf, START } from '../jobs.ts'

export const jobsNeverRun: Check = {
  ...{ name: 'jobs-never-run', group: 'timescaledb', unit: 's', threshold: { warn: 3_600, crit: 86_400 } },
  ...{ needs: ['timescaledb', 'primary'] },
  why: 'a policy that never ran has done nothing yet, and looks as if it were at work',
  try: START,
  clear: 'every job ran at least once',
  async measure(vantage) {
    const { before, now, remember } = vantage
    const waiting = (await jobsOf(vantage)).filter(
      ({ runs, due, overdue }) => runs === 0 && (due === null || overdue! > 0),
    )
    // No view says when a job was made: those that begin at a moment of their own have it, others are remembered.
    const seen = waiting.map((job) => {
      const first = before?.values[job.job_id]
      return [job, typeof first === 'string' ? first : now.toISOString()] as const
    })
    remember(Object.fromEntries(seen.map(([job, first]) => [job.job_id, first])))
    return seen.map(([job, first]) => {
      const since = !job.own && job.initial_start !== null ? job.initial_start : first
      const seconds = Math.max(0, (now.getTime() - Date.parse(since)) / 1000)
      const scheduler = job.scheduler ? '' : ', and no scheduler runs in this database'
      return {
        ...{ object: nameOf(job), value: seconds, since },
        text: `never ran in the ${roughly(seconds)} it is known${scheduler}`,
        try: job.scheduler ? `call run_job(${job.job_id})` : START,
      }
    })
  },
}
