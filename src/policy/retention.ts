// How long rows are kept, and what of that two policies have in common. Pure.
import { formatDuration } from '../duration.ts'
import type { TablePolicy } from './wanted.ts'

type Retention = Pick<TablePolicy, 'retain_for' | 'retain_by'>

/** Seconds that rows of a timeframe are kept; null for ever. */
export const keptFor = ({ retain_for, retain_by }: Retention, timeframe: string): number | null =>
  Object.hasOwn(retain_by, timeframe) ? retain_by[timeframe]! : retain_for

const orEver = (seconds: number | null): number => seconds ?? Number.POSITIVE_INFINITY

/** Whether rows of any timeframe go sooner than under the policy before; before the first one all were kept. */
export function shortened(now: Retention, before: Retention | undefined): boolean {
  const others = before ?? { retain_for: null, retain_by: {} }
  const names = new Set([...Object.keys(now.retain_by), ...Object.keys(others.retain_by), '*'])
  return [...names].some((name) => orEver(keptFor(now, name)) < orEver(keptFor(others, name)))
}

/** Whether anything goes at all. */
export const expires = ({ retain_for, retain_by }: Retention): boolean =>
  retain_for !== null || Object.values(retain_by).some((length) => length !== null)

/** `90d`; `1m: 90d, others: forever`. */
export function retentionText({ retain_for, retain_by }: Retention): string {
  const named = Object.entries(retain_by).map(([name, length]) => `${name}: ${keptText(length)}`)
  return named.length === 0 ? keptText(retain_for) : [...named, `others: ${keptText(retain_for)}`].join(', ')
}

const keptText = (seconds: number | null): string => (seconds === null ? 'forever' : lengthText(seconds))

/** Seconds as people write them. */
export const lengthText = (seconds: number): string => formatDuration(seconds * 1000)
