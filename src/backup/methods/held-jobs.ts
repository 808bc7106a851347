// Background jobs make room while a database is dumped: they would take chunks away, or wait for the dump's locks and
// have everybody else wait behind them.
import type { Connection } from '../../connect/connection.ts'
import { step } from '../../steps.ts'
import { type HeldJobs, holdJobs } from '../../storage/job-leases.ts'
import { openSession, reading, runner } from '../../storage/session.ts'

/** A connection each; where there are more tables with jobs than this, the dump relies on trying again. */
const MOST = 20

export interface Held {
  readonly jobs: number
  release(): Promise<void>
}

/**
 * Puts the jobs of all hypertables off by leases, which run out by themselves when this process is killed. Never throws:
 * jobs that cannot be put off are met with locks and another try.
 */
export async function holdAllJobs(connection: Connection): Promise<Held> {
  const session = await openSession(connection, { statementTimeoutMs: 30_000, lockTimeoutMs: 5_000, command: 'backup' })
  const held: HeldJobs[] = []
  try {
    const tables = await reading(session, () =>
      runner(session.client, session.target)<{ relation: string }>('backup/logical/hypertables-with-jobs'),
    )
    for (const { relation } of tables.slice(0, MOST)) {
      held.push(await holdJobs(session, { table: relation, holder: `backup ${process.pid}` }))
    }
  } catch {
    // Said above: it is a courtesy.
  } finally {
    await session.close()
  }
  step('jobs held back')
  return {
    jobs: held.reduce((sum, { jobs }) => sum + jobs, 0),
    async release() {
      await Promise.all(held.map((one) => one.release()))
    },
  }
}
