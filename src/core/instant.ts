// One point in time, as people write it; microseconds as bigint inside, ISO 8601 in UTC outside.
import { type ArxError, usageError } from '../errors.ts'
import { fromLocal, toLocal } from '../zone.ts'
import { addCalendar, type Calendar, type CalendarUnit, floorLocal } from './calendar.ts'

export interface Clock {
  readonly now: Date
  /** IANA zone of times that name none. */
  readonly tz: string
  /** Hears what was decided silently otherwise: a wall-clock time that exists twice. */
  readonly note?: ((text: string) => void) | undefined
}

/** A point, and for whole periods (a month, a week, yesterday) the end as well; both microseconds since 1970. */
export interface Moment {
  readonly start: bigint
  readonly end?: bigint
}

const FORMS = 'write 2026-01-02, 2026-01-02T10:30Z, 7d, "7d ago", now-7d/d, yesterday, 2026-01 or 2026-W03'
const MIN = BigInt(Date.UTC(1000, 0)) * 1000n
const MAX = BigInt(Date.UTC(10_000, 0)) * 1000n

const STAMP = /^([1-9]\d{3})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const PERIOD = /^([1-9]\d{3})(?:-(?:(\d\d)|W(\d\d)))?$/i
const RELATIVE = /^(?:(now|today|yesterday)|(?=\d))((?:\s?[+-]?\s?\d+(?:ms|[smhdwMy]))*)(\s+ago)?(?:\/([smhdwMy]))?$/

/** UTC ISO 8601 with as many digits of a second as it has, at most six: `2026-01-02T03:04:05.5Z`. */
export function formatInstant(micros: bigint): string {
  const inSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const whole = new Date(Number((micros - inSecond) / 1000n)).toISOString().slice(0, 19)
  const fraction = inSecond === 0n ? '' : `.${String(inSecond).padStart(6, '0').replace(/0+$/, '')}`
  return `${whole}${fraction}Z`
}

/** Microseconds since 1970 of an instant as `formatInstant` writes it, which a Date would round. */
export const microsOf = (instant: string): bigint => readMoment(instant, { now: new Date(0), tz: 'UTC' }).start

/** Reads one point in time to a UTC ISO string; a period is its start. Anything else is a usage error. */
export const parseInstant = (text: string, clock: Clock): string => formatInstant(readMoment(text, clock).start)

/** Reads what --from and --to understand, but `A..B`. */
export function readMoment(text: string, clock: Clock): Moment {
  const trimmed = text.trim().replace(/^(now|today|yesterday)/i, (word) => word.toLowerCase())
  const moment = readPeriod(trimmed, clock) ?? readStamp(trimmed, clock) ?? readRelative(trimmed, clock)
  if (!moment) throw refuse(text)
  if (moment.start < MIN || moment.start >= MAX) throw usageError(`"${text}" is outside the years 1000 to 9999`)
  return moment
}

/** UTC microseconds of a wall-clock time; in a gap the moment when the clocks had moved on. */
const micros = (local: number, tz: string): bigint => BigInt(fromLocal(local, tz).utc) * 1000n

const dayStart = (utc: number, tz: string): number => floorLocal(toLocal(utc, tz), 'd')

function readPeriod(text: string, { now, tz }: Clock): Moment | undefined {
  const period = (local: number, months: number, days: number): Moment => ({
    start: micros(local, tz),
    end: micros(addCalendar(local, { months, days }), tz),
  })
  if (text === 'yesterday') return period(dayStart(now.getTime(), tz) - 86_400_000, 0, 1)
  const match = PERIOD.exec(text)
  if (!match) return undefined
  const [, year, month, week] = match.map(Number) as [number, number, number, number]
  if (week) {
    // ISO 8601: week 1 is the one with 4 January in it.
    const monday = floorLocal(Date.UTC(year, 0, 4), 'w') + (week - 1) * 604_800_000
    if (new Date(monday + 3 * 86_400_000).getUTCFullYear() !== year) throw usageError(`${year} has no week ${match[3]}`)
    return period(monday, 0, 7)
  }
  if (match[3] || (match[2] && (month < 1 || month > 12))) throw usageError(`"${text}" does not exist`, FORMS)
  return period(Date.UTC(year, (month || 1) - 1), match[2] ? 1 : 12, 0)
}

