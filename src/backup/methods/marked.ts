// The last thing that a backup of a whole cluster does: it marks a moment.
import { ArxError } from '../../errors.ts'
import type { Evidence } from '../evidence/evidence.ts'
import { markMoment } from '../evidence/mark.ts'
import type { Mark } from '../manifest.ts'
import type { Cluster } from './cluster.ts'
import type { Making } from './method.ts'

/** A restore point with what the database held exactly there, to prove restores by; a warning where none can be had. */
export async function marked(
  making: Making,
  { standby }: Pick<Cluster, 'standby'>,
): Promise<{ mark: Mark | null; evidence: Evidence | null; warnings: readonly string[] }> {
  const none = { mark: null, evidence: null }
  if (standby) return { ...none, warnings: ['a standby cannot write a restore point: no mark, no evidence'] }
  making.progress('marking a moment')
  try {
    const { connection, progress } = making
    return { ...(await markMoment(connection, `arxdb-${making.label}`, { digest: true, progress })), warnings: [] }
  } catch (error) {
    // What a role with nothing but REPLICATION may not do.
    if (!(error instanceof ArxError && error.code === 'no-restore-point')) throw error
    return { ...none, warnings: [`${error.message}: no mark, no evidence; ${error.hint}`] }
  }
}
