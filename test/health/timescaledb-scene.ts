// What TimescaleDB's checks are shown: jobs as an edition with them has them, hypertables with chunks of some days.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { describe } from 'vitest'
import { describeTiers, type Tier, tiers } from '../servers/databases.ts'

/** On both editions of TimescaleDB. */
export function describeTimescaledb(title: string, body: (tier: Tier) => void): void {
  describeTiers(title, (tier) => {
    if (tier.name === 'plain') return describe.skip('has no TimescaleDB', () => {})
    body(tier)
  })
}

/** `describe` on the Community edition, which alone compresses and has jobs. */
export function describeCommunity(title: string, body: (tier: Tier) => void): void {
  const found = tiers().find(({ name }) => name === 'community')
  describe.skipIf(!found)(title, () => body(found ?? { name: 'community', url: '' }))
}

/** No scheduler, so that a job is as a test leaves it. */
export const stopJobs = (client: pg.Client) => client.query('select _timescaledb_functions.stop_background_workers()')
export const startJobs = (client: pg.Client) => client.query('select _timescaledb_functions.start_background_workers()')

export interface JobStat {
  /** SQL of moments. */
  readonly started: string
  readonly finished: string
  readonly succeeded: string
  readonly next: string
  readonly success: boolean
}

const JOB = `
  insert into _timescaledb_config.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period,
      proc_schema, proc_name, owner, scheduled, fixed_schedule, initial_start, config)
    values ($1, format('Planted Job [%s]', $1::int), '1 hour', '0', -1, '5 minutes', 'public', 'planted', current_user::regrole, true,
            false, null, '{}')`

/** A job as an edition that has add_job() makes it: on Apache there is no other way to one. */
export async function plantJob(client: pg.Client, id: number, stat?: JobStat): Promise<void> {
  await client.query(JOB, [id])
  if (stat) await plantStat(client, id, stat)
}

/** What became of its last run. */
export async function plantStat(client: pg.Client, id: number, stat: JobStat): Promise<void> {
  await client.query('delete from _timescaledb_internal.bgw_job_stat where job_id = $1', [id])
  await client.query(
    `insert into _timescaledb_internal.bgw_job_stat (job_id, last_start, last_finish, next_start, last_successful_finish,
        last_run_success, total_runs, total_duration, total_duration_failures, total_successes, total_failures, total_crashes,
        consecutive_failures, consecutive_crashes, flags)
      values ($1, ${stat.started}, ${stat.finished}, ${stat.next}, ${stat.succeeded}, $2, 3, '0', '0', 1, 1, 0, 0, 0, 0)`,
    [id, stat.success],
  )
}

/** Asks until it is so; says what was asked for when it never is. */
export async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await is()); await sleep(100))
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
}
