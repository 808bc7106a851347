// Before which moments rows have expired: what retention deletes is decided here and nowhere else.
import { reading, type StorageSession } from '../storage/session.ts'
import { expires, keptFor } from './retention.ts'
import type { TablePolicy } from './wanted.ts'

export interface Cutoffs {
  /** Everything before this moment has expired, of whatever timeframe; undefined where something is kept for ever. */
  readonly whole: number | undefined
  /** Timeframes whose rows expire, each with the moment before which they have; empty where all go together. */
  readonly by: readonly { readonly timeframe: string; readonly cutoff: number }[]
}

/** `now` in milliseconds; `timeframes` are all that the table holds. */
export function cutoffsOf(policy: TablePolicy, timeframes: readonly string[], now: number): Cutoffs {
  if (!expires(policy)) return { whole: undefined, by: [] }
  const before = (seconds: number): number => now - seconds * 1000
  if (Object.keys(policy.retain_by).length === 0) return { whole: before(policy.retain_for!), by: [] }
  const kept = timeframes.map((timeframe) => ({ timeframe, seconds: keptFor(policy, timeframe) }))
  const finite = kept.flatMap(({ timeframe, seconds }) =>
    seconds === null ? [] : [{ timeframe, cutoff: before(seconds) }],
  )
  const all = finite.length === kept.length && finite.length > 0
  return { whole: all ? Math.min(...finite.map(({ cutoff }) => cutoff)) : undefined, by: finite }
}

/** ISO 8601 of milliseconds. */
export const iso = (moment: number): string => new Date(moment).toISOString()

/** The same for the timeframes that the database holds. */
export async function cutoffsNow(session: StorageSession, policy: TablePolicy, now: number): Promise<Cutoffs> {
  const named = Object.keys(policy.retain_by).length > 0
  const rows = named ? await reading(session, (run) => run<{ timeframe: string }>('policy/timeframes')) : []
  return cutoffsOf(
    policy,
    rows.map(({ timeframe }) => timeframe),
    now,
  )
}
