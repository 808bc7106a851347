// JSON for programs: keys as the columns are named, decimals as strings, times as ISO 8601, nulls kept.
import { jsonRow } from './machine.ts'
import type { View } from './view.ts'

/** An array of objects with one row on a line, so that two answers can be compared by diff. */
export function* jsonLines({ columns, rows }: View): Generator<string> {
  let lead = '[\n  '
  for (const row of rows) {
    yield lead + jsonRow(row, columns)
    lead = ',\n  '
  }
  yield rows.length === 0 ? '[]\n' : '\n]\n'
}

/** One object a line. */
export function* ndjsonLines({ columns, rows }: View): Generator<string> {
  for (const row of rows) yield `${jsonRow(row, columns)}\n`
}
