// What of an answer is drawn: one of its series, in order of time, with its numbers placed on columns of a drawing.
import type { Chart, Pane, Result } from '../core/result.ts'
import { type Bar, mergeBars, placeTimes } from './chart-bars.ts'
import { rawText } from './machine.ts'
import { neutralise } from './text.ts'

export type SeriesChart = Extract<Chart, { kind: 'series' }>
export type Cells = Readonly<Record<string, unknown>>

export interface FirstSeries {
  readonly rows: readonly Cells[]
  /** `kraken USD` */
  readonly name: string
  /** The series that are in the answer and not in the drawing. */
  readonly others: readonly string[]
}

/** The words of a row in these columns, harmless to a terminal. */
export const labelOf = (row: Cells, names: readonly string[]): string =>
  names.map((name) => neutralise(rawText((row[name] ?? null) as Parameters<typeof rawText>[0]))).join(' ')

/** The series of the first row, and the names of the others in the order of the answer. */
export function firstSeries({ rows }: Result<object>, by: readonly string[]): FirstSeries {
  const all = rows as readonly Cells[]
  if (all.length === 0) return { rows: [], name: '', others: [] }
  const own: Cells[] = []
  const others = new Set<string>()
  const name = labelOf(all[0]!, by)
  for (const row of all) {
    const label = labelOf(row, by)
    if (label === name) own.push(row)
    else others.add(label)
  }
  return { rows: own, name, others: [...others] }
}

/** Beyond this, differences between two numbers are no numbers any more. */
const LARGEST = 1e300

/** Decimal text or number as a number a scale can hold; undefined for null, NaN, infinity and words. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined
  const number = Number(value)
  return Math.abs(number) < LARGEST ? number : undefined
}

const OHLC = ['open', 'high', 'low', 'close'] as const

/** The values of a column of a drawing: one row, or several merged. */
export interface Merged {
  readonly first: number
  readonly last: number
  readonly low: number
  readonly high: number
  readonly mean: number
}

export interface Track {
  /** Milliseconds since the epoch, one a row drawn, ascending. */
  readonly times: readonly number[]
  /** For each column of the drawing the rows in it, as indices; none where a hole is. */
  readonly slots: readonly (readonly number[])[]
  /** Rows, or widths of a row, to a column. */
  readonly merged: number
  readonly missing: number
  /** Milliseconds from one row to the next. */
  readonly step: number
  /** A column's values, merged; undefined where there is none. */
  line(name: string): readonly (Merged | undefined)[]
  bars(): readonly (Bar | undefined)[]
}

/** Names of the columns that a pane needs a number of to show anything of a row. */
const drawnBy = (pane: Pane): readonly string[] =>
  pane.kind === 'lines' ? pane.columns : pane.kind === 'histogram' ? [pane.column] : OHLC

const shows = (row: Cells, pane: Pane): boolean =>
  pane.kind === 'candles'
    ? OHLC.every((name) => numberOf(row[name]) !== undefined)
    : drawnBy(pane).some((name) => numberOf(row[name]) !== undefined)

/** Rows that any pane shows something of; undefined when there are none. `room` is the most columns there can be. */
export function trackOf(rows: readonly Cells[], { x, panes }: SeriesChart, room: number): Track | undefined {
  const timed = rows
    .map((row) => ({ row, time: Date.parse(String(row[x])) }))
    .filter(({ row, time }) => Number.isFinite(time) && panes.some((pane) => shows(row, pane)))
    .sort((a, b) => a.time - b.time)
  if (timed.length === 0) return undefined
  const times = timed.map(({ time }) => time)
  const { slots, ...placed } = placeTimes(times, room)
  const each = (name: string) => timed.map(({ row }) => numberOf(row[name]))
  return {
    times,
    slots,
    ...placed,
    line: (name) => {
      const numbers = each(name)
      return slots.map((slot) => mergeNumbers(slot.map((i) => numbers[i]).filter((number) => number !== undefined)))
    },
    bars: () => {
      const [open, high, low, close, volume] = [...OHLC, 'volume'].map(each)
      const bars = times.map((time, i): Bar | undefined => {
        const prices = { open: open![i], high: high![i], low: low![i], close: close![i] }
        if (Object.values(prices).includes(undefined)) return undefined
        return { time, ...(prices as Omit<Bar, 'time' | 'volume'>), volume: volume![i] ?? null }
      })
      return slots.map((slot) => mergeBars(slot.map((i) => bars[i])))
    },
  }
}

function mergeNumbers(numbers: readonly number[]): Merged | undefined {
  if (numbers.length === 0) return undefined
  let [low, high, sum] = [numbers[0]!, numbers[0]!, 0]
  for (const number of numbers) {
    low = Math.min(low, number)
    high = Math.max(high, number)
    sum += number
  }
  return { first: numbers[0]!, last: numbers.at(-1)!, low, high, mean: sum / numbers.length }
}
