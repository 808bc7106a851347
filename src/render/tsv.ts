// Tab-separated: one row is one line whatever it holds, so that cut, sort and awk can be trusted with it.
import { fieldOf, rawText } from './machine.ts'
import { neutralise } from './text.ts'
import type { View } from './view.ts'

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const escaped = (text: string) => text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!)

/** Backslash, tab and line ends are written as two characters; null is empty. */
export function* tsvLines({ columns, rows, header, isTTY }: View): Generator<string> {
  const field = isTTY ? (text: string) => neutralise(escaped(text)) : escaped
  if (header) yield `${columns.map(({ name }) => field(name)).join('\t')}\n`
  for (const row of rows) yield `${columns.map((column) => field(rawText(fieldOf(row, column)))).join('\t')}\n`
}
