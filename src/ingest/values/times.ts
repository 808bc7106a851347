// Moments from bytes, as microseconds since 1970: whole numbers below 2^53 until the year 2255, so a JS number is exact.

/** Not a time in any form known here. */
export const NOT_A_TIME = -1
/** An epoch in scientific notation: digits were lost before the file was written. */
export const LOSSY_TIME = -2
/** No clock in the file's zone ever showed it. */
export const NO_SUCH_LOCAL_TIME = -3
/** A clock in the file's zone showed it twice. */
export const AMBIGUOUS_LOCAL_TIME = -4

/** Before the first block of Bitcoin no price can be: what lies before is a wrong unit or a time of day. */
export const EARLIEST_US = Date.UTC(2009, 0, 1) * 1000
export const DAY_US = 86_400_000_000

const SECOND_US = 1_000_000

const digitAt = (buf: Uint8Array, at: number): number => {
  const digit = buf[at]! - 0x30
  return digit >= 0 && digit <= 9 ? digit : Number.NaN
}

/** `width` digits at `at`, NaN when one of them is none. */
function number(buf: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = at; i < at + width; i++) value = value * 10 + digitAt(buf, i)
  return value
}

/**
 * The moment written in buf[from, to). All digits, with or without a decimal part: an epoch whose unit is its
 * magnitude's (below 1e11 s, 1e14 ms, 1e17 us, else ns), decided row by row because real files mix them.
 * Otherwise `2025-01-31`, then optionally `T` or space, `HH:MM[:SS[.ffffff]]`, then `Z`, `UTC` or `+HH[:MM]`; no zone
 * is UTC. NOT_A_TIME or LOSSY_TIME when it cannot be read.
 */
export function readTime(buf: Uint8Array, from: number, to: number): number {
  let i = from
  let value = 0
  while (i < to && buf[i]! >= 0x30 && buf[i]! <= 0x39) value = value * 10 + buf[i++]! - 0x30
  if (i === from) return NOT_A_TIME
  // With up to fourteen digits the value is exact: seconds and milliseconds, as most files have them.
  if (i === to && i - from <= 14 && buf[from] !== 0x30) return value * (i - from > 11 ? 1000 : SECOND_US)
  if (i === to) return epoch(buf, from, i, i)
  const next = buf[i]!
  if (next === 0x2d && i === from + 4) return text(buf, from, to)
  if ((next | 0x20) === 0x65) return LOSSY_TIME
  if (next !== 0x2e) return NOT_A_TIME
  for (let j = i + 1; j < to; j++) {
    if ((buf[j]! | 0x20) === 0x65) return LOSSY_TIME
    if (Number.isNaN(digitAt(buf, j))) return NOT_A_TIME
  }
  return epoch(buf, from, i, to)
}

export type EpochUnit = 's' | 'ms' | 'us' | 'ns'

/** Powers of ten from a unit to the microsecond. */
const PLACES: Readonly<Record<EpochUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 }

/** Far away, but Date can still show it: a wrong unit is told by the moment it leads to. */
const LATEST_US = 8e18

/** Where the digits from `at` on end. */
function digitsEnd(buf: Uint8Array, at: number, to: number): number {
  let i = at
  while (i < to && buf[i]! >= 0x30 && buf[i]! <= 0x39) i++
  return i
}

/** The epoch in [from, to), in the unit that somebody vouched for. NOT_A_TIME for all but digits and one point. */
export function readEpoch(buf: Uint8Array, from: number, to: number, unit: EpochUnit): number {
  const point = digitsEnd(buf, from, to)
  if (point === from || (point < to && (buf[point] !== 0x2e || digitsEnd(buf, point + 1, to) < to))) return NOT_A_TIME
  const places = PLACES[unit]
  // Digits below the microsecond are left off before they become a number: nanoseconds pass 2^53.
  const us =
    places < 0
      ? number(buf, from, Math.max(0, point - from + places))
      : number(buf, from, point - from) * 10 ** places + fraction(buf, point + 1, to, places)
  return Math.min(us, LATEST_US)
}

/** Integer part [from, point), decimals (point, to). Decimals below a microsecond are rounded. */
function epoch(buf: Uint8Array, from: number, point: number, to: number): number {
  let start = from
  while (start < point - 1 && buf[start] === 0x30) start++
  const digits = point - start
  if (digits > 19) return NOT_A_TIME
  // Nanoseconds pass 2^53: the last three digits are left off before they become a number.
  if (digits > 17) return number(buf, start, digits - 3)
  const value = number(buf, start, digits)
  if (digits > 14) return value
  const decimals = digits > 11 ? 3 : 6
  return value * (digits > 11 ? 1000 : SECOND_US) + fraction(buf, point + 1, to, decimals)
}

