// Where the holes in the data are.
import type { Engine } from '../engines/engine.ts'
import { TICK_STALENESS_MS } from './as-of.ts'
import { interval } from './interval.ts'
import { type Market, type MarketFilter, marketsOf, parseMarketRef, resolveCoin } from './market.ts'
import { type Chart, echoes, info, type Result, warn } from './result.ts'

export interface GapsQuery extends Omit<MarketFilter, 'coin'> {
  readonly coins: readonly string[]
  /** `tick`, or the width of candles. */
  readonly timeframe?: string | undefined
  /** With bounds, what lacks before the first and behind the last observation counts as well. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Milliseconds without a tick that make a gap; default 5 min, as long as a tick stands for the price. */
  readonly longerThan?: number | undefined
  /** Missing candles that make a gap; default 1. */
  readonly minBars?: number | undefined
  /** Default time, per coin. */
  readonly order?: 'time' | 'size' | undefined
}

export interface GapRow {
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
  readonly timeframe: string
  /** The first missing bar; of ticks, the last one before. */
  readonly from: string
  /** The next bar or tick that is there. */
  readonly to: string
  /** Null for ticks. */
  readonly missing_bars: number | null
  readonly seconds: number
  /** `start` or `end` of the window asked for, `both` for a market with nothing in it; null between observations. */
  readonly edge: string | null
  readonly definition: string
}

/** Candles: bars of the timeframe that are not there. Ticks: longer than so much from one to the next. */
const DEFINITION = 'gaps/1'

const GAP_COLUMNS = echoes(['definition'], {
  coin_id: 'text',
  exchange_id: 'text',
  quote: 'text',
  timeframe: 'text',
  from: 'time',
  to: 'time',
  missing_bars: 'int',
  seconds: 'duration',
  edge: 'text',
  definition: 'text',
})

const CHART: Chart = { kind: 'bars', label: ['coin_id', 'exchange_id', 'quote', 'timeframe', 'from'], value: 'seconds' }

/** Ranges of missing candles and silences of ticks, market by market, every quote. */
export function gaps(engine: Engine, query: GapsQuery): Promise<Result<GapRow>> {
  return engine.question(async (ask) => {
    const markets = new Map<number, Market & { readonly coin_id: string }>()
    for (const coin of query.coins) {
      const coin_id = await resolveCoin(ask, parseMarketRef(coin).coin)
      for (const market of await marketsOf(ask, { ...query, coin })) {
        if (query.timeframe === undefined || market.timeframe === query.timeframe)
          markets.set(market.market_id, { ...market, coin_id })
      }
    }
    const found = await ask('gaps/missing', {
      markets: [...markets.keys()],
      from: query.from ?? null,
      to: query.to ?? null,
      longer_than: interval(query.longerThan ?? TICK_STALENESS_MS),
      min_bars: query.minBars ?? 1,
      by_size: query.order === 'size',
    })
    const rows = found.map(({ market_id, ...gap }): GapRow => {
      const { coin_id, exchange_id, quote, timeframe } = markets.get(market_id)!
      return { coin_id, exchange_id, quote, timeframe, ...gap, definition: DEFINITION }
    })
    const none =
      markets.size === 0 ? warn(`no market of ${query.timeframe} there; try: arxdb coverage`) : info('no gaps')
    return { columns: GAP_COLUMNS, rows, notes: rows.length ? [] : [none], chart: CHART }
  })
}
