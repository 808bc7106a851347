// How a time line is cut into buckets: by length on the UTC grid, or by the calendar of a zone.
import { usageError } from '../errors.ts'
import { count } from '../wording.ts'
import { offsetAt } from '../zone.ts'
import type { Every } from './interval.ts'
import type { Window } from './market.ts'
import type { Grain } from './spans.ts'

export interface Bucketing extends Window {
  readonly every: Every
  /** Days, weeks and months follow this zone. */
  readonly tz: string
}

/**
 * Months have no fixed length anywhere, days and weeks none outside UTC: those follow the calendar, by this unit. Null
 * for a fixed length. Several months have no agreed start, which is a usage error.
 */
export function calendarUnit({ every, tz }: Pick<Bucketing, 'every' | 'tz'>): string | null {
  const unit = { '1M': 'month', '12M': 'year', ...(tz === 'UTC' ? {} : { '1d': 'day', '1w': 'week' }) }[every.text]
  if (unit === undefined && every.months > 0) {
    throw usageError(`bars of ${every.months} months have no agreed start`, '--every 1M or --every 1y')
  }
  return unit ?? null
}

const DAY = 86_400
const HOUR = 3600
const OFFSET_STEPS = [HOUR, 1800, 900, 60, 1] as const

/** Seconds that a stored width has to divide. A local day begins on the hour in most zones, in India on the half. */
export function divisor(bucketing: Bucketing): number {
  const { every, tz, from, to } = bucketing
  if (calendarUnit(bucketing) === null) return every.seconds
  if (tz === 'UTC') return DAY
  const offsets = offsetsOf(Date.parse(from), Date.parse(to), tz)
  return OFFSET_STEPS.find((step) => offsets.every((offset) => offset % step === 0)) ?? 1
}

const SAMPLE_MS = 10 * DAY * 1000
const MOST_SAMPLES = 4000

/** Offsets from UTC in seconds that a zone has in a window: any change of the clocks or of the law shows for ten days. */
function offsetsOf(from: number, to: number, tz: string): readonly number[] {
  const step = Math.max(SAMPLE_MS, (to - from) / MOST_SAMPLES)
  const found = new Set([offsetAt(to, tz) / 1000])
  for (let at = from; at < to; at += step) found.add(offsetAt(at, tz) / 1000)
  return [...found]
}

/** Which rollups fit whole into buckets of that divisor; a zone off the grid of hours reads raw rows. */
export const grainOf = (step: number): Grain => (step % DAY === 0 ? DAY : step % HOUR === 0 ? HOUR : 0)

/** What a statement needs to know to answer a window whole, or bucket by bucket. */
export function bucketsOf(
  { from, to }: Window,
  { every, tz = 'UTC' }: { readonly every?: Every | undefined; readonly tz?: string | undefined },
): {
  readonly grain: Grain
  /** Seconds that a stored width has to divide to lie in one bucket; undefined for the window whole. */
  readonly divisor: number | undefined
  readonly params: { readonly every: string | null; readonly calendar: string | null; readonly tz: string }
} {
  if (!every) return { grain: DAY, divisor: undefined, params: { every: null, calendar: null, tz } }
  checkCount(every, { from, to })
  const bucketing = { every, tz, from, to }
  const step = divisor(bucketing)
  return {
    grain: grainOf(step),
    divisor: step,
    params: { every: every.interval, calendar: calendarUnit(bucketing), tz },
  }
}

const MOST_BUCKETS = 1_000_000

/** A usage error for more buckets than anybody reads: somebody meant months, or another window. */
export function checkCount(every: Every, { from, to }: Window): void {
  const seconds = every.seconds || every.months * 30 * DAY
  const buckets = Math.ceil((Date.parse(to) - Date.parse(from)) / 1000 / seconds)
  if (buckets > MOST_BUCKETS)
    throw usageError(
      `--every ${every.text} cuts this window into ${count(buckets, 'bucket')}`,
      'a wider --every, or a shorter window',
    )
}
