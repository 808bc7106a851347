// What keeps a database in shape between loads; cron calls it.
import type { Connection } from '../connect/connection.ts'
import { distrustRollups, refreshRollups } from '../storage/rollups.ts'
import { openSession } from '../storage/session.ts'

/** A stretch of a market is rolled up in a second or less; locks are waited for as long as that takes. */
const LIMITS = { statementTimeoutMs: 0, lockTimeoutMs: 30_000, command: 'policy' }

export interface PolicyStep {
  readonly step: string
  /** `done`, or `busy` where another run is at it. */
  readonly outcome: string
  readonly buckets: number
  readonly seconds: number
}

export interface PolicyOptions {
  readonly signal: AbortSignal
  /** Makes all rollups anew. */
  readonly rebuild?: boolean | undefined
  readonly onProgress?: ((buckets: number) => void) | undefined
}

/** Brings the rollups up to date. Safe to run at any time and from several hosts: one at a time does the work. */
export async function runPolicies(connection: Connection, options: PolicyOptions): Promise<readonly PolicyStep[]> {
  const session = await openSession(connection, LIMITS)
  const begun = performance.now()
  try {
    if (options.rebuild) await distrustRollups(session)
    const { buckets, busy } = await refreshRollups(session, options)
    const seconds = Math.round(performance.now() - begun) / 1000
    return [
      { step: 'rollups', outcome: busy ? 'busy' : options.signal.aborted ? 'interrupted' : 'done', buckets, seconds },
    ]
  } finally {
    await session.close()
  }
}
