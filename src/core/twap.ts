// Time-weighted average price.
import type { Engine } from '../engines/engine.ts'
import { percent } from '../wording.ts'
import { type Basis, basisName, settleBasis } from './basis.ts'
import { type Market, type MarketFilter, marketsOf, settleQuotes, untilNow, type Window } from './market.ts'
import { columns, info, type Note, type Result, WINDOW_COLUMNS, warn } from './result.ts'

export interface TwapQuery extends MarketFilter, Window {
  /** UTC instant; a window that reaches beyond it ends there. */
  readonly now: string
  readonly basis?: Basis | undefined
  readonly timeframe?: string | undefined
  /** Milliseconds a price may stand; default 5 min for ticks, one timeframe for candles. */
  readonly maxStaleness?: number | undefined
  /** Warn below this share of the window with a price, default 0.9. */
  readonly minCoverage?: number | undefined
}

export interface TwapRow {
  /** Null in the combined row of a quote. */
  readonly exchange_id: string | null
  readonly quote: string
  /** Null when no price is defined anywhere in the window. */
  readonly twap: string | null
  /** Share of the window in which a price is defined. */
  readonly coverage: number
  /** Prices inside the window. */
  readonly n_obs: number
  /** The price from before the window counts from its start. */
  readonly carried_in: boolean
  readonly basis: string
  readonly from: string
  readonly to: string
}

const TWAP_COLUMNS = [
  ...columns({
    exchange_id: 'text',
    quote: 'text',
    twap: 'decimal',
    coverage: 'ratio',
    n_obs: 'int',
    carried_in: 'bool',
    basis: 'text',
  }),
  ...WINDOW_COLUMNS,
]

export const DEFAULT_TICK_STALENESS_MS = 300_000
export const DEFAULT_MIN_COVERAGE = 0.9

/** A PostgreSQL interval of so many milliseconds. */
export const interval = (ms: number): string => `${ms} milliseconds`

/**
 * TWAP = integral of the last known price over the part of [from, to) where one is defined, divided by that part's
 * length; per exchange and quote, then the mean over venues per quote. A candle's close stands for its own bar.
 */
export async function twap(engine: Engine, query: TwapQuery): Promise<Result<TwapRow>> {
  const window = untilNow(query, query.now)
  return engine.question(async (ask) => {
    const all = await marketsOf(ask, query)
    const quoted = await settleQuotes(ask, all, query, window)
    const markets = await settleBasis(ask, quoted.markets, query, window, (market) => stands(market, query))
    const candles = markets.filter((m) => m.seconds !== null)
    const answers = await ask('twap/window', {
      tick_markets: markets.filter((m) => m.seconds === null).map((m) => m.market_id),
      tick_staleness: interval(query.maxStaleness ?? DEFAULT_TICK_STALENESS_MS),
      candle_markets: candles.map((m) => m.market_id),
      candle_staleness: candles.map((m) => interval(stands(m, query))),
      ...window,
    })
    const rows = answers.map(({ market_id: id, exchange_id, quote, twap, coverage, n_obs, carried_in }): TwapRow => {
      const used = markets.filter((m) => (id === null ? m.venue && m.quote === quote : m.market_id === id))
      return { exchange_id, quote, twap, coverage, n_obs, carried_in, basis: combinedBasis(used), ...window }
    })
    return { columns: TWAP_COLUMNS, rows, notes: [...quoted.notes(rows), ...remarks(rows, query)] }
  })
}

/** Milliseconds a market's price stands, and so how long before the window it may have been made. */
const stands = ({ seconds }: Market, { maxStaleness }: TwapQuery): number =>
  maxStaleness ?? (seconds === null ? DEFAULT_TICK_STALENESS_MS : seconds * 1000)

export const combinedBasis = (markets: readonly Market[]): string => {
  const names = [...new Set(markets.map(basisName))]
  return names.length === 1 ? names[0]! : 'mixed'
}

function remarks(rows: readonly TwapRow[], query: TwapQuery): readonly Note[] {
  const single = rows.filter((row) => row.exchange_id !== null)
  if (single.length === 0) {
    return [warn(`no price of ${query.coin} between ${query.from} and ${query.to}; try: arxdb coverage ${query.coin}`)]
  }
  const notes: Note[] = []
  const onCandles = single.filter((row) => row.basis !== 'ticks')
  if (onCandles.length > 0 && (query.basis ?? 'auto') === 'auto') {
    const names = [...new Set(onCandles.map((row) => row.exchange_id))]
    notes.push(info(`no ticks on ${names.join(', ')}: each close stands for its own bar`))
  }
  const least = query.minCoverage ?? DEFAULT_MIN_COVERAGE
  for (const row of single) {
    if (row.coverage < least) {
      notes.push(
        warn(`${row.exchange_id} ${row.quote}: a price is known for only ${percent(row.coverage)} of the window`),
      )
    }
  }
  return notes
}
