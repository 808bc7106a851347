// Rows of a batch: the same columns in all of them, as bytes for COPY.
import { ArxError, usageError } from '../errors.ts'
import { copyField, type Shape } from './encode.ts'

export type Row = Readonly<Record<string, unknown>>

/** The columns of the first row; they are the columns of all. */
export function columnsOf(row: Row): readonly string[] {
  const names = Object.keys(row)
  if (names.length === 0) throw usageError('row 0 has no columns')
  return names
}

/** Throws unless the row has exactly these columns: a missing one could mean NULL, a default, or a typing error. */
export function requireColumns(row: Row, names: readonly string[], index: number): void {
  const missing = names.filter((name) => !Object.hasOwn(row, name))
  const own = Object.keys(row)
  if (missing.length === 0 && own.length === names.length) return
  const extra = own.filter((name) => !names.includes(name))
  const differs = [
    missing.length > 0 ? `lacks ${missing.join(', ')}` : '',
    extra.length > 0 ? `has ${extra.join(', ')} besides` : '',
  ]
  throw usageError(
    `row ${index} has other columns than row 0: it ${differs.filter(Boolean).join(' and ')}`,
    'give every row the same keys, null where there is no value',
  )
}

/** The rows as COPY's text format, one line each. `first` is the index of the first row, for messages. */
export function encodeRows(
  rows: readonly Row[],
  columns: readonly { readonly name: string; readonly shape: Shape }[],
  first: number,
): Buffer {
  let lines = ''
  for (const [at, row] of rows.entries()) {
    for (const [i, { name, shape }] of columns.entries()) {
      lines += i === 0 ? '' : '\t'
      lines += encoded(row[name], shape, first + at, name)
    }
    lines += '\n'
  }
  return Buffer.from(lines)
}

function encoded(value: unknown, shape: Shape, index: number, column: string): string {
  try {
    return copyField(value, shape)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const exit = error instanceof ArxError ? error.exit : undefined
    throw new ArxError({
      code: 'value',
      message: `row ${index}, column ${column}: ${message}`,
      exit,
      cause: error,
    })
  }
}
