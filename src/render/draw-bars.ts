// An answer as horizontal bars from zero, one a row, each with its name before it and its figure behind it.
import type { Chart, Result, Value } from '../core/result.ts'
import { type Cells, labelOf, numberOf } from './draw-data.ts'
import type { DrawOptions } from './draw-series.ts'
import { humanColumn } from './human.ts'
import { painter } from './paint.ts'
import { displayWidth, padTo, truncate } from './text.ts'

type BarChart = Extract<Chart, { kind: 'bars' }>

const LEAST_BAR = 6
/** Of the width, for names when bars need room. */
const LABEL_SHARE = 0.4
const EIGHTHS = ' ▏▎▍▌▋▊▉█'

/** Rows in the order of the answer; empty when none has a number. */
export function drawBars(result: Result<object>, { label, value }: BarChart, options: DrawOptions): string {
  const { width, ascii } = options
  const rows = result.rows as readonly Cells[]
  const numbers = rows.map((row) => numberOf(row[value]))
  const known = numbers.filter((number) => number !== undefined)
  if (known.length === 0) return ''
  const kind = result.columns.find(({ name }) => name === value)?.kind ?? 'float'
  const figures = humanColumn(
    rows.map((row) => row[value] as Value),
    kind,
    ascii,
  )
  const names = rows.map((row) => labelOf(row, label))
  const widest = (texts: readonly string[]) => texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0)
  const figureWidth = Math.min(widest(figures), Math.max(1, width - 4))
  const free = Math.max(0, width - figureWidth - 2)
  const nameWidth = Math.min(
    widest(names),
    Math.max(Math.floor(width * LABEL_SHARE), free - LEAST_BAR * 4),
    Math.max(0, free - 1),
  )
  const room = Math.max(1, free - nameWidth)
  const paint = painter(options.color)
  const bar = barsOf(known, room, ascii)
  return rows
    .map((_, i) => {
      const number = numbers[i]
      const name = padTo(truncate(names[i]!, nameWidth, ascii), nameWidth, 'left')
      const drawn = number === undefined ? bar(0) : bar(number)
      const figure = padTo(truncate(figures[i]!, figureWidth, ascii), figureWidth, 'right')
      const style = number !== undefined && number < 0 ? 'red' : 'green'
      return `${`${name} ${paint(style, drawn)} ${figure}`.trimEnd()}\n`
    })
    .join('')
}

/** Draws a number as a bar of `room` cells; with negative ones among them zero is a line, elsewhere the left edge. */
function barsOf(known: readonly number[], room: number, ascii: boolean): (number: number) => string {
  const low = known.reduce((least, number) => Math.min(least, number), 0)
  const high = known.reduce((most, number) => Math.max(most, number), 0)
  const signed = low < 0 && room > 2
  const cells = signed ? room - 1 : room
  const span = high - low || 1
  const left = signed ? Math.min(cells, Math.max(1, Math.round((-low / span) * cells))) : 0
  const zero = signed ? (ascii ? '|' : '│') : ''
  return (number) => {
    const size = Math.min(number < 0 ? left || cells : cells - left, (Math.abs(number) / span) * cells)
    const behind = number >= 0 || !signed ? rightward(number === 0 ? 0 : size, ascii) : ''
    const before = number < 0 && signed ? leftward(size, ascii) : ''
    return padTo(padTo(before, left, 'right') + zero + behind, room, 'left')
  }
}

/** What is not zero is seen. */
function rightward(size: number, ascii: boolean): string {
  if (size === 0) return ''
  if (ascii) return '='.repeat(Math.max(1, Math.round(size)))
  const eighths = Math.max(1, Math.round(size * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 ? EIGHTHS[eighths % 8] : '')
}

function leftward(size: number, ascii: boolean): string {
  if (ascii) return '='.repeat(Math.max(1, Math.round(size)))
  const halves = Math.max(1, Math.round(size * 2))
  return (halves % 2 ? '▐' : '') + '█'.repeat(Math.floor(halves / 2))
}
