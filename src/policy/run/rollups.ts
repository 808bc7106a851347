// Rollups as part of a run: what changed inside the windows that the policies name.
import { refreshRollups, type Windows } from '../../storage/rollups.ts'
import { limited, type StorageSession } from '../../storage/session.ts'
import { iso } from '../cutoffs.ts'
import type { Facts } from '../names.ts'
import type { TablePolicy } from '../wanted.ts'
import type { Done, Work } from './work.ts'

/** Locks of rows that a load holds for a batch are waited for. */
const LOCK_TIMEOUT_MS = 30_000

const windowOf = (policy: TablePolicy | undefined, now: number): string => {
  if (!policy) return '(,)'
  if (!policy.enabled || !policy.rollups) return 'empty'
  const start = policy.refresh_start === null ? '' : iso(now - policy.refresh_start * 1000)
  // What is still being written is left where the policy says so; by default nothing is.
  const end = policy.refresh_end === 0 ? '' : iso(now - policy.refresh_end * 1000)
  return start !== '' && end !== '' && start >= end ? 'empty' : `[${start},${end})`
}

/** The windows of both kinds of facts; without a policy all that changed. */
export const windowsOf = (policyOf: (facts: Facts) => TablePolicy | undefined, now: number): Windows => ({
  ticks: windowOf(policyOf('prices'), now),
  candles: windowOf(policyOf('candles'), now),
})

export async function rollUp(
  { signal, now }: Work,
  session: StorageSession,
  policyOf: (facts: Facts) => TablePolicy | undefined,
  onProgress: (buckets: number) => void,
): Promise<Done & { readonly busy: boolean }> {
  const windows = windowsOf(policyOf, now)
  const patient = limited(session, { lockTimeoutMs: LOCK_TIMEOUT_MS })
  const { buckets, busy } = await refreshRollups(patient, { signal, windows, onProgress })
  return { rows: buckets, busy }
}
