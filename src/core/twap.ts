// Time-weighted average price.
import type { Engine } from '../engines/engine.ts'
import { percent } from '../wording.ts'
import { TICK_STALENESS_MS } from './as-of.ts'
import { type Basis, settleBasis } from './basis.ts'
import { bucketsOf } from './buckets.ts'
import { type Every, interval } from './interval.ts'
import {
  inFuture,
  isFuture,
  type Market,
  type MarketFilter,
  marketsOf,
  settleQuotes,
  untilNow,
  type Window,
} from './market.ts'
import { info, type Note, type Result, warn } from './result.ts'
import { spansOf } from './spans.ts'
import { thin } from './thin.ts'
import { combinedBasis, windowChart, windowColumns } from './window-rows.ts'

export interface TwapQuery extends MarketFilter, Window {
  /** UTC instant; a window that reaches beyond it ends there. */
  readonly now: string
  /** One figure a bucket of this width; without it, one of the whole window. */
  readonly every?: Every | undefined
  /** Zone of days, weeks and months of `every`. */
  readonly tz?: string | undefined
  readonly basis?: Basis | undefined
  readonly timeframe?: string | undefined
  /** Milliseconds a price may stand; default 5 min for ticks, one timeframe for candles. */
  readonly maxStaleness?: number | undefined
  /** Warn below this share of the window with a price, default 0.9. */
  readonly minCoverage?: number | undefined
  /** False reads raw rows only. */
  readonly rollup?: boolean | undefined
}

export interface TwapRow {
  /** Null in the combined row of a quote. */
  readonly exchange_id: string | null
  readonly quote: string
  /** Start of the bucket; that of the window without `every`. */
  readonly timestamp: string
  /** Null when no price is defined anywhere in it. */
  readonly twap: string | null
  /** Share of it in which a price is defined. */
  readonly coverage: number
  /** Prices inside. */
  readonly n_obs: number
  /** The price from before counts from its start. */
  readonly carried_in: boolean
  /** Seconds from the last price used to the end; combined, the oldest of them. */
  readonly source_age: number | null
  /** The bucket is cut by the window or by the present. */
  readonly partial: boolean
  readonly basis: string
  readonly from: string
  readonly to: string
  readonly definition: string
}

const DEFINITION = 'twap-locf/1'

const KINDS = {
  twap: 'decimal',
  coverage: 'ratio',
  n_obs: 'int',
  carried_in: 'bool',
  source_age: 'duration',
} as const

/**
 * TWAP = integral of the last known price over the part of [from, to) where one is defined, divided by that part's
 * length; per exchange and quote, then the mean over venues per quote. A candle's close stands for its own bar.
 */
export async function twap(engine: Engine, query: TwapQuery): Promise<Result<TwapRow>> {
  const columns = windowColumns(KINDS, query.every)
  const chart = windowChart('twap', query.every)
  if (isFuture(query, query.now)) return { columns, rows: [], notes: [inFuture(query)], chart }
  const window = untilNow(query, query.now)
  return engine.question(async (ask) => {
    const all = await marketsOf(ask, query)
    const quoted = await settleQuotes(ask, all, query, window)
    const stands = (market: Market) => standing(market, query)
    const buckets = bucketsOf(window, query)
    // A close that stands for its own bar would be known in buckets that end before it.
    const wish = { ...query, dividing: buckets.divisor }
    const markets = await settleBasis(ask, quoted.markets, wish, window, stands)
    const answers = markets.length
      ? await ask('twap/window', {
          ...(await spansOf(ask, markets, window, { grain: buckets.grain, stands, rollup: query.rollup })),
          markets: markets.map((m) => m.market_id),
          staleness: markets.map((m) => interval(stands(m))),
          ...window,
          ...buckets.params,
        })
      : []
    const rows = answers.map(({ market_id: id, ...answer }): TwapRow => {
      const used = markets.filter((m) => (id === null ? m.venue && m.quote === answer.quote : m.market_id === id))
      return { ...answer, basis: combinedBasis(used), ...window, definition: DEFINITION }
    })
    return {
      columns,
      rows,
      notes: [...quoted.notes(rows), ...remarks(rows, query)],
      chart,
    }
  })
}

/** Milliseconds a market's price stands, and so how long before the window it may have been made. */
const standing = ({ seconds }: Market, { maxStaleness }: { readonly maxStaleness?: number | undefined }): number =>
  maxStaleness ?? (seconds === null ? TICK_STALENESS_MS : seconds * 1000)

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
  return [...notes, ...thin(single, query, (share) => `a price is known for only ${percent(share)} of`)]
}
