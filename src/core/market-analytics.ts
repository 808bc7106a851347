// The market as a whole: capitalisation, volume, dominance.
import type { Engine } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { roughly } from '../wording.ts'
import { asOf } from './as-of.ts'
import { calendarUnit } from './buckets.ts'
import type { Every } from './interval.ts'
import type { Window } from './market.ts'
import { type Chart, type Column, type ColumnKind, columns, echoes, type Result, warn } from './result.ts'

/** Money in USD, dominance in per cent. */
export const METRICS = {
  total_market_cap: 'decimal',
  total_volume: 'decimal',
  btc_dominance: 'decimal',
  eth_dominance: 'decimal',
  active_cryptocurrencies: 'int',
  markets: 'int',
} as const satisfies Readonly<Record<string, ColumnKind>>

export type Metric = keyof typeof METRICS

const NAMES = Object.keys(METRICS) as readonly Metric[]

/** What people call them besides. */
const SHORT: Readonly<Record<string, readonly Metric[]>> = {
  cap: ['total_market_cap'],
  volume: ['total_volume'],
  dominance: ['btc_dominance', 'eth_dominance'],
  btc: ['btc_dominance'],
  eth: ['eth_dominance'],
  coins: ['active_cryptocurrencies'],
}

/** Names of metrics, or their short forms `cap volume dominance btc eth coins`, in the answer's order; none for all. */
export function metricsOf(words: readonly string[]): readonly Metric[] {
  if (words.length === 0) return NAMES
  const wanted = words.flatMap((word) => {
    const name = word.toLowerCase()
    const found = SHORT[name] ?? NAMES.filter((metric) => metric === name)
    if (found.length > 0) return found
    const [near] = nearest(name, [...NAMES, ...Object.keys(SHORT)], 1)
    throw usageError(`no metric "${word}"`, near ?? `one of ${NAMES.join(', ')}`)
  })
  return NAMES.filter((metric) => wanted.includes(metric))
}

export interface MarketNowQuery {
  readonly metrics: readonly Metric[]
  /** Who says so: `global`, `coingecko`. */
  readonly exchange?: string | undefined
  readonly at: string
  readonly now?: string | undefined
}

export interface MarketNowRow {
  readonly exchange_id: string
  readonly metric: Metric
  readonly value: string
  readonly timestamp: string
  /** Seconds. */
  readonly age: number
  readonly definition: string
}

const NOW_COLUMNS = echoes(['definition'], {
  exchange_id: 'text',
  metric: 'text',
  value: 'decimal',
  timestamp: 'time',
  age: 'duration',
  definition: 'text',
})

/** Sources publish once a day at least: older than two is worth a word. */
const OLD_SECONDS = 2 * 86_400

/** The newest value of each metric as known at a moment, per source. Sources are never mixed. */
export async function marketNow(engine: Engine, query: MarketNowQuery): Promise<Result<MarketNowRow>> {
  const known = asOf(query.at, query.now)
  const exchange_id = query.exchange?.toLowerCase() ?? null
  const found = await engine.question((ask) =>
    ask('analytics/newest', { metrics: query.metrics, exchange_id, at: known.at }),
  )
  const rows = found.map(
    (row): MarketNowRow => ({ ...row, metric: row.metric as Metric, definition: 'market-as-of/1' }),
  )
  const old = rows
    .filter(({ age }) => age > OLD_SECONDS)
    .map(({ exchange_id, metric, age, timestamp }) =>
      warn(`${exchange_id}: ${metric} is ${roughly(age)} old (${timestamp})`),
    )
  const chart: Chart = { kind: 'bars', label: ['exchange_id', 'metric'], value: 'value' }
  return { columns: NOW_COLUMNS, rows, notes: [...known.notes, ...old, ...none(rows)], chart }
}

const none = (rows: readonly object[]) =>
  rows.length > 0 ? [] : [warn('no analytics of the market there; try: arxdb ingest FILE --table analytics')]

export interface MarketHistoryQuery extends Window {
  readonly metrics: readonly Metric[]
  readonly exchange?: string | undefined
  readonly every: Every
  readonly tz: string
  readonly now: string
}

/** The metrics asked for, and the evidence of each bucket. */
export interface MarketHistoryRow extends Readonly<Partial<Record<Metric, string | number | null>>> {
  readonly timestamp: string
  readonly exchange_id: string
  /** Against the bucket just before; null when that has no capitalisation. */
  readonly market_cap_change?: number | null
  readonly n_obs: number
  /** Seconds from the oldest value in the row to the end of its bucket. */
  readonly oldest_source_age: number
  /** Cut by the window or by the present. */
  readonly partial: boolean
  readonly definition: string
}

function historyColumns(metrics: readonly Metric[]): readonly Column[] {
  const values = metrics.flatMap((metric): readonly Column[] => [
    { name: metric, kind: METRICS[metric] },
    ...(metric === 'total_market_cap' ? columns({ market_cap_change: 'ratio' }) : []),
  ])
  return [
    ...columns({ timestamp: 'time', exchange_id: 'text' }),
    ...values,
    ...echoes(['oldest_source_age', 'definition'], {
      n_obs: 'int',
      oldest_source_age: 'duration',
      partial: 'bool',
      definition: 'text',
    }),
  ]
}

/**
 * The last value of each metric in buckets of a width, per source. A bucket in which a source said nothing is absent,
 * and so is one in which it said nothing of the metrics asked for.
 */
export async function marketHistory(engine: Engine, query: MarketHistoryQuery): Promise<Result<MarketHistoryRow>> {
  const { metrics, exchange, from, to, every, tz, now } = query
  const window = { from, to, every: every.interval, calendar: calendarUnit({ every, tz }), tz, now }
  const found = await engine.question((ask) =>
    ask('analytics/buckets', { metrics, exchange_id: exchange?.toLowerCase() ?? null, ...window }),
  )
  const rows = found.map((row): MarketHistoryRow => ({ ...row, definition: 'market-buckets/1' }))
  const money = metrics.filter((metric) => metric.startsWith('total_'))
  const others = metrics.filter((metric) => !metric.startsWith('total_'))
  const chart: Chart = {
    kind: 'series',
    x: 'timestamp',
    by: ['exchange_id'],
    panes: [money, others].filter((names) => names.length > 0).map((names) => ({ kind: 'lines', columns: names })),
  }
  return { columns: historyColumns(metrics), rows, notes: none(rows), chart }
}
