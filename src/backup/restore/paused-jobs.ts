// Jobs of a restored database stand still until somebody opens it: a retention policy is due the moment its database is
// back, and deletes what was just restored. Which ones were running before is kept as a setting of the database, where
// nothing that compares its content sees it.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { identifier } from '../../db/identifier.ts'
import { translate } from '../../db/sqlstate.ts'
import { step } from '../../steps.ts'
import { type Client, runner } from '../../storage/session.ts'

export const PAUSED = 'arxdb.paused_jobs'
const TARGET = { engine: 'timescaledb', server: 150_000 } as const

/** Switches off every job that is on, and writes down which; to be called before background workers may start. */
export async function pauseJobs(client: Client, database: string): Promise<number> {
  const run = runner(client, TARGET)
  const jobs = (await run<{ job_id: number }>('backup/logical/pause-jobs')).map(({ job_id }) => job_id)
  if (jobs.length > 0) await writeDown(client, database, jobs)
  return jobs.length
}

/** Writes down which jobs the database is to start when it is opened. Digits and commas alone. */
export const writeDown = (client: Client, database: string, jobs: readonly number[]): Promise<unknown> =>
  client.query(`alter database ${identifier(database)} set ${PAUSED} to '${jobs.map(Math.trunc).join(',')}'`)

export interface ResumedJobs {
  readonly resumed: readonly number[]
  /** Were written down, and are not there any more. */
  readonly gone: readonly number[]
}

/** Opens a restored database: its jobs run again from now on. */
export async function resumeJobs(connection: Connection): Promise<ResumedJobs> {
  const client = await openClient(connection)
  try {
    const { rows } = await client.query<{ paused: string | null }>(
      `select current_setting('${PAUSED}', true) as paused`,
    )
    const paused = (rows[0]?.paused ?? '').split(',').filter(Boolean).map(Number)
    if (paused.length === 0) {
      // One that was killed before it came to this has resumed them already.
      const { rowCount } = await client.query(`select from pg_extension where extname = 'timescaledb'`)
      if (rowCount) await runner(client, TARGET)('backup/logical/start-workers')
      return { resumed: [], gone: [] }
    }
    await client.query('begin')
    const found = await runner(client, TARGET)<{ job_id: number }>('backup/logical/resume-jobs', { jobs: paused })
    await client.query(`alter database ${identifier(connection.database)} reset ${PAUSED}`)
    step('jobs marked')
    await client.query('commit')
    step('jobs resumed')
    // A restore ends every session of the database, the scheduler's too.
    await runner(client, TARGET)('backup/logical/start-workers')
    const resumed = found.map(({ job_id }) => job_id)
    return { resumed, gone: paused.filter((job) => !resumed.includes(job)) }
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await client.end().catch(() => {})
  }
}
