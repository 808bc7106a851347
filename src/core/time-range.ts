// The window of a question: half-open, [from, to), in UTC.
import { usageError } from '../errors.ts'
import { checkZone } from '../zone.ts'
import { type Clock, formatInstant, type Moment, readMoment } from './instant.ts'
import { info, type Note, warn } from './result.ts'

export interface TimeRange {
  /** UTC ISO 8601, included. */
  readonly from: string
  /** UTC ISO 8601, not included. */
  readonly to: string
  /** The echo of the range, and what was decided in reading it; part of the answer's notes. */
  readonly notes: readonly Note[]
}

export interface RangeText {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface RangeClock extends Clock {
  /** When --from is missing: `7d` counts back from --to (or from now). Without it, --from is demanded. */
  readonly defaultFrom?: string | undefined
}

/**
 * Resolves --from and --to. A whole period alone (`2026-01`, `2026-W03`, `2026`, `yesterday`) and `A..B` give both ends;
 * beside --to, and as --to, a period is its start. A period still running ends now. from >= to is a usage error.
 */
export function parseRange(text: RangeText, options: RangeClock): TimeRange {
  checkZone(options.tz)
  const notes: Note[] = []
  const clock: Clock = { ...options, note: (said) => notes.push(warn(said)) }
  const [fromText, toText] = split(text)
  const now = BigInt(options.now.getTime()) * 1000n
  const given = toText === undefined ? undefined : readMoment(toText, clock).start
  const moment =
    fromText === undefined ? fallback(given ?? now, clock, options.defaultFrom) : readMoment(fromText, clock)
  const to = given ?? end(moment, now, fromText, notes)
  if (moment.start >= to) {
    const said = `from ${formatInstant(moment.start)} is not before to ${formatInstant(to)}`
    throw usageError(`the range is empty: ${said}`, 'the range is [from, to): swap them, or move --to')
  }
  const range = { from: formatInstant(moment.start), to: formatInstant(to) }
  return { ...range, notes: [info(`from ${range.from} to ${range.to}`), ...notes] }
}

/** `A..B` in --from stands for both flags; `A..` is open to now. */
function split({ from, to }: RangeText): readonly [string | undefined, string | undefined] {
  const at = from?.indexOf('..') ?? -1
  if (from === undefined || at < 0) {
    if (to?.includes('..')) throw usageError('a range A..B belongs to --from', `--from ${to}`)
    return [from, to]
  }
  if (to !== undefined) throw usageError(`--from ${from} has both ends already`, 'leave out --to')
  const [first, last] = [from.slice(0, at).trim(), from.slice(at + 2).trim()]
  if (first === '') throw usageError(`the range "${from}" has no start`, `--from 2026-01-02 --to ${last || 'now'}`)
  return [first, last === '' ? undefined : last]
}

function fallback(to: bigint, clock: Clock, defaultFrom: string | undefined): Moment {
  if (defaultFrom === undefined) throw usageError('a range needs --from', '--from 7d')
  // Counted from --to, so that `--to 2025-01-08` alone is the week before it and not an empty range.
  return readMoment(defaultFrom, { ...clock, now: new Date(Number(to / 1000n)) })
}

function end(from: Moment, now: bigint, text: string | undefined, notes: Note[]): bigint {
  if (from.end === undefined || text === undefined) return now
  if (from.end <= now || from.start >= now) return from.end
  notes.push(info(`${text} is not over: it ends now`))
  return now
}
