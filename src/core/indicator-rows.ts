// What every indicator question answers with: a row a bar, the values, and what they rest on.
import type { Engine } from '../engines/engine.ts'
import { count, percent } from '../wording.ts'
import type { CandleRow } from './candles.ts'
import { type BarsQuery, type MarketBars, missingBetween, readBars } from './indicator-bars.ts'
import type { Compat } from './indicators/compat.ts'
import { definitionOf, firstIndex, stableFrom } from './indicators/settings.ts'
import { warmUpBars } from './indicators/warm-up.ts'
import type { Named } from './indicators/wish.ts'
import { columns, echoes, info, type Note, type Pane, type Result, warn } from './result.ts'

export interface IndicatorQuery extends BarsQuery {
  /** Begin as this program does; all agree once an indicator is settled. */
  readonly compat?: Compat | undefined
}

/** A bar and the values at its close. `V` names the values' columns. */
export type IndicatorRow<V extends string = string> = BarEvidence & Readonly<Record<V, number | null>>

interface BarEvidence {
  readonly exchange_id: string
  readonly quote: string
  /** When the bar opens; its values are known when it ends. */
  readonly timestamp: string
  readonly close: string
  readonly basis: string
  /** Ticks or stored candles in the bar. */
  readonly n_obs: number
  /** Share of the bar that stored candles cover; null from ticks. */
  readonly coverage: number | null
  /** Bars before this one that the values rest on. */
  readonly n_bars: number
  /** Bars missing among those: indicators run over the bars that are there. */
  readonly missing_bars: number
  readonly partial: boolean
  /** So few bars come before that where they begin still shows in a value, or there is none yet. */
  readonly unstable: boolean
  readonly definition: string
}

/** The prices shown beside the values. */
export type Shown = 'close' | 'ohlc'

interface Needed {
  /** Index of the first bar with all values. */
  readonly first: number
  /** Index from which no value shows where the bars begin. */
  readonly stable: number
}

/** Computes the indicators over each market's bars, with as much history before the window as they take. */
export async function indicatorRows<V extends string>(
  engine: Engine,
  query: IndicatorQuery,
  wanted: readonly Named[],
  shown: Shown,
): Promise<Result<IndicatorRow<V>>> {
  const { compute } = await import('./indicators/compute.ts')
  const most = (of: (setting: Named['setting'], compat: Compat | undefined) => number) =>
    Math.max(...wanted.map(({ setting }) => of(setting, query.compat)))
  const needed: Needed = { first: most(firstIndex), stable: most(stableFrom) }
  const names = wanted.flatMap((named) => named.columns)
  const definition = wanted.map(({ setting }) => definitionOf(setting, query.compat)).join(' ')
  const read = await readBars(engine, query, warmUpBars(needed.stable))
  const answers = read.markets.map(({ bars, before }) => {
    const numbers = (price: 'high' | 'low' | 'close') => bars.map((bar) => Number(bar[price]))
    const prices = { high: numbers('high'), low: numbers('low'), close: numbers('close') }
    const series = wanted.flatMap(({ setting }) => compute(setting, prices, query.compat))
    const missing = missingSoFar(bars, query)
    const rows = bars.map((bar, i) => {
      const { exchange_id, quote, timestamp, open, high, low, close, basis, n_obs, coverage, partial } = bar
      return {
        ...{ exchange_id, quote, timestamp, ...(shown === 'ohlc' && { open, high, low }), close },
        ...Object.fromEntries(names.map((name, j) => [name, series[j]?.[i] ?? null])),
        ...{ basis, n_obs, coverage, n_bars: i, missing_bars: missing[i], partial },
        ...{ unstable: i < needed.stable, definition },
      } as IndicatorRow<V>
    })
    return { rows: rows.slice(before), notes: remarks(rows, { bars, before }, needed) }
  })
  const rows = answers.flatMap((answer) => answer.rows)
  const empty = `no whole bars of ${query.coin} between ${query.from} and ${query.to}; try: arxdb coverage ${query.coin}`
  return {
    columns: columnsWith(names, shown),
    rows,
    notes: [...read.notes, ...(rows.length > 0 ? answers.flatMap(({ notes }) => notes) : [warn(empty)])],
    chart: { kind: 'series', x: 'timestamp', by: ['exchange_id', 'quote'], panes: panesOf(wanted, shown) },
  }
}

const columnsWith = (names: readonly string[], shown: Shown) => [
  ...columns({ exchange_id: 'text', quote: 'text', timestamp: 'time' }),
  ...columns(shown === 'ohlc' ? { open: 'decimal', high: 'decimal', low: 'decimal' } : {}),
  ...columns({ close: 'decimal' }),
  ...columns(Object.fromEntries(names.map((name) => [name, 'float']))),
  ...echoes(['n_obs', 'coverage', 'n_bars', 'missing_bars', 'partial', 'definition'], {
    basis: 'text',
    n_obs: 'int',
    coverage: 'ratio',
    n_bars: 'int',
    missing_bars: 'int',
    partial: 'bool',
    unstable: 'bool',
    definition: 'text',
  }),
]

/** For each bar, how many are missing between the first and it. */
function missingSoFar(bars: readonly CandleRow[], { every, tz }: IndicatorQuery): readonly number[] {
  let missing = 0
  return bars.map(({ timestamp }, i) => {
    if (i > 0) missing += missingBetween(bars[i - 1]!.timestamp, timestamp, every, tz)
    return missing
  })
}

/** More than this share of missing bars is worth a warning. */
const MANY = 0.1

function remarks(rows: readonly IndicatorRow[], { bars, before }: MarketBars, needed: Needed): readonly Note[] {
  const last = rows.at(-1)
  if (last === undefined || bars.length === before) return []
  const market = `${last.exchange_id} ${last.quote}`
  const notes: Note[] = []
  if (bars.length <= needed.first) {
    const there = `${count(bars.length, 'bar')} where the first whole row takes ${needed.first + 1}`
    notes.push(warn(`${market}: ${there}`))
  } else if (before < needed.stable) {
    const unstable = Math.min(needed.stable, bars.length) - before
    const history = `${count(before, 'bar')} of history where ${needed.stable} settle the values`
    notes.push(warn(`${market}: ${history}; unstable: ${count(unstable, 'row')}`))
  }
  if (last.missing_bars > 0) {
    const share = last.missing_bars / (last.missing_bars + bars.length)
    const said = `${market}: ${count(last.missing_bars, 'bar')} (${percent(share)}) missing up to the last row; computed over those there are`
    notes.push(share > MANY ? warn(said) : info(said))
  }
  return notes
}

/** Averages and bands lie over the price, everything else below it. */
function panesOf(wanted: readonly Named[], shown: Shown): readonly Pane[] {
  const over = wanted.flatMap(({ setting: { kind }, columns: own }) => {
    return kind === 'ema' || kind === 'sma' ? own : kind === 'bollinger' ? [own[1]!, own[0]!, own[2]!] : []
  })
  const below = wanted.flatMap(({ setting: { kind }, columns: own }): Pane[] => {
    if (kind === 'rsi') return [{ kind: 'lines', columns: own, levels: [30, 70] }]
    if (kind === 'atr') return [{ kind: 'lines', columns: own }]
    if (kind !== 'macd') return []
    return [
      { kind: 'lines', columns: own.slice(0, 2) },
      { kind: 'histogram', column: own[2]! },
    ]
  })
  const price: Pane =
    shown === 'ohlc' ? { kind: 'candles', lines: over } : { kind: 'lines', columns: ['close', ...over] }
  return [price, ...below]
}
