// How long after their time rows come: compressing earlier than that makes every late row unpack a batch.
import { DAY } from './interval.ts'

/** One import. Lengths are seconds from a row's time until it was there. */
export interface Arrival {
  readonly rows: number
  /** Of its newest row. */
  readonly newest: number
  /** Of its oldest. */
  readonly oldest: number
}

/** A month's file is the longest that comes again and again. */
const LONGEST_REGULAR = 32 * DAY
const TIMES_AS_LONG = 4
/** Rows this old are not awaited: what brings them unpacks what it must. */
const TOO_OLD = 90 * DAY

/** The rule for what is history and no lateness, for a remark. */
export const HISTORY =
  'an import is history, not late, when its newest row was over 90 d old, or when it spans over 32 d and 4 times what its newest row was late'

export function isHistory({ newest, oldest }: Arrival): boolean {
  const span = oldest - newest
  return newest > TOO_OLD || (span > LONGEST_REGULAR && span > TIMES_AS_LONG * Math.max(0, newest))
}

/**
 * The lateness that a share of all rows does not exceed, where each import's rows lie evenly between its oldest and its
 * newest: the quantile of a mixture of uniform distributions, by bisection. Seconds; 0 without arrivals.
 */
export function lateness(arrivals: readonly Arrival[], share: number): number {
  const total = arrivals.reduce((sum, { rows }) => sum + rows, 0)
  if (total === 0) return 0
  const within = (late: number): number =>
    arrivals.reduce((sum, arrival) => sum + arrival.rows * below(arrival, late), 0) / total
  let [low, high] = [0, Math.max(0, ...arrivals.map(({ newest, oldest }) => Math.max(newest, oldest)))]
  if (within(low) >= share) return low
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (within(middle) >= share) high = middle
    else low = middle
  }
  return high
}

/** The share of an import's rows that were no later. */
function below({ newest, oldest }: Arrival, late: number): number {
  if (late >= oldest) return 1
  return late < newest ? 0 : (late - newest) / (oldest - newest)
}

export const SHARE_IN_TIME = 0.995
const ENOUGH_IMPORTS = 20
const ENOUGH_SEEN = 1_000

/** What is known of when rows came. */
export interface Arrivals {
  readonly imports: readonly Arrival[]
  /** Sampled rows that say when their source saw them, and how late that was for all but a few. */
  readonly seen: { readonly n: number; readonly late: number }
}

export interface Lateness {
  /** Whole days, one at least. */
  readonly days: number
  readonly late: number
  readonly n: number
  readonly of: 'import' | 'sampled row'
  readonly confident: boolean
}

/** What the evidence says; undefined where there is none. The later of two that are both enough. */
export function latenessOf({ imports, seen }: Arrivals): Lateness | undefined {
  const regular = imports.filter((arrival) => !isHistory(arrival))
  const found = [
    { n: regular.length, enough: ENOUGH_IMPORTS, late: lateness(regular, SHARE_IN_TIME), of: 'import' as const },
    { n: seen.n, enough: ENOUGH_SEEN, late: seen.late, of: 'sampled row' as const },
  ]
    .filter(({ n }) => n > 0)
    .sort((a, b) => Number(b.n >= b.enough) - Number(a.n >= a.enough) || b.late - a.late)[0]
  if (!found) return undefined
  const { n, enough, late, of } = found
  return { days: Math.max(1, Math.ceil(late / DAY)), late, n, of, confident: n >= enough }
}
