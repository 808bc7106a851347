// Times as people and programs write them, by patterns in the manner of strptime: the slow path, off the hot one.
import { usageError } from '../../errors.ts'
import { DAY_US, daysOf, NOT_A_TIME } from './times.ts'

type Field = 'year' | 'shortYear' | 'month' | 'monthName' | 'day' | 'hour' | 'hour12' | 'half' | 'minute' | 'second'
type Part = Field | 'micros' | 'offset'

/** A compiled pattern: what it matches, and what the groups of a match hold. */
export interface TimePattern {
  readonly text: string
  readonly matches: RegExp
  /** One for each group of `matches`. */
  readonly parts: readonly Part[]
  /** Its texts say their own zone. */
  readonly zoned: boolean
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const
const MONTH_NAMES = [...MONTHS, ...MONTHS.map((name) => name.slice(0, 3))].join('|')

interface Directive {
  readonly part: Part
  /** As it stands alone; numbers take one digit or two, as files pad them or not. */
  readonly loose: string
  /** Between digits, where only the width tells one number from the next; also tells that it is made of digits. */
  readonly tight?: string
}

const twoDigits = (part: Part): Directive => ({ part, loose: '\\d{1,2}', tight: '\\d{2}' })
const monthName: Directive = { part: 'monthName', loose: MONTH_NAMES }

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  Y: { part: 'year', loose: '\\d{4}', tight: '\\d{4}' },
  y: { part: 'shortYear', loose: '\\d{2}', tight: '\\d{2}' },
  m: twoDigits('month'),
  d: twoDigits('day'),
  H: twoDigits('hour'),
  I: twoDigits('hour12'),
  M: twoDigits('minute'),
  S: twoDigits('second'),
  f: { part: 'micros', loose: '\\d{1,9}', tight: '\\d{6}' },
  p: { part: 'half', loose: 'am|pm' },
  b: monthName,
  B: monthName,
  z: { part: 'offset', loose: 'z|[+-]\\d{2}(?::?\\d{2})?' },
  // Only these: what EST or IST means depends on who wrote it.
  Z: { part: 'offset', loose: 'utc|gmt|z' },
}

/** What two directives may not both tell. */
const SAME: readonly (readonly Part[])[] = [
  ['year', 'shortYear'],
  ['month', 'monthName'],
  ['day'],
  ['hour', 'hour12'],
  ['half'],
  ['minute'],
  ['second'],
  ['micros'],
  ['offset'],
]

const EXAMPLE = 'for example "%d/%m/%Y %H:%M"'
const KNOWN = Object.keys(DIRECTIVES)
  .map((letter) => `%${letter}`)
  .join(' ')

/** Compiles `%d/%m/%Y %H:%M`; a usage error when it is no pattern, or cannot tell a moment. */
export function timePattern(text: string): TimePattern {
  const tokens = text.match(/%[\s\S]?| +|[^% ]/g) ?? []
  const directives = tokens.map((token) => {
    if (!token.startsWith('%') || token === '%%') return undefined
    const directive = DIRECTIVES[token.slice(1)]
    if (!directive) throw usageError(`"${token}" in the time pattern "${text}" is unknown`, `${KNOWN} %%, ${EXAMPLE}`)
    return directive
  })
  const parts = directives.flatMap((directive) => (directive ? [directive.part] : []))
  const wrong = flaw(parts)
  if (wrong) throw usageError(`the time pattern "${text}" ${wrong}`, `write it ${EXAMPLE}`)
  const isDigits = (i: number): boolean => directives[i]?.tight !== undefined || /^\d$/.test(tokens[i] ?? '')
  const source = tokens.map((token, i) => {
    const directive = directives[i]
    if (!directive) return literal(token)
    // Decimals of a second end where the digits end: what stands before them does not change their width.
    const isTight = isDigits(i + 1) || (directive.part !== 'micros' && isDigits(i - 1))
    return `(${isTight ? (directive.tight ?? directive.loose) : directive.loose})`
  })
  return { text, matches: new RegExp(`^${source.join('')}$`, 'i'), parts, zoned: parts.includes('offset') }
}

/** Any number of blanks is one blank: people align their columns. */
function literal(token: string): string {
  if (token === '%%') return '%'
  return token.startsWith(' ') ? ' +' : token.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
}

