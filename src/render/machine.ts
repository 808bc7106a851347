// Values as a program reads them: every digit, ISO times, nothing shortened.
import type { Column, Value } from '../core/result.ts'

/** Raw text of a value; null is empty, a series is its numbers between spaces. */
export function rawText(value: Value | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(rawText).join(' ')
  // Not in the contract, but a Date or an object must not end as "[object Object]" in a file.
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The value under a column's name. */
export const fieldOf = (row: object, column: Column): Value | undefined =>
  (row as Readonly<Record<string, Value | undefined>>)[column.name]

/** Escaped in JSON beyond what JSON asks, for those who print it on a terminal: C1 controls and DEL. */
const UNSEEN = /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** One JSON object on one line, keys in column order. Numbers JSON cannot say (NaN, Infinity) are null. */
export function jsonRow(row: object, columns: readonly Column[]): string {
  const members = columns.map((column) => `${jsonText(column.name)}:${jsonText(fieldOf(row, column) ?? null)}`)
  return `{${members.join(',')}}`
}

const jsonText = (value: unknown): string =>
  (JSON.stringify(value) ?? 'null').replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
