// One value a line, like psql's \x: for answers with more columns than a terminal has room for.
import type { Column } from '../core/result.ts'
import { humanValue, NOTHING } from './human.ts'
import { fieldOf, rawText } from './machine.ts'
import { painter } from './paint.ts'
import { displayWidth, neutralise, padTo, truncate, wrap } from './text.ts'
import type { View } from './view.ts'

const LEAST_ROOM = 8

export function* verticalLines(view: View): Generator<string> {
  const { columns, rows, width, color, header, ascii } = view
  const paint = painter(color)
  const names = columns.map(({ name }) => neutralise(name))
  const widest = names.reduce((most, name) => Math.max(most, displayWidth(name)), 0)
  const nameWidth = Math.min(widest, Math.max(1, width - 3 - LEAST_ROOM))
  const room = Math.max(1, width - nameWidth - 3)
  const bar = ascii || !view.isTTY ? '|' : '│'
  const label = (name: string) => padTo(truncate(name, nameWidth, ascii), nameWidth, 'left')
  for (const [index, row] of rows.entries()) {
    if (header) yield `${paint('dim', rule(view, index + 1, nameWidth))}\n`
    else if (index > 0) yield '\n'
    for (const [i, column] of columns.entries()) {
      const [first = '', ...more] = wrap(shown(view, row, column), room)
      const value = first === NOTHING ? paint('dim', first) : first
      yield `${paint('bold', label(names[i]!))} ${bar} ${value}`.trimEnd().concat('\n')
      for (const rest of more) yield `${' '.repeat(nameWidth)} ${bar} ${rest}\n`
    }
  }
}

const shown = ({ isTTY, ascii }: View, row: object, column: Column) =>
  isTTY ? humanValue(fieldOf(row, column), column.kind, ascii) : neutralise(rawText(fieldOf(row, column)))

function rule({ width, ascii, isTTY }: View, number: number, nameWidth: number): string {
  const dash = ascii || !isTTY ? '-' : '─'
  const title = `${dash}[ ${number} ]`
  return truncate(title + dash.repeat(Math.max(0, nameWidth + 12 - title.length)), width, ascii)
}
