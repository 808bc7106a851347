// JavaScript values to COPY's text format, and to query parameters: nothing rounded, nothing in local time.
import { usageError } from '../errors.ts'

/** How a column wants its value: the same array is JSON for one column and an array for another. */
export type Shape = 'scalar' | 'json' | 'array' | 'json-array'

/** Half of a surrogate pair: UTF-8 cannot hold it, and Buffer would put U+FFFD there without a word. */
const LONE_SURROGATE = /\p{Surrogate}/u

function text(value: string): string {
  if (value.includes('\0')) throw usageError('PostgreSQL cannot store the zero character in text')
  if (LONE_SURROGATE.test(value))
    throw usageError('the text holds half of a surrogate pair, which is not valid Unicode')
  return value
}

/** ISO 8601 in UTC, as PostgreSQL reads it: it has no year 0 and no signed years. */
export function instantText(value: Date): string {
  if (Number.isNaN(value.getTime())) throw usageError('the date is invalid')
  const iso = value.toISOString()
  const year = value.getUTCFullYear()
  if (year > 9999) return iso.slice(1).replace(/^0+/, '')
  if (year > 0) return iso
  return `${iso.replace(/^-?\d+/, String(1 - year).padStart(4, '0'))} BC`
}

const bytesText = (value: Uint8Array): string =>
  `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`

/** JSON.stringify writes null for these. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw usageError(`JSON has no ${value}`)
  return value
}

function jsonText(value: unknown): string {
  const json = typeof value === 'string' ? value : JSON.stringify(value, finite)
  if (json === undefined) throw usageError(`a ${typeof value} cannot become JSON`)
  return text(json)
}

function scalarText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return text(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'object':
      if (value instanceof Date) return instantText(value)
      if (value instanceof Uint8Array) return bytesText(value)
      return jsonText(value)
    default:
      throw usageError(`a ${typeof value} cannot be stored`)
  }
}

/** An array literal; quotes every element, so that `NULL`, spaces and braces in texts stay texts. */
function arrayText(values: readonly unknown[], element: 'scalar' | 'json'): string {
  const parts = values.map((value) => {
    if (value === null || value === undefined) return 'NULL'
    if (Array.isArray(value) && element === 'scalar') return arrayText(value, element)
    return `"${(element === 'json' ? jsonText(value) : scalarText(value)).replace(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(',')}}`
}

/** The value's text as a column of that shape reads it; null for NULL. In a json column a string is JSON already. */
export function valueText(value: unknown, shape: Shape): string | null {
  if (value === null || value === undefined) return null
  if (shape === 'json') return jsonText(value)
  if (!Array.isArray(value)) return scalarText(value)
  return arrayText(value, shape === 'json-array' ? 'json' : 'scalar')
}

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** One field of COPY's text format; NULL is \N there, which no text can be mistaken for. */
export function copyField(value: unknown, shape: Shape): string {
  const plain = valueText(value, shape)
  return plain === null ? '\\N' : plain.replace(/[\\\n\r\t]/g, (c) => ESCAPED[c]!)
}

/** A query parameter: the driver would write a Date in the process's zone, which a timestamp column then drops. */
export const parameter = (value: unknown): unknown => (value instanceof Date ? instantText(value) : value)
