import { type StorageSession, writing } from '../../storage/session.ts'
import type { Plan } from '../plan/plan.ts'

/** From this many rows on the planner's statistics are refreshed; below, autovacuum does it soon enough. */
const ANALYZE_ROWS = 100_000

/** Refreshes the planner's statistics; why it could not, when it could not: that is no reason to undo a load. */
export async function refreshStatistics(
  session: StorageSession,
  plan: Plan,
  rows: number,
): Promise<string | undefined> {
  if (rows < ANALYZE_ROWS) return undefined
  try {
    await writing(session, async () => {
      // A tenth of the usual sample, of the key alone, which is all that statements filter by; autovacuum does the rest.
      const { relation, owner } = plan.target
      await session.client.query(
        `set local default_statistics_target = 10; analyze arxdb.${relation} (${owner}, timestamp)`,
      )
    })
    return undefined
  } catch (error) {
    return `statistics were not refreshed (${(error as Error).message}); autovacuum will`
  }
}