/** The decimals in [at, to) as a whole number of the `places`-th place. */
function fraction(buf: Uint8Array, at: number, to: number, places: number): number {
  let value = 0
  for (let k = 0; k < places; k++) value = value * 10 + (at + k < to ? digitAt(buf, at + k) : 0)
  return at + places < to && digitAt(buf, at + places) >= 5 ? value + 1 : value
}

function text(buf: Uint8Array, from: number, to: number): number {
  if (to - from < 10 || buf[from + 7] !== 0x2d) return NOT_A_TIME
  const year = two(buf, from) * 100 + two(buf, from + 2)
  const days = dayOf(year, two(buf, from + 5), two(buf, from + 8))
  if (Number.isNaN(days)) return NOT_A_TIME
  let at = from + 10
  let clock = 0
  if (at < to) {
    if ((buf[at] !== 0x20 && buf[at] !== 0x54) || to - at < 6 || buf[at + 3] !== 0x3a) return NOT_A_TIME
    const hour = two(buf, at + 1)
    const minute = two(buf, at + 4)
    at += 6
    let second = 0
    let micros = 0
    if (buf[at] === 0x3a && at < to) {
      second = to - at < 3 ? NO_DIGITS : two(buf, at + 1)
      at += 3
      if (at < to && buf[at] === 0x2e) {
        let stop = at + 1
        while (stop < to && !Number.isNaN(digitAt(buf, stop))) stop++
        micros = fraction(buf, at + 1, stop, 6)
        at = stop
      }
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return NOT_A_TIME
    clock = ((hour * 60 + minute) * 60 + second) * SECOND_US + micros
  }
  const offset = zone(buf, at, to)
  return Number.isNaN(offset) ? NOT_A_TIME : days * DAY_US + clock - offset
}

/** Far enough below zero to stay there, whatever is added to it. */
const NO_DIGITS = -1_000_000

/** Two digits at `at`, below zero when one of them is none. */
function two(buf: Uint8Array, at: number): number {
  const tens = buf[at]! - 0x30
  const ones = buf[at + 1]! - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_DIGITS
}

const lastDay = { year: 0, month: 0, day: 0, days: Number.NaN }

/** The same as daysOf: most rows are of the day that the row before was of. */
function dayOf(year: number, month: number, day: number): number {
  if (day === lastDay.day && month === lastDay.month && year === lastDay.year) return lastDay.days
  const days = year < 0 ? Number.NaN : daysOf(year, month, day)
  lastDay.year = year
  lastDay.month = month
  lastDay.day = day
  lastDay.days = days
  return days
}

/** Days since 1970-01-01 of a Gregorian date, NaN when there is no such date. */
export function daysOf(year: number, month: number, day: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const length = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= length)) return Number.NaN
  // Years from March on, so that the leap day comes last (the well-known days-from-civil computation).
  const y = month <= 2 ? year - 1 : year
  const century = Math.floor(y / 100)
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - century + Math.floor(century / 4) + ofYear - 719_468
}

/** No clock is farther from UTC; PostgreSQL draws the line there too. */
const MOST_HOURS = 15

/** Offset east of UTC in microseconds of the zone in [at, to): nothing, `Z`, `UTC`, `+01`, `+0100`, `+01:00`. */
function zone(buf: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && buf[at] === 0x20) at++
  const left = to - at
  if (left === 0) return 0
  if (left === 1 && (buf[at]! | 0x20) === 0x7a) return 0
  if (left === 3 && buf[at] === 0x55 && buf[at + 1] === 0x54 && buf[at + 2] === 0x43) return 0
  const sign = buf[at] === 0x2b ? 1 : buf[at] === 0x2d ? -1 : Number.NaN
  if (left !== 3 && left !== 5 && !(left === 6 && buf[at + 3] === 0x3a)) return Number.NaN
  const hours = two(buf, at + 1)
  const minutes = left === 3 ? 0 : two(buf, to - 2)
  if (hours < 0 || hours > MOST_HOURS || minutes < 0 || minutes > 59) return Number.NaN
  return sign * (hours * 60 + minutes) * 60 * SECOND_US
}

/** Microseconds as ISO 8601 UTC, as short as exact allows. */
export function isoTime(us: number): string {
  const seconds = Math.floor(us / SECOND_US)
  const micros = us - seconds * SECOND_US
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${whole}${micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`}Z`
}
