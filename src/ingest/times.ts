// Moments from bytes, as microseconds since 1970: whole numbers below 2^53 until the year 2255, so a JS number is exact.

/** Not a time in any form known here. */
export const NOT_A_TIME = -1
/** An epoch in scientific notation: digits were lost before the file was written. */
export const LOSSY_TIME = -2

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
  while (i < to && buf[i]! >= 0x30 && buf[i]! <= 0x39) i++
  if (i === from) return NOT_A_TIME
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
  const year = number(buf, from, 4)
  const month = number(buf, from + 5, 2)
  const day = number(buf, from + 8, 2)
  const days = daysOf(year, month, day)
  if (Number.isNaN(days)) return NOT_A_TIME
  let at = from + 10
  let clock = 0
  if (at < to) {
    if ((buf[at] !== 0x20 && buf[at] !== 0x54) || to - at < 6 || buf[at + 3] !== 0x3a) return NOT_A_TIME
    const hour = number(buf, at + 1, 2)
    const minute = number(buf, at + 4, 2)
    at += 6
    let second = 0
    let micros = 0
    if (buf[at] === 0x3a && at < to) {
      second = to - at < 3 ? Number.NaN : number(buf, at + 1, 2)
      at += 3
      if (at < to && buf[at] === 0x2e) {
        let stop = at + 1
        while (stop < to && !Number.isNaN(digitAt(buf, stop))) stop++
        micros = fraction(buf, at + 1, stop, 6)
        at = stop
      }
    }
    // Written so that NaN fails too.
    if (!(hour < 24 && minute < 60 && second < 60)) return NOT_A_TIME
    clock = ((hour * 60 + minute) * 60 + second) * SECOND_US + micros
  }
  const offset = zone(buf, at, to)
  return Number.isNaN(offset) ? NOT_A_TIME : days * DAY_US + clock - offset
}

/** Days since 1970-01-01 of a Gregorian date, NaN when there is no such date. */
function daysOf(year: number, month: number, day: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const length = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= length)) return Number.NaN
  // Years from March on, so that the leap day comes last (the well-known days-from-civil computation).
  const y = month <= 2 ? year - 1 : year
  const century = Math.floor(y / 100)
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return y * 365 + Math.floor(y / 4) - century + Math.floor(century / 4) + ofYear - 719_468
}

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
  const minutes = left === 3 ? 0 : number(buf, to - 2, 2)
  return sign * (number(buf, at + 1, 2) * 60 + minutes) * 60 * SECOND_US
}

/** Microseconds as ISO 8601 UTC, as short as exact allows. */
export function isoTime(us: number): string {
  const seconds = Math.floor(us / SECOND_US)
  const micros = us - seconds * SECOND_US
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${whole}${micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`}Z`
}
