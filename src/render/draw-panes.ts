// What a pane is made of: candles, lines told apart by their marks, bars up and down from zero.
import type { Pane } from '../core/result.ts'
import type { Bar } from './chart-bars.ts'
import { glyph, type Half } from './chart-glyphs.ts'
import { cellOf, priceScale, type Scale } from './chart-scale.ts'
import { type Merged, numberOf, type Track } from './draw-data.ts'
import { between, FINE, Grid } from './draw-grid.ts'
import type { Style } from './paint.ts'

export interface Line {
  readonly name: string
  readonly values: readonly (Merged | undefined)[]
}

/** A pane with its numbers taken from the answer. */
export interface Drawn {
  readonly kind: Pane['kind']
  readonly bars: readonly (Bar | undefined)[]
  readonly lines: readonly Line[]
  readonly levels: readonly number[]
  readonly scale: Scale
}

/** Undefined where the pane has nothing to show. */
export function drawnPane(pane: Pane, track: Track): Drawn | undefined {
  const names = pane.kind === 'lines' ? pane.columns : pane.kind === 'histogram' ? [pane.column] : (pane.lines ?? [])
  const lines = names.map((name) => ({ name, values: track.line(name) }))
  const bars = pane.kind === 'candles' ? track.bars() : []
  const levels = pane.kind === 'lines' ? (pane.levels ?? []).filter((level) => numberOf(level) !== undefined) : []
  const extents = [...bars, ...lines.flatMap(({ values }) => values)].filter((each) => each !== undefined)
  if (extents.length === 0) return undefined
  const fixed = pane.kind === 'histogram' ? [0] : levels
  const scale = priceScale([...extents, ...fixed.map((at) => ({ low: at, high: at }))])
  return { kind: pane.kind, bars, lines, levels, scale }
}

export interface Look {
  readonly ascii: boolean
  readonly width: number
  /** Where each column stands, in cells. */
  readonly at: readonly number[]
}

export function paintPane(pane: Drawn, lines: number, look: Look): Grid {
  const grid = new Grid(look.width, lines)
  if (pane.kind === 'candles') paintCandles(grid, pane, look)
  if (pane.kind === 'histogram') paintHistogram(grid, pane, look)
  else paintLines(grid, pane, look)
  for (const level of pane.levels) {
    const y = cellOf(level, pane.scale, lines)
    for (let x = 0; x < look.width; x++) grid.put(x, y, look.ascii ? '-' : '╌', 'dim')
  }
  return grid
}

function paintCandles(grid: Grid, { bars, scale }: Drawn, { at, ascii }: Look): void {
  for (const [i, bar] of bars.entries()) {
    if (!bar) continue
    const { up, halves } = halvesOf(bar, scale, grid.height * 2)
    for (let y = 0; y < grid.height; y++) {
      grid.put(at[i]!, y, glyph(halves[y * 2]!, halves[y * 2 + 1]!, { up, ascii }), up ? 'green' : 'red')
    }
  }
}

/** Which half cells, from the top, a candle covers; a candle without a body still gets one half. */
function halvesOf({ open, high, low, close }: Bar, scale: Scale, count: number): { up: boolean; halves: Half[] } {
  const at = (price: number) => cellOf(price, scale, count)
  const top = at(Math.max(open, close))
  const bottom = at(Math.min(open, close))
  const first = Math.min(top, at(high))
  const last = Math.max(bottom, at(low))
  const halves = Array.from({ length: count }, (_, half): Half => {
    if (half >= top && half <= bottom) return 'body'
    return half >= first && half <= last ? 'wick' : 'none'
  })
  return { up: close >= open, halves }
}

const MARKS = { fine: ['•', '◦', '×', '+', '▪', '▫'], ascii: ['o', 'x', '+', '.', '%', '@'] } as const
const STYLES: readonly Style[] = ['yellow', 'magenta', 'blue', 'green', 'red', 'dim']

/** The mark of each line of a pane; the first one, where no candles are, is the fine one. */
export function markOf(
  pane: Pick<Drawn, 'kind'>,
  index: number,
  ascii: boolean,
): { text: string; style: Style; fine: boolean } {
  const offset = pane.kind === 'candles' ? 0 : 1
  if (index < offset) return { text: ascii ? '*' : '⠒', style: 'cyan', fine: true }
  const i = (index - offset) % STYLES.length
  return { text: (ascii ? MARKS.ascii : MARKS.fine)[i]!, style: STYLES[i]!, fine: false }
}

function paintLines(grid: Grid, pane: Drawn, look: Look): void {
  for (const [index, { values }] of pane.lines.entries()) {
    const mark = markOf(pane, index, look.ascii)
    if (mark.fine && !look.ascii) paintFine(grid, values, { ...pane, ...look }, mark.style)
    else paintMarks(grid, values, { ...pane, ...look }, mark)
  }
}

type Place = Pick<Drawn, 'scale'> & Look

/** A line of braille dots; a column of several rows reaches from their lowest to their highest. */
function paintFine(grid: Grid, values: Line['values'], { scale, at }: Place, style: Style): void {
  const y = (number: number) => cellOf(number, scale, grid.height * FINE.down)
  for (const [i, value] of values.entries()) {
    if (!value) continue
    const x = at[i]! * FINE.across
    const next = values[i + 1]
    for (const [, row] of between(x, y(value.low), x, y(value.high))) grid.dot(x, row, style)
    if (next)
      for (const [px, py] of between(x, y(value.last), at[i + 1]! * FINE.across, y(next.first))) grid.dot(px, py, style)
    // One dot alone is easily overlooked.
    else if (!values[i - 1]) grid.dot(x + 1, y(value.last), style)
  }
}

function paintMarks(grid: Grid, values: Line['values'], { scale, at }: Place, mark: { text: string; style: Style }) {
  const y = (number: number) => cellOf(number, scale, grid.height)
  for (const [i, value] of values.entries()) {
    if (!value) continue
    const next = values[i + 1]
    const to = next ? ([at[i + 1]!, y(next.mean)] as const) : ([at[i]!, y(value.mean)] as const)
    for (const [px, py] of between(at[i]!, y(value.mean), ...to)) grid.put(px, py, mark.text, mark.style)
  }
}

/** Bars in half lines: blocks that hang from above come in no finer steps. */
function paintHistogram(grid: Grid, { lines, scale }: Drawn, { at, ascii, width }: Look): void {
  const halves = grid.height * 2
  const perUnit = halves / (scale.high - scale.low)
  // On the edge of a cell, so that what goes up and what goes down never share one.
  const zero = 2 * Math.min(grid.height, Math.max(0, Math.round((scale.high * perUnit) / 2)))
  for (const [i, value] of lines[0]!.values.entries()) {
    if (!value) continue
    const up = value.mean >= 0
    const room = up ? zero : halves - zero
    const long = value.mean === 0 ? 0 : Math.min(room, Math.max(1, Math.round(Math.abs(value.mean) * perUnit)))
    const [first, last] = up ? [zero - long, zero] : [zero, zero + long]
    const covered = (half: number) => half >= first && half < last
    const end = at[i + 1] ?? Math.min(width, at[i]! + 1)
    for (let y = 0; y < grid.height; y++) {
      const [upper, lower] = [covered(y * 2), covered(y * 2 + 1)]
      if (!upper && !lower) continue
      const text = ascii ? '#' : upper && lower ? '█' : upper ? '▀' : '▄'
      for (let x = at[i]!; x < end; x++) grid.put(x, y, text, up ? 'green' : 'red')
    }
  }
}
