// Where a coin is dearer than elsewhere at the same time, and what fees leave of it.
import type { Engine } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { samplesOf, type VenueMarket, venuesOf } from './arbitrage-samples.ts'
import { asOf, TICK_STALENESS_MS } from './as-of.ts'
import { type FeeBook, feesOf, type MarketFees, missingFees } from './fees.ts'
import { type Every, interval } from './interval.ts'
import { type Chart, echoes, info, type Note, type Result, warn } from './result.ts'

export interface ArbitrageQuery {
  /** None for every coin. */
  readonly coins: readonly string[]
  /** One of the two sides. */
  readonly exchange?: string | undefined
  /** Default every quote within itself; `any` shows pairs of different quotes besides, labelled. */
  readonly quote?: string | undefined
  /** One moment; else the window [from, to), sampled. */
  readonly at?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly now: string
  /** Between two samples; default 1 min, one bar where there are only candles. */
  readonly every?: Every | undefined
  /** For one moment: how many samples up to it persistence looks at, default 10. */
  readonly samples?: number | undefined
  /** Milliseconds; default 5 min for ticks, one bar for candles. */
  readonly maxStaleness?: number | undefined
  /** Milliseconds between the two prices; default 1 min for ticks, one bar for candles. */
  readonly maxSkew?: number | undefined
  /** Per cent, exact decimals; the gross from 1 unless minNet is given. */
  readonly minSpread?: string | undefined
  readonly minNet?: string | undefined
  /** What is bought for, in the quote: spreads the withdrawal over it. */
  readonly notional?: string | undefined
  /** Only the best, by net. */
  readonly top?: number | undefined
  readonly fees?: FeeBook | undefined
}

export interface ArbitrageRow {
  readonly coin_id: string
  readonly buy_exchange: string
  readonly sell_exchange: string
  /** `USDC>USD` when the two differ. */
  readonly quote: string
  readonly buy_price: string
  readonly sell_price: string
  readonly gross_percent: number
  /** After the takers' fees, and the withdrawal when there is a notional; null where a fee is not known. */
  readonly net_percent: number | null
  /** Seconds, of the older price. */
  readonly age: number
  /** Seconds between the two prices. */
  readonly skew: number
  /** Samples in a row, up to this one, with a positive net (gross enough where no net is known). */
  readonly persistence: number
  /** Samples up to this one in which the pair could be compared. */
  readonly n_obs: number
  readonly cross_quote: boolean
  readonly timestamp: string
  readonly basis: string
  readonly price_kind: string
  readonly definition: string
}

/** gross = sell / buy - 1; net = sell (1 - f_s) / (buy (1 + f_b)) - 1 - withdrawal x buy / notional. */
const DEFINITION = 'arbitrage-last-price/1'
const PRICE_KIND = 'indicative (last price)'
const DEFAULT_MIN_SPREAD = '1'
const TICK_SKEW_MS = 60_000

const ARBITRAGE_COLUMNS = echoes(['cross_quote', 'price_kind', 'definition'], {
  coin_id: 'text',
  buy_exchange: 'text',
  sell_exchange: 'text',
  quote: 'text',
  buy_price: 'decimal',
  sell_price: 'decimal',
  gross_percent: 'float',
  net_percent: 'float',
  age: 'duration',
  skew: 'duration',
  persistence: 'int',
  n_obs: 'int',
  cross_quote: 'bool',
  timestamp: 'time',
  basis: 'text',
  price_kind: 'text',
  definition: 'text',
})

const LABEL = ['coin_id', 'buy_exchange', 'sell_exchange', 'quote']
const BARS: Chart = { kind: 'bars', label: LABEL, value: 'gross_percent' }
const SERIES: Chart = {
  kind: 'series',
  x: 'timestamp',
  by: LABEL,
  panes: [{ kind: 'lines', columns: ['gross_percent', 'net_percent'], levels: [0] }],
}

/**
 * Ordered pairs of venues whose prices of a coin differ: at one moment, or at every sample of a window. Prices are the
 * last known ones, so a spread is indicative: nothing says that it could be traded. Aggregators are no venues.
 */
