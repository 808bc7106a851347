// How the times of one file are read: zone, patterns, unit and stamp of the plan, on bytes.
import { checkZone, fromLocal, offsetAt } from '../../zone.ts'
import { readPattern, readTextTime, TEXT_FORMS, type TimePattern, timePattern } from './text-times.ts'
import { AMBIGUOUS_LOCAL_TIME, type EpochUnit, NO_SUCH_LOCAL_TIME, NOT_A_TIME, readEpoch, readTime } from './times.ts'

export interface TimeRules {
  /** Of texts that carry none. */
  readonly zone: string
  /** Tried before anything else, in this order; with any given, only ISO and epochs are read besides. */
  readonly patterns: readonly string[]
  /** Of an epoch; by its magnitude when undefined. */
  readonly unit?: EpochUnit | undefined
  /** Added at the end: bars that are stamped when they close. */
  readonly shiftUs: number
}

/** Microseconds since 1970, or one of the negative codes of times.ts. */
export type TimeReader = (buf: Uint8Array, from: number, to: number) => number

const HOUR_US = 3_600_000_000
const DAY_MS = 86_400_000
const DASH = 0x2d

/** Longer than any time; a cell of prose is not worth decoding. */
const LONGEST = 64

export function timeReader({ zone, patterns, unit, shiftUs }: TimeRules): TimeReader {
  const own = patterns.map(timePattern)
  if (zone === 'UTC' && own.length === 0 && unit === undefined && shiftUs === 0) return readPlain
  const toUtc = zone === 'UTC' ? undefined : wallClock(checkZone(zone))
  const read: TimeReader = (buf, from, to) => {
    if (own.length > 0) {
      const us = readForms(own, decode(buf, from, to), toUtc)
      if (us !== NOT_A_TIME) return us
    }
    if (unit !== undefined) {
      const us = readEpoch(buf, from, to, unit)
      if (us !== NOT_A_TIME) return us
    }
    const us = readTime(buf, from, to)
    if (us === NOT_A_TIME) return own.length > 0 ? us : readForms(TEXT_FORMS, decode(buf, from, to), toUtc)
    return toUtc === undefined || us < 0 || saysZone(buf, from, to) ? us : toUtc(us)
  }
  if (shiftUs === 0) return read
  return (buf, from, to) => {
    const us = read(buf, from, to)
    return us < 0 ? us : us + shiftUs
  }
}

/** Most files: the hot path alone, and what it does not know is looked at once more. */
function readPlain(buf: Uint8Array, from: number, to: number): number {
  const us = readTime(buf, from, to)
  return us === NOT_A_TIME ? readTextTime(decode(buf, from, to)) : us
}

function decode(buf: Uint8Array, from: number, to: number): string {
  return to - from > LONGEST ? '' : Buffer.from(buf.buffer, buf.byteOffset + from, to - from).toString('utf8')
}

function readForms(forms: readonly TimePattern[], text: string, toUtc: ((us: number) => number) | undefined): number {
  for (const form of forms) {
    const us = readPattern(form, text)
    if (us !== NOT_A_TIME) return toUtc === undefined || form.zoned ? us : toUtc(us)
  }
  return NOT_A_TIME
}

/** Whether a text that readTime knows names its moment without a zone's help: an epoch, or ISO with `Z`, `UTC`, `+01`. */
function saysZone(buf: Uint8Array, from: number, to: number): boolean {
  if (to - from < 10 || buf[from + 4] !== DASH) return true
  // Behind the date and its T stand only digits, points and colons, unless there is a zone.
  for (let i = from + 11; i < to; i++) if (buf[i]! >= 0x41 || buf[i] === 0x2b || buf[i] === DASH) return true
  return false
}

/** From the wall clock of a zone, in microseconds as if it were UTC's, to UTC, or to the code of a time that is not one. */
function wallClock(zone: string): (local: number) => number {
  const offsets = new Map<number, number>()
  /** By the day, because every hour of a day asks for the same two. */
  const ofDay = (day: number): number => {
    const known = offsets.get(day)
    if (known !== undefined) return known
    const offset = offsetAt(day * DAY_MS, zone)
    offsets.set(day, offset)
    return offset
  }
  const exact = (local: number): number => {
    const second = Math.floor(local / 1_000_000) * 1000
    const { utc, kind } = fromLocal(second, zone)
    if (kind === 'gap') return NO_SUCH_LOCAL_TIME
    return kind === 'twice' ? AMBIGUOUS_LOCAL_TIME : local - (second - utc) * 1000
  }
  /** Microseconds to take off anywhere in the hour; NaN when the clocks change in it or it is no plain one. */
  const ofHour = (hour: number): number => {
    const day = Math.floor(hour / 24)
    const before = ofDay(day - 1)
    // Local and UTC are less than a day apart: no change from the day before to the day after is none in this one.
    if (before === ofDay(day + 2)) return before * 1000
    const start = hour * HOUR_US
    const last = start + HOUR_US - 1_000_000
    const [first, end] = [exact(start), exact(last)]
    return first >= 0 && end >= 0 && start - first === last - end ? start - first : Number.NaN
  }
  const hours = new Map<number, number>()
  let recent = Number.NaN
  let offset = Number.NaN
  return (local) => {
    const hour = Math.floor(local / HOUR_US)
    if (hour !== recent) {
      recent = hour
      const known = hours.get(hour)
      offset = known ?? ofHour(hour)
      if (known === undefined) hours.set(hour, offset)
    }
    return Number.isNaN(offset) ? exact(local) : local - offset
  }
}

export type SlashOrder = 'month-first' | 'day-first' | 'unclear' | 'mixed'

/**
 * What the samples tell about `7/30/2015`, `30.07.15` and their like, where only a number above twelve shows which one is
 * the day. Undefined when none of them is such a date.
 */
export function slashOrder(samples: readonly string[]): SlashOrder | undefined {
  let seen = false
  let monthFirst = false
  let dayFirst = false
  for (const sample of samples) {
    const match = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/.-])/.exec(sample.trim())
    if (!match) continue
    const [first, second] = [Number(match[1]), Number(match[3])]
    if (Math.min(first, second) < 1 || Math.min(first, second) > 12 || Math.max(first, second) > 31) continue
    seen = true
    if (second > 12) monthFirst = true
    // `20-01-14` may as well begin with its year.
    if (first > 12 && !(match[2] === '-' && match[4]!.length === 2)) dayFirst = true
  }
  if (!seen) return undefined
  if (monthFirst && dayFirst) return 'mixed'
  return monthFirst ? 'month-first' : dayFirst ? 'day-first' : 'unclear'
}
