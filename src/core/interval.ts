// Candle widths: `5m`, `1h`, `1d`, `1w`, `1M`. One number and one unit, because a bucket has to tile the time line.
import { usageError } from '../errors.ts'

export interface Every {
  /** Normal form: `60m` and `1h` are both `1h`. Weeks stay weeks (they begin on Monday), months stay months. */
  readonly text: string
  /** Length of a fixed width in seconds; 0 for months, which have none. */
  readonly seconds: number
  /** Calendar months; 0 for a fixed width. Exactly one of the two is not 0. */
  readonly months: number
  /** As PostgreSQL's interval input: `5 minutes`, `1 month`. */
  readonly interval: string
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const
const NAMES = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', M: 'month' } as const
type Unit = keyof typeof NAMES

const FORMS = 'write 1s, 5m, 1h, 4h, 1d, 1w, or 1M for a month'

/** Only `m` and `M` differ by case; `1H` and `1D` are common in vendors' files. */
const unitOf = (letter: string): Unit => (letter === 'M' || letter === 'm' ? letter : (letter.toLowerCase() as Unit))

/** Hours are not 3600 s when they can be said as days: the largest of s, m, h, d that divides. */
function reduce(count: number, unit: Unit): readonly [number, Unit] {
  if (unit === 'w' || unit === 'M') return [count, unit]
  const seconds = count * SECONDS[unit]
  for (const larger of ['d', 'h', 'm'] as const) {
    if (seconds % SECONDS[larger] === 0) return [seconds / SECONDS[larger], larger]
  }
  return [seconds, 's']
}

/** Reads a candle width; anything else is a usage error. */
export function parseEvery(text: string): Every {
  const match = /^(\d{1,6})\s?([smhdwSHDWM]|y|Y)$/.exec(text.trim())
  if (!match || Number(match[1]) === 0) throw usageError(`"${text}" is no candle width`, FORMS)
  const years = match[2] === 'y' || match[2] === 'Y'
  const [count, unit] = reduce(Number(match[1]) * (years ? 12 : 1), years ? 'M' : unitOf(match[2]!))
  return {
    text: `${count}${unit}`,
    seconds: unit === 'M' ? 0 : count * SECONDS[unit],
    months: unit === 'M' ? count : 0,
    interval: `${count} ${NAMES[unit]}${count === 1 ? '' : 's'}`,
  }
}

/** A PostgreSQL interval of so many milliseconds. */
export const interval = (ms: number): string => `${ms} milliseconds`