function flaw(parts: readonly Part[]): string | undefined {
  const has = (...any: readonly Part[]): boolean => any.some((part) => parts.includes(part))
  const twice = SAME.find((same) => parts.filter((part) => same.includes(part)).length > 1)
  if (twice) return `tells the ${twice[0] === 'micros' ? 'decimals' : twice[0]} twice`
  if (!has('year', 'shortYear')) return 'tells no year'
  if (has('day') && !has('month', 'monthName')) return 'tells a day without its month'
  if (has('hour12') !== has('half')) return 'needs %I and %p together'
  if (has('minute') && !has('hour', 'hour12')) return 'tells minutes without their hour'
  if (has('second') && !has('minute')) return 'tells seconds without their minute'
  if (has('micros') && !has('second')) return 'tells decimals without their second'
  return undefined
}

/**
 * Microseconds since 1970 of a text that matches the pattern as a whole, or NOT_A_TIME. When the pattern is not `zoned`
 * the wall clock is taken for UTC's. What the pattern does not tell is the first: `%Y-%m` is the first of the month.
 */
export function readPattern(pattern: TimePattern, text: string): number {
  const match = pattern.matches.exec(text)
  if (!match) return NOT_A_TIME
  let year = 0
  let month = 1
  let day = 1
  let hour = 0
  let minute = 0
  let second = 0
  let micros = 0
  let offset = 0
  let half = ''
  for (let i = 0; i < pattern.parts.length; i++) {
    const written = match[i + 1]!
    switch (pattern.parts[i]!) {
      case 'year':
        year = Number(written)
        break
      case 'shortYear':
        year = Number(written) + (Number(written) >= 69 ? 1900 : 2000)
        break
      case 'month':
        month = Number(written)
        break
      case 'monthName':
        month = 1 + MONTHS.findIndex((name) => name.startsWith(written.toLowerCase()))
        break
      case 'day':
        day = Number(written)
        break
      case 'hour':
      case 'hour12':
        hour = Number(written)
        break
      case 'half':
        half = written.toLowerCase()
        break
      case 'minute':
        minute = Number(written)
        break
      case 'second':
        second = Number(written)
        break
      case 'micros':
        micros = Math.round(Number(written.padEnd(9, '0')) / 1000)
        break
      case 'offset':
        offset = offsetOf(written)
        break
    }
  }
  if (half !== '') hour = hour >= 1 && hour <= 12 ? (hour % 12) + (half === 'pm' ? 12 : 0) : Number.NaN
  const clock = ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + micros
  const us = daysOf(year, month, day) * DAY_US + clock
  // Written so that NaN fails too.
  return hour < 24 && minute < 60 && second < 60 && !Number.isNaN(us) ? us : NOT_A_TIME
}

/** Minutes east of UTC of `Z`, `UTC`, `+02`, `+0200`, `+02:00`; NaN where no clock on Earth is. */
function offsetOf(written: string): number {
  if (/^[a-z]/i.test(written)) return 0
  const hours = Number(written.slice(1, 3))
  const minutes = Number(written.slice(3).replace(':', ''))
  if (hours > 15 || minutes > 59) return Number.NaN
  return (written.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

/** Forms that can be read one way only, so that none of them needs to be asked for. No text matches two. */
export const TEXT_FORMS: readonly TimePattern[] = [
  '%Y-%m-%d %I-%p',
  '%Y-%m-%d %I %p',
  '%Y-%m-%d %I:%M %p',
  '%Y-%m-%d %I:%M:%S %p',
  '%Y-%m-%d_%H-%M-%S',
  '%Y-%m-%dT%H:%M:%S%z',
  '%Y-%m-%dT%H:%M:%S.%f%z',
  '%Y/%m/%d',
  '%Y/%m/%d %H:%M',
  '%Y/%m/%d %H:%M:%S',
  '%Y/%m/%d %H:%M:%S.%f',
  '%Y%m%d %H:%M',
  '%Y%m%d %H:%M:%S',
  '%b %d, %Y',
  '%b %d, %Y %H:%M',
  '%b %d, %Y %H:%M:%S',
  '%b %d, %Y %I:%M %p',
  '%b %d, %Y %I:%M:%S %p',
  '%d %b %Y',
  '%d %b %Y %H:%M',
  '%d %b %Y %H:%M:%S',
].map(timePattern)

/** The moment of a text in one of TEXT_FORMS, in microseconds since 1970; no zone is UTC. NOT_A_TIME for any other. */
export function readTextTime(text: string): number {
  for (const form of TEXT_FORMS) {
    const us = readPattern(form, text)
    if (us !== NOT_A_TIME) return us
  }
  return NOT_A_TIME
}
