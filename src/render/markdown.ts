// A GitHub-flavoured Markdown table of raw values, for issues and reports.
import { fieldOf, rawText } from './machine.ts'
import { neutralise, neutraliseKeepingLines } from './text.ts'
import { alignmentOf, type View } from './view.ts'

// Line ends first become marks of their own, everything else a terminal would obey is spelled out.
const cell = (text: string) =>
  neutraliseKeepingLines(text)
    .replace(/[\\|<]/g, '\\$&')
    .replace(/\r\n|\n|\r/g, '<br>')
    .replaceAll('\t', ' ')

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`

/** A Markdown table cannot do without its header: --no-header leaves the names empty. */
export function* markdownLines({ columns, rows, header }: View): Generator<string> {
  yield line(columns.map(({ name }) => (header ? cell(neutralise(name)) : '')))
  yield line(columns.map((column) => (alignmentOf(column) === 'right' ? '---:' : '---')))
  for (const row of rows) yield line(columns.map((column) => cell(rawText(fieldOf(row, column)))))
}