export async function arbitrage(engine: Engine, query: ArbitrageQuery): Promise<Result<ArbitrageRow>> {
  if (query.notional !== undefined && !(Number(query.notional) > 0)) {
    throw usageError(`a notional of ${query.notional} buys nothing`, '--notional 10000')
  }
  const known = query.at === undefined ? undefined : asOf(query.at, query.now)
  return engine.question(async (ask) => {
    const { markets, exchange, quotesDiffer } = await venuesOf(ask, query)
    const notes = [...(known?.notes ?? []), limits(query)]
    const answer = { columns: ARBITRAGE_COLUMNS, chart: query.at === undefined ? SERIES : BARS }
    if (markets.length === 0) {
      const alone = warn('no two venues here share a coin and a quote; try: arxdb coverage')
      return { ...answer, rows: [], notes: [...notes, alone] }
    }
    const fees = await feesOf(ask, markets, query.fees ?? {})
    const found = await ask('arbitrage/pairs', {
      markets: markets.map((m) => m.market_id),
      staleness: markets.map((m) => interval(query.maxStaleness ?? bar(m, TICK_STALENESS_MS))),
      skew: markets.map((m) => interval(query.maxSkew ?? bar(m, TICK_SKEW_MS))),
      fee_markets: [...fees.taker.keys()],
      takers: [...fees.taker.values()],
      withdraw_markets: [...fees.withdraw.keys()],
      withdrawals: [...fees.withdraw.values()],
      notional: query.notional ?? null,
      ...samplesOf({ ...query, at: known?.at }, markets),
      min_gross: minGross(query),
      min_net: query.minNet ?? null,
      exchange_id: exchange ?? null,
      cross_quotes: quotesDiffer,
      top: query.top ?? null,
    })
    const basis = (id: number) => markets.find((m) => m.market_id === id)!.basis
    const rows = found.map(({ buy_market, sell_market, buy_quote, sell_quote, ...row }): ArbitrageRow => {
      const { coin_id, buy_exchange, sell_exchange, timestamp, ...figures } = row
      const [bought, sold] = [basis(buy_market), basis(sell_market)]
      return {
        coin_id,
        buy_exchange,
        sell_exchange,
        quote: buy_quote === sell_quote ? buy_quote : `${buy_quote}>${sell_quote}`,
        ...figures,
        cross_quote: buy_quote !== sell_quote,
        timestamp,
        basis: bought === sold ? bought : `${bought}>${sold}`,
        price_kind: PRICE_KIND,
        definition: DEFINITION,
      }
    })
    return { ...answer, rows, notes: [...notes, ...fees.notes, ...remarks(rows, query, markets, fees)] }
  })
}

const bar = ({ seconds }: VenueMarket, tick: number): number => (seconds === null ? tick : seconds * 1000)

const minGross = ({ minSpread, minNet }: ArbitrageQuery): string | null =>
  minSpread ?? (minNet === undefined ? DEFAULT_MIN_SPREAD : null)

/** The limits in force, echoed: they decide what is an opportunity at all. */
function limits(query: ArbitrageQuery): Note {
  const gross = minGross(query)
  const floors = [gross && `gross from ${gross}%`, query.minNet && `net from ${query.minNet}%`]
    .filter(Boolean)
    .join(', ')
  const said = (ms: number | undefined, tick: string) =>
    ms === undefined ? `${tick} (candles: one bar)` : `${ms / 1000} s`
  return info(
    `${floors}; prices no older than ${said(query.maxStaleness, '5 min')} and ${said(query.maxSkew, '1 min')} apart`,
  )
}

function remarks(
  rows: readonly ArbitrageRow[],
  query: ArbitrageQuery,
  markets: readonly VenueMarket[],
  fees: MarketFees,
): readonly Note[] {
  const own = rows.filter((row) => !row.cross_quote)
  const shown = new Set(own.flatMap((row) => [row.buy_exchange, row.sell_exchange]))
  // Under --min-net whoever lacks a fee is out of the answer, so all of them are named.
  const asked = query.minNet === undefined ? markets.filter((m) => shown.has(m.exchange_id)) : markets
  const notes: Note[] = [...missingFees(namesWithout(fees.taker, asked))]
  if (own.some((row) => row.net_percent !== null)) {
    const bought = markets.filter((m) => own.some((row) => row.buy_exchange === m.exchange_id))
    const free = namesWithout(fees.withdraw, bought)
    if (query.notional === undefined && fees.withdraw.size > 0) {
      notes.push(info('withdrawal fees are left out of the net: --notional says over how much they spread'))
    } else if (query.notional !== undefined && free.length > 0) {
      notes.push(info(`no withdrawal fee is known of ${free.join(', ')}: taken as none`))
    }
  }
  const crossing = [...new Set(rows.filter((row) => row.cross_quote).map((row) => row.quote))]
  if (crossing.length > 0) {
    notes.push(
      warn(`${crossing.join(', ')}: cross-quote spreads, the price of one quote in the other and no arbitrage`),
    )
  }
  if (rows.length === 0) notes.push(info('no pair of venues is that far apart'))
  return notes
}

const namesWithout = (known: ReadonlyMap<number, string>, markets: readonly VenueMarket[]): readonly string[] => [
  ...new Set(markets.filter((m) => !known.has(m.market_id)).map((m) => m.exchange_id)),
]