function readStamp(text: string, { tz, note }: Clock): Moment | undefined {
  const match = STAMP.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = 0, minute = 0, second = 0] = match
    .slice(0, 7)
    .map((part) => part && Number(part)) as number[]
  if (hour > 23 || minute > 59 || second > 59) throw usageError(`the time of day in "${text}" does not exist`)
  const local = Date.UTC(year!, month! - 1, day!, hour || 0, minute || 0, second || 0)
  const date = new Date(local)
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day)
    throw usageError(`the date "${text}" does not exist`)
  const digits = (match[7] ?? '').replace(/0+$/, '')
  if (digits.length > 6)
    throw usageError(`"${text}" is finer than a microsecond`, 'times are kept to six digits of a second')
  const fraction = BigInt(digits.padEnd(6, '0'))
  if (match[8]) return { start: BigInt(local - zoneOffset(match[8], text)) * 1000n + fraction }
  const { utc, kind } = fromLocal(local, tz)
  if (kind === 'gap' && match[4] !== undefined) {
    const then = formatInstant(BigInt(utc) * 1000n)
    throw usageError(
      `${text} does not exist in ${tz}: the clocks skip it`,
      `write the offset, or the instant in UTC: ${then}`,
    )
  }
  if (kind === 'twice')
    note?.(`${text} comes twice in ${tz}: taken as the first, ${formatInstant(BigInt(utc) * 1000n)}`)
  return { start: BigInt(utc) * 1000n + fraction }
}

function zoneOffset(written: string, text: string): number {
  if (/^z$/i.test(written)) return 0
  const hours = Number(written.slice(1, 3))
  const minutes = Number(written.slice(3).replace(':', ''))
  if (hours > 15 || minutes > 59) throw usageError(`the offset in "${text}" does not exist`)
  return (written.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** `7d`, `7d ago`, `now-7d`, `now-1M/d`, `today`: steps from now, then down to the start of a unit. */
function readRelative(text: string, { now, tz }: Clock): Moment | undefined {
  const match = RELATIVE.exec(text)
  if (!match || (match[1] && match[3]) || (match[1] ? /^\s?\d/ : /[+-]/).test(match[2] ?? '')) return undefined
  const [, anchor, steps = '', , floor] = match
  const midnight = dayStart(now.getTime(), tz) - (anchor === 'yesterday' ? 86_400_000 : 0)
  let local = anchor === 'today' || anchor === 'yesterday' ? midnight : undefined
  let utc = local === undefined ? now.getTime() : fromLocal(local, tz).utc
  let sign = -1
  for (const [, symbol, count, unit] of steps.matchAll(/([+-])?\s?(\d+)(ms|[smhdwMy])/g)) {
    if (symbol) sign = symbol === '+' ? 1 : -1
    const step = move(sign * Number(count), unit as CalendarUnit | 'ms')
    if (step.days || step.months) utc = fromLocal(addCalendar(toLocal(utc, tz), step), tz).utc
    utc += step.milliseconds ?? 0
    if (!Number.isFinite(new Date(utc).getTime())) throw usageError(`"${text}" is outside the years 1000 to 9999`)
  }
  if (floor) {
    local = floorLocal(toLocal(utc, tz), floor as CalendarUnit)
    utc = fromLocal(local, tz).utc
  }
  return { start: BigInt(utc) * 1000n }
}

/** Days and longer go by the calendar of the zone: a day is 23 or 25 hours when the clocks change. */
function move(count: number, unit: CalendarUnit | 'ms'): Calendar {
  switch (unit) {
    case 'd':
      return { days: count }
    case 'w':
      return { days: 7 * count }
    case 'M':
      return { months: count }
    case 'y':
      return { months: 12 * count }
    default:
      return { milliseconds: count * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] }
  }
}

/** Bare numbers get their own answer: seconds, milliseconds and microseconds look alike, and so does a date. */
function refuse(text: string): ArxError {
  const digits = text.trim()
  if (!/^\d+$/.test(digits)) return usageError(`"${text}" is no time`, FORMS)
  if (/^(19|20)\d{6}$/.test(digits)) {
    return usageError(`"${text}" is a number`, `write ${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`)
  }
  const power = digits.length - 10
  const reading =
    power >= 0 && power % 3 === 0 && power <= 9 ? formatInstant(BigInt(digits.slice(0, 16).padEnd(16, '0'))) : undefined
  return usageError(
    `epoch times such as "${text}" are refused: seconds, milliseconds and microseconds look alike`,
    reading ? `if it is this moment, write ${reading}` : FORMS,
  )
}
