// Open, high, low, close and volume per bar of any width.
import type { Ask, Engine } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { offsetAt } from '../zone.ts'
import { type Basis, basisName, settleBasis } from './basis.ts'
import type { Every } from './interval.ts'
import { type Market, type MarketFilter, marketsOf, settleQuotes, type Window } from './market.ts'
import { columns, type Note, type Result, warn } from './result.ts'

export interface CandlesQuery extends MarketFilter, Window {
  readonly now: string
  readonly every: Every
  /** Days, weeks and months follow this zone. */
  readonly tz: string
  readonly basis?: Basis | undefined
  readonly timeframe?: string | undefined
}

export interface CandleRow {
  readonly exchange_id: string
  readonly quote: string
  /** When the bar opens. */
  readonly timestamp: string
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  /** Base units; null from ticks. */
  readonly volume: string | null
  /** Ticks or stored candles in the bar. */
  readonly n_obs: number
  /** Share of the bar that stored candles cover; null from ticks. */
  readonly coverage: number | null
  /** Cut by the window or by the present. */
  readonly partial: boolean
  readonly basis: string
}

const CANDLE_COLUMNS = columns({
  exchange_id: 'text',
  quote: 'text',
  timestamp: 'time',
  open: 'decimal',
  high: 'decimal',
  low: 'decimal',
  close: 'decimal',
  volume: 'decimal',
  n_obs: 'int',
  coverage: 'ratio',
  partial: 'bool',
  basis: 'text',
})

/**
 * Bars of a width, from ticks or from the finest stored candles that divide it. Half-open buckets labelled by their
 * start, weeks from Monday; a bar in which nothing happened is absent.
 */
export function candles(engine: Engine, query: CandlesQuery): Promise<Result<CandleRow>> {
  return engine.question(async (ask) => {
    const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, query)
    const wish = { basis: query.basis, timeframe: query.timeframe, dividing: divisor(query) }
    const markets = await settleBasis(ask, quoted.markets, wish, query)
    const bars = await read(ask, markets, query)
    const rows = bars
      .map((bar): CandleRow => {
        const { market_id, ...values } = bar
        const market = markets.find((m) => m.market_id === market_id)!
        return { exchange_id: market.exchange_id, quote: market.quote, ...values, basis: basisName(market) }
      })
      .sort(
        (a, b) =>
          compare(a.exchange_id, b.exchange_id) || compare(a.quote, b.quote) || compare(a.timestamp, b.timestamp),
      )
    return { columns: CANDLE_COLUMNS, rows, notes: [...quoted.notes(rows), ...remarks(rows, query)] }
  })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function read(ask: Ask, markets: readonly Market[], query: CandlesQuery) {
  const { from, to, now, tz, every } = query
  const calendar = calendarUnit(every, tz)
  const params = { from, to, now, tz, every: every.interval, calendar }
  const ids = (ticks: boolean) => markets.filter((m) => (m.seconds === null) === ticks).map((m) => m.market_id)
  const [ticks, stored] = [ids(true), ids(false)]
  return [
    ...(ticks.length ? await ask('candles/from-ticks', { ...params, markets: ticks }) : []),
    ...(stored.length ? await ask('candles/from-candles', { ...params, markets: stored }) : []),
  ]
}

/** Months have no fixed length anywhere, days and weeks none outside UTC: those follow the calendar. */
function calendarUnit(every: Every, tz: string): string | null {
  const unit = { '1M': 'month', '12M': 'year', ...(tz === 'UTC' ? {} : { '1d': 'day', '1w': 'week' }) }[every.text]
  if (unit === undefined && every.months > 0) {
    throw usageError(`bars of ${every.months} months have no agreed start`, '--every 1M or --every 1y')
  }
  return unit ?? null
}

const DAY = 86_400
const OFFSET_STEPS = [3600, 1800, 900, 60, 1] as const

/** Seconds that a stored width has to divide. A local day begins on the hour in most zones, in India on the half. */
function divisor({ every, tz, from, to }: CandlesQuery): number {
  if (calendarUnit(every, tz) === null) return every.seconds
  if (tz === 'UTC') return DAY
  const [first, last] = [Date.parse(from), Date.parse(to)]
  // Two moments half a year on besides the ends: the window may lie on both sides of a change of the clocks.
  const moments = [first, last, first + 91 * DAY * 1000, first + 182 * DAY * 1000].filter(
    (t) => t >= first && t <= last,
  )
  const offsets = moments.map((moment) => offsetAt(moment, tz) / 1000)
  return OFFSET_STEPS.find((step) => offsets.every((offset) => offset % step === 0)) ?? 1
}

function remarks(rows: readonly CandleRow[], query: CandlesQuery): readonly Note[] {
  if (rows.length > 0) return []
  return [warn(`no candles of ${query.coin} between ${query.from} and ${query.to}; try: arxdb coverage ${query.coin}`)]
}
