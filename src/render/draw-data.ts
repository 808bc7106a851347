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
    else others.add(label.startsWith(' ') ? `combined${label}` : label)
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

/** What is drawn of a series, before it is known on how many columns. */
export interface Points {
  readonly times: readonly number[]
  /** A column of the answer, one number a row drawn. */
  numbers(name: string): readonly (number | undefined)[]
}

/** Rows that any pane shows something of, in order of time; undefined when there are none. */
export function pointsOf(rows: readonly Cells[], { x, panes }: SeriesChart): Points | undefined {
  const timed = rows
    .map((row) => ({ row, time: Date.parse(String(row[x])) }))
    .filter(({ row, time }) => Number.isFinite(time) && panes.some((pane) => shows(row, pane)))
    .sort((a, b) => a.time - b.time)
  if (timed.length === 0) return undefined
  const read = new Map<string, readonly (number | undefined)[]>()
  const numbers = (name: string) => {
    const known = read.get(name) ?? timed.map(({ row }) => numberOf(row[name]))
    read.set(name, known)
    return known
  }
  return { times: timed.map(({ time }) => time), numbers }
}

/** Points on columns; `room` is the most of them there can be. */
export function trackOf({ times, numbers }: Points, room: number): Track {
  const { slots, ...placed } = placeTimes(times, room)
  return {
    times,
    slots,
    ...placed,
    line: (name) => {
      const all = numbers(name)
      return slots.map((slot) => mergeNumbers(slot.map((i) => all[i]).filter((number) => number !== undefined)))
    },
    bars: () => {
      const [opens, highs, lows, closes] = OHLC.map(numbers)
      const volumes = numbers('volume')
      const bar = (i: number): Bar | undefined => {
        const [open, high, low, close] = [opens![i], highs![i], lows![i], closes![i]]
        if (open === undefined || high === undefined || low === undefined || close === undefined) return undefined
        return { time: times[i]!, open, high, low, close, volume: volumes[i] ?? null }
      }
      return slots.map((slot) => mergeBars(slot.map(bar)))
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
