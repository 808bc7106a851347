// Horizontal bars from zero, one a row, as part of a picture.
import type { Chart, Result, Value } from '../core/result.ts'
import { type Cells, labelOf, numberOf } from './draw-data.ts'
import { humanValue } from './human.ts'
import { element } from './svg-document.ts'
import { displayWidth, truncate } from './text.ts'

const ROW = 26
const TOP = 36
const CHARACTER = 7

export function svgBars(
  result: Result<object>,
  { label, value }: Extract<Chart, { kind: 'bars' }>,
  width: number,
): { readonly height: number; readonly body: readonly string[] } {
  const rows = result.rows as readonly Cells[]
  const numbers = rows.map((row) => numberOf(row[value]))
  const kind = result.columns.find(({ name }) => name === value)?.kind ?? 'float'
  const figures = rows.map((row) => humanValue(row[value] as Value, kind))
  const names = rows.map((row) => truncate(labelOf(row, label), Math.floor((width * 0.4) / CHARACTER)))
  const pixels = (texts: readonly string[]) =>
    texts.reduce((most, text) => Math.max(most, displayWidth(text) * CHARACTER), 0)
  const left = 12 + pixels(names) + 8
  const right = Math.max(left + 20, width - 12 - pixels(figures) - 8)
  const low = numbers.reduce<number>((least, number) => Math.min(least, number ?? 0), 0)
  const high = numbers.reduce<number>((most, number) => Math.max(most, number ?? 0), 0)
  const x = (number: number) => left + ((number - low) / (high - low || 1)) * (right - left)
  const body = rows.flatMap((_, i) => {
    const y = TOP + i * ROW
    const number = numbers[i]
    const bar =
      number === undefined
        ? []
        : [
            element('rect', {
              class: number < 0 ? 'down' : 'bar',
              x: Math.min(x(0), x(number)),
              y: y + 4,
              width: Math.abs(x(number) - x(0)),
              height: ROW - 10,
            }),
          ]
    return [
      element('text', { x: 12, y: y + 17 }, names[i]!),
      ...bar,
      element('text', { x: width - 12, y: y + 17, 'text-anchor': 'end' }, figures[i]!),
    ]
  })
  const bottom = TOP + rows.length * ROW
  const zero = element('line', { class: 'ink', x1: x(0), x2: x(0), y1: TOP, y2: bottom })
  return {
    height: bottom + 12,
    body: [element('text', { x: width - 12, y: 22, 'text-anchor': 'end' }, value), ...body, zero],
  }
}
