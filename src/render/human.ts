// Values as a person at a terminal reads them. Machine formats never come through here.
import type { ColumnKind, Value } from '../core/result.ts'
import { humanBytes } from '../wording.ts'
import { alignPoints, shortDecimal } from './decimal.ts'
import { rawText } from './machine.ts'
import { sparkline } from './sparkline.ts'
import { neutralise } from './text.ts'

/** What stands for a value that is not there. */
export const NOTHING = '-'

type Format = (value: Exclude<Value, null>, ascii: boolean) => string

const FORMATS: Readonly<Record<ColumnKind, Format>> = {
  text: (value) => rawText(value),
  decimal: (value) => shortDecimal(rawText(value)),
  float: (value) => (typeof value === 'number' ? String(Number(value.toPrecision(8))) : shortDecimal(rawText(value))),
  ratio: (value) => asNumber(value, percent),
  int: (value) => rawText(value),
  bytes: (value) => asNumber(value, humanBytes),
  bool: (value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : rawText(value)),
  time: (value) => humanTime(rawText(value)),
  duration: (value) => asNumber(value, humanDuration),
  series: (value, ascii) => (Array.isArray(value) ? sparkline(value, ascii) : rawText(value)),
}

/** One value for a person, on one line and harmless to a terminal. */
export const humanValue = (value: Value | undefined, kind: ColumnKind, ascii = false): string =>
  value === null || value === undefined ? NOTHING : neutralise(FORMATS[kind](value, ascii))

/** A whole column: as `humanValue`, with points under each other and seconds left out where none has any. */
export function humanColumn(values: readonly (Value | undefined)[], kind: ColumnKind, ascii = false) {
  const texts = values.map((value) => humanValue(value, kind, ascii))
  if (kind === 'decimal' || kind === 'float') return alignPoints(texts)
  if (kind === 'time' && texts.every((text) => text === NOTHING || WHOLE_MINUTE.test(text)))
    return texts.map((text) => text.replace(WHOLE_MINUTE, '$1Z'))
  return texts
}

function asNumber(value: Exclude<Value, null>, format: (number: number) => string): string {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : NaN
  return Number.isFinite(number) ? format(number) : rawText(value)
}

const UTC_TIME = /^(\d{4,}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|\+00(?::?00)?)$/
const WHOLE_MINUTE = /^(\d{4,}-\d\d-\d\d \d\d:\d\d):00Z$/

/** `2025-01-01 00:00:00Z` of an ISO 8601 instant in UTC, to the millisecond; anything else unchanged. */
function humanTime(text: string): string {
  const match = UTC_TIME.exec(text)
  if (!match) return text
  const [, day, minute, second = '00', fraction = ''] = match
  const rest = fraction.slice(0, 3).replace(/0+$/, '')
  return `${day} ${minute}:${second}${rest === '' ? '' : `.${rest}`}Z`
}

/** Two decimals, more when fewer would show a share as nothing or as whole that is neither. */
function percent(share: number): string {
  const shown = share * 100
  for (let places = 2; places <= 10; places++) {
    const text = shown.toFixed(places)
    const misleads = (Number(text) === 0 && share !== 0) || (Number(text) === 100 && share !== 1)
    if (!misleads) return `${Number(text)}%`
  }
  return `${shown}%`
}

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const

/** Seconds as `5m`, `3d 2h`, `1.5s`, `250ms`: the largest unit and the one below it. */
export function humanDuration(seconds: number): string {
  const sign = seconds < 0 ? '-' : ''
  const size = Math.abs(seconds)
  if (size === 0) return '0s'
  if (size < 1) return `${sign}${Number((size * 1000).toPrecision(3))}ms`
  if (size < 59.95) return `${sign}${Number(size.toFixed(1))}s`
  const whole = Math.round(size)
  const first = UNITS.findIndex(([length]) => whole >= length)
  const parts = UNITS.slice(first, first + 2).map(([length, name], i) => {
    const of = i === 0 ? whole : whole % UNITS[first]![0]
    return { count: Math.floor(of / length), name }
  })
  const shown = parts.filter(({ count }) => count > 0).map(({ count, name }) => `${count}${name}`)
  return sign + shown.join(' ')
}
