// CSV as RFC 4180 quotes it, with plain newlines between records, as psql and every Unix tool write it.
import { fieldOf, rawText } from './machine.ts'
import { neutraliseKeepingLines } from './text.ts'
import type { View } from './view.ts'

const QUOTED = /[",\r\n]|^\s|\s$|^$/

const quote = (text: string) => (QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** null is an empty field, the empty string is `""`. */
export function* csvLines({ columns, rows, header, isTTY }: View): Generator<string> {
  const safe = isTTY ? neutraliseKeepingLines : (text: string) => text
  if (header) yield `${columns.map(({ name }) => quote(safe(name))).join(',')}\n`
  for (const row of rows) {
    const fields = columns.map((column) => {
      const value = fieldOf(row, column)
      return value === null || value === undefined ? '' : quote(safe(rawText(value)))
    })
    // A record of one empty field would be an empty line, which readers skip.
    yield fields.length === 1 && fields[0] === '' ? '""\n' : `${fields.join(',')}\n`
  }
}
