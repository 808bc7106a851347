// The price of coins now, or as it was known at a moment.
import type { Ask, Engine } from '../engines/engine.ts'
import { asOf, TICK_STALENESS_MS, tooOld } from './as-of.ts'
import { basisName } from './basis.ts'
import { interval } from './interval.ts'
import {
  groupBy,
  type Market,
  type MarketFilter,
  marketsOf,
  parseMarketRef,
  resolveCoin,
  settleQuotes,
} from './market.ts'
import { type Chart, echoes, type Note, type Result, warn } from './result.ts'

export interface PriceQuery extends Omit<MarketFilter, 'coin'> {
  readonly coins: readonly string[]
  /** UTC instant. */
  readonly at: string
  /** UTC instant; a later `at` is answered as of it. */
  readonly now?: string | undefined
  /** Milliseconds; default 5 min for ticks, one timeframe for candles. */
  readonly maxStaleness?: number | undefined
}

export interface PriceRow {
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
  readonly price: string
  /** When it was known: a tick's own time, the end of a candle. */
  readonly timestamp: string
  /** Seconds between then and the moment asked for. */
  readonly age: number
  readonly basis: string
  /** Last price of each of the 24 hours before, from the same market, oldest first; null for an hour without one. */
  readonly last_24h: readonly (number | null)[]
  readonly definition: string
}

/** Last price at or before the moment, in the left-open window (at - staleness, at]; a candle's when its bar ends. */
const DEFINITION = 'price-as-of/1'

const PRICE_COLUMNS = echoes(['last_24h', 'definition'], {
  coin_id: 'text',
  exchange_id: 'text',
  quote: 'text',
  price: 'decimal',
  timestamp: 'time',
  age: 'duration',
  basis: 'text',
  last_24h: 'series',
  definition: 'text',
})

const CHART: Chart = { kind: 'bars', label: ['coin_id', 'exchange_id', 'quote'], value: 'price' }

/** The freshest price per coin, exchange and quote at a moment; what is too old is left out, and said. */
export function price(engine: Engine, query: PriceQuery): Promise<Result<PriceRow>> {
  const known = asOf(query.at, query.now)
  return engine.question(async (ask) => {
    const answers: Answer[] = []
    for (const coin of query.coins) answers.push(await ofCoin(ask, { ...query, at: known.at, coin }))
    return {
      columns: PRICE_COLUMNS,
      rows: answers.flatMap((a) => a.rows),
      notes: [...known.notes, ...answers.flatMap((a) => a.notes)],
      chart: CHART,
    }
  })
}

type Answer = Pick<Result<PriceRow>, 'rows' | 'notes'>

/** Far enough back to weigh one quote against another. */
const WEIGHING_DAYS = 30

/** Milliseconds back that the oldest bar may begin whose close still stands. */
const reachOf = (markets: readonly Market[], maxStaleness: number | undefined): number =>
  Math.max(...markets.map(({ seconds }) => (seconds ?? 0) * 1000 + (maxStaleness ?? (seconds ?? 0) * 1000)))

async function ofCoin(ask: Ask, query: PriceQuery & MarketFilter): Promise<Answer> {
  const coin_id = await resolveCoin(ask, parseMarketRef(query.coin).coin)
  const before = new Date(Date.parse(query.at) - WEIGHING_DAYS * 86_400_000).toISOString()
  const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, { from: before, to: query.at })
  const found = await ask('price/as-of', {
    markets: quoted.markets.map((m) => m.market_id),
    at: query.at,
    tick_staleness: interval(query.maxStaleness ?? TICK_STALENESS_MS),
    candle_staleness: query.maxStaleness === undefined ? null : interval(query.maxStaleness),
    reach: interval(reachOf(quoted.markets, query.maxStaleness)),
  })
  const fresh: ((typeof found)[number] & { readonly market: Market })[] = []
  const missing: Market[] = []
  for (const own of groupBy(quoted.markets, (m) => `${m.exchange_id} ${m.quote}`).values()) {
    const [freshest] = own
      .flatMap((market) => found.filter((f) => f.market_id === market.market_id).map((f) => ({ ...f, market })))
      .sort((a, b) => a.age - b.age || (a.market.seconds ?? 0) - (b.market.seconds ?? 0))
    if (freshest) fresh.push(freshest)
    else missing.push(...own)
  }
  const days = fresh.length ? await ask('price/last-day', { markets: fresh.map((f) => f.market_id), at: query.at }) : []
  const rows = fresh.map(({ market, price, timestamp, age }): PriceRow => {
    const { exchange_id, quote } = market
    const last_24h = days.find((d) => d.market_id === market.market_id)!.closes
    const evidence = { basis: basisName(market), last_24h, definition: DEFINITION }
    return { coin_id, exchange_id, quote, price, timestamp, age, ...evidence }
  })
  const old = await stale(ask, coin_id, missing, query.at)
  const none = rows.length === 0 && old.length === 0 ? [warn(`${coin_id}: no price at or before ${query.at}`)] : []
  return { rows, notes: [...quoted.notes(rows), ...old, ...none] }
}

async function stale(ask: Ask, coin: string, markets: readonly Market[], at: string): Promise<readonly Note[]> {
  if (markets.length === 0) return []
  const newest = await ask('price/newest', { markets: markets.map((m) => m.market_id), at })
  return [...groupBy(markets, (m) => `${coin}/${m.quote}@${m.exchange_id}`)].flatMap(([name, own]) => {
    const [last] = newest.filter((n) => own.some((m) => m.market_id === n.market_id)).sort((a, b) => a.age - b.age)
    return last ? [tooOld(name, undefined, last.age, last.timestamp)] : []
  })
}
