// Open, high, low, close and volume per bar of any width.
import type { Ask, Engine } from '../engines/engine.ts'
import { percent } from '../wording.ts'
import { type Basis, basisName, settleBasis } from './basis.ts'
import { type Bucketing, calendarUnit, checkCount, divisor, grainOf } from './buckets.ts'
import { interval } from './interval.ts'
import { inFuture, isFuture, type Market, type MarketFilter, marketsOf, settleQuotes, untilNow } from './market.ts'
import { echoes, type Note, type Result, warn } from './result.ts'
import { type Grain, spansOf } from './spans.ts'
import { thin } from './thin.ts'

export type Fill = 'none' | 'null' | 'prev'

export interface CandlesQuery extends MarketFilter, Bucketing {
  readonly now: string
  readonly basis?: Basis | undefined
  readonly timeframe?: string | undefined
  /** Whether an empty bar has a row: of nulls, or of the close before it. Default none. */
  readonly fill?: Fill | undefined
  /** Milliseconds that a close may fill empty bars; default ten bars. */
  readonly maxStaleness?: number | undefined
  /** Warn of bars that stored candles cover less than this, default 0.9. */
  readonly minCoverage?: number | undefined
  /** False reads raw rows only. */
  readonly rollup?: boolean | undefined
}

export interface CandleRow {
  readonly exchange_id: string
  readonly quote: string
  /** When the bar opens. */
  readonly timestamp: string
  /** Null in an empty bar that nothing fills; so are the other prices. */
  readonly open: string | null
  readonly high: string | null
  readonly low: string | null
  readonly close: string | null
  /** Mean of the prices in it; of stored candles, of their closes. */
  readonly average: string | null
  /** Base units; null from ticks. */
  readonly volume: string | null
  /** Ticks or stored candles in the bar. */
  readonly n_obs: number
  /** Share of the bar that stored candles cover; null from ticks. */
  readonly coverage: number | null
  /** Cut by the window or by the present. */
  readonly partial: boolean
  /** Nothing happened in it. */
  readonly filled: boolean
  readonly basis: string
  readonly definition: string
}

const DEFINITION = 'candles/1'

const CANDLE_COLUMNS = echoes(['average', 'filled', 'definition'], {
  exchange_id: 'text',
  quote: 'text',
  timestamp: 'time',
  open: 'decimal',
  high: 'decimal',
  low: 'decimal',
  close: 'decimal',
  average: 'decimal',
  volume: 'decimal',
  n_obs: 'int',
  coverage: 'ratio',
  partial: 'bool',
  filled: 'bool',
  basis: 'text',
  definition: 'text',
})

const CHART = { kind: 'series', x: 'timestamp', by: ['exchange_id', 'quote'], panes: [{ kind: 'candles' }] } as const

/**
 * Bars of a width, from ticks or from the finest stored candles that divide it. Half-open buckets labelled by their
 * start, weeks from Monday; a bar in which nothing happened is absent unless `fill` says otherwise.
 */
export async function candles(engine: Engine, asked: CandlesQuery): Promise<Result<CandleRow>> {
  if (isFuture(asked, asked.now)) return { columns: CANDLE_COLUMNS, rows: [], notes: [inFuture(asked)], chart: CHART }
  const query = { ...asked, ...untilNow(asked, asked.now) }
  if (query.fill !== undefined && query.fill !== 'none') checkCount(query.every, query)
  return engine.question(async (ask) => {
    const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, query)
    const dividing = divisor(query)
    const wish = { basis: query.basis, timeframe: query.timeframe, dividing }
    const fills = query.fill === 'prev' ? fillsFor(query) : 0
    const markets = await settleBasis(ask, quoted.markets, wish, query, () => fills)
    const bars = await read(ask, markets, query, grainOf(dividing))
    const rows = bars
      .map((bar): CandleRow => {
        const { market_id, ...values } = bar
        const market = markets.find((m) => m.market_id === market_id)!
        const { exchange_id, quote } = market
        return { exchange_id, quote, ...values, basis: basisName(market), definition: DEFINITION }
      })
      .sort(
        (a, b) =>
          compare(a.exchange_id, b.exchange_id) || compare(a.quote, b.quote) || compare(a.timestamp, b.timestamp),
      )
    return {
      columns: CANDLE_COLUMNS,
      rows,
      notes: [...quoted.notes(rows), ...remarks(rows, query)],
      chart: CHART,
    }
  })
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const FILLS_BARS = 10
const MONTH_SECONDS = 31 * 86_400

/** Milliseconds that a close fills. */
const fillsFor = ({ every, maxStaleness }: CandlesQuery): number =>
  maxStaleness ?? FILLS_BARS * (every.seconds || every.months * MONTH_SECONDS) * 1000

async function read(ask: Ask, markets: readonly Market[], query: CandlesQuery, grain: Grain) {
  if (markets.length === 0) return []
  const { from, to, now, tz, every, fill = 'none', rollup } = query
  return ask('candles/bars', {
    ...(await spansOf(ask, markets, query, { grain, rollup })),
    markets: markets.map((m) => m.market_id),
    ...{ from, to, now, tz, fill },
    every: every.interval,
    calendar: calendarUnit(query),
    staleness: interval(fillsFor(query)),
  })
}

function remarks(rows: readonly CandleRow[], query: CandlesQuery): readonly Note[] {
  if (!rows.some((row) => !row.filled)) {
    return [
      warn(`no candles of ${query.coin} between ${query.from} and ${query.to}; try: arxdb coverage ${query.coin}`),
    ]
  }
  // A bar that is cut is flagged already, and ticks have no coverage.
  const whole = rows.flatMap((row) =>
    row.partial || row.coverage === null ? [] : [{ ...row, coverage: row.coverage }],
  )
  return thin(whole, query, (share) => `candles cover only ${percent(share)} of`)
}
