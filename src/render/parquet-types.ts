// Which Parquet type holds a column, and how a value becomes what is stored.
import type { Column, ColumnKind, Value } from '../core/result.ts'
import { rawText } from './machine.ts'

interface Decimal {
  readonly precision: number
  readonly scale: number
}

/** Both names of a type: old readers know the converted one, new ones the logical. */
interface Type extends Partial<Decimal> {
  readonly type: 'BOOLEAN' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY'
  readonly type_length?: number
  readonly converted_type?: 'UTF8' | 'DECIMAL' | 'TIMESTAMP_MICROS'
  readonly logical_type?:
    | { readonly type: 'STRING' }
    | { readonly type: 'TIMESTAMP'; readonly isAdjustedToUTC: boolean; readonly unit: 'MICROS' }
    | ({ readonly type: 'DECIMAL' } & Decimal)
}

/** A column of the file's schema. */
interface Element extends Type {
  readonly name: string
  readonly repetition_type: 'OPTIONAL'
}

export interface Storage {
  readonly element: Element
  /** What is written for a value that is not null. */
  readonly physical: (value: Value) => unknown
}

/** Why no type but text holds every value. */
export interface Misfit {
  readonly misfit: string
}

export const isMisfit = (found: Storage | Misfit): found is Misfit => 'misfit' in found

const optional = (name: string, type: Type): Element => ({ name, repetition_type: 'OPTIONAL', ...type })

const UTF8: Type = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } }
const MICROS: Type = {
  type: 'INT64',
  converted_type: 'TIMESTAMP_MICROS',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
}

/** Text of anything: a series as JSON, the rest as the other formats write it. */
export const TEXT = (name: string): Storage => ({
  element: optional(name, UTF8),
  physical: (value) => (Array.isArray(value) ? JSON.stringify(value) : rawText(value)),
})

/** The type for every one of `values`, which are those of the column without its nulls. */
export function storageOf({ name, kind }: Column, values: Iterable<Value>): Storage | Misfit {
  return BY_KIND[kind](name, values)
}

type Choose = (name: string, values: Iterable<Value>) => Storage | Misfit

/** A type with a conversion that gives undefined where it cannot hold the value. */
const holding =
  (type: Type, convert: (value: Value) => unknown, what: string): Choose =>
  (name, values) => {
    for (const value of values) if (convert(value) === undefined) return { misfit: `${rawText(value)} is no ${what}` }
    return { element: optional(name, type), physical: convert }
  }

const double = holding(
  { type: 'DOUBLE' },
  (value) => (typeof value === 'number' ? value : undefined),
  'floating-point number',
)
const int64 = holding({ type: 'INT64' }, integer, '64-bit integer')

const BY_KIND: Readonly<Record<ColumnKind, Choose>> = {
  text: TEXT,
  series: TEXT,
  decimal,
  float: double,
  ratio: double,
  duration: double,
  int: int64,
  bytes: int64,
  bool: holding({ type: 'BOOLEAN' }, (value) => (typeof value === 'boolean' ? value : undefined), 'boolean'),
  time: holding(MICROS, microseconds, 'time in UTC with at most 6 decimals'),
}

function integer(value: Value): bigint | undefined {
  if (typeof value === 'string' ? !/^-?\d+$/.test(value) : !Number.isSafeInteger(value)) return undefined
  const whole = BigInt(value as string | number)
  return BigInt.asIntN(64, whole) === whole ? whole : undefined
}

const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/

/** Microseconds since 1970. Date knows milliseconds only, so that it is given whole seconds. */
function microseconds(value: Value): bigint | undefined {
  const match = typeof value === 'string' ? INSTANT.exec(value) : null
  if (!match) return undefined
  const [, seconds, fraction = ''] = match
  const milliseconds = Date.parse(`${seconds}Z`)
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** What every reader holds: 16 bytes. */
const MOST_DIGITS = 38
const BYTES = 16
const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/

/** What prices need, and so what nearly every column has: files of two days can be read as one. */
const USUAL_SCALE = 18

/** One scale for the whole column: the usual one where it holds every digit, else the fewest places that lose none. */
function decimal(name: string, values: Iterable<Value>): Storage | Misfit {
  let [whole, needed] = [0, 0]
  for (const value of values) {
    const match = typeof value === 'string' ? PLAIN.exec(value) : null
    if (!match) return { misfit: `${rawText(value)} is no plain decimal` }
    const [, , integer = '', fraction = ''] = match
    whole = Math.max(whole, integer.replace(/^0+/, '').length)
    needed = Math.max(needed, fraction.replace(/0+$/, '').length)
  }
  const scale = needed <= USUAL_SCALE && whole <= MOST_DIGITS - USUAL_SCALE ? USUAL_SCALE : needed
  if (whole + scale > MOST_DIGITS) {
    return { misfit: `it needs ${whole + scale} digits, and a Parquet decimal has ${MOST_DIGITS}` }
  }
  const type = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: BYTES, converted_type: 'DECIMAL' } as const
  const size = { precision: MOST_DIGITS, scale }
  return {
    element: optional(name, { ...type, ...size, logical_type: { type: 'DECIMAL', ...size } }),
    physical: (value) => unscaled(value as string, scale),
  }
}

/** The digits as one whole number at that scale. */
function unscaled(text: string, scale: number): bigint {
  const [, sign = '', integer = '', fraction = ''] = PLAIN.exec(text)!
  return BigInt(`${sign}${integer}${fraction.slice(0, scale).padEnd(scale, '0')}`)
}
