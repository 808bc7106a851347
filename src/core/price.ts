// The price of coins now, or as it was known at a moment.
import type { Ask, Engine } from '../engines/engine.ts'
import { atLeast, roughly } from '../wording.ts'
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
import { columns, type Note, type Result, warn } from './result.ts'
import { DEFAULT_TICK_STALENESS_MS } from './twap.ts'

export interface PriceQuery extends Omit<MarketFilter, 'coin'> {
  readonly coins: readonly string[]
  /** UTC instant. */
  readonly at: string
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
}

const PRICE_COLUMNS = columns({
  coin_id: 'text',
  exchange_id: 'text',
  quote: 'text',
  price: 'decimal',
  timestamp: 'time',
  age: 'duration',
  basis: 'text',
})

/** The freshest price per coin, exchange and quote at a moment; what is too old is left out, and said. */
export function price(engine: Engine, query: PriceQuery): Promise<Result<PriceRow>> {
  return engine.question(async (ask) => {
    const answers: Result<PriceRow>[] = []
    for (const coin of query.coins) answers.push(await ofCoin(ask, { ...query, coin }))
    return {
      columns: PRICE_COLUMNS,
      rows: answers.flatMap((a) => a.rows),
      notes: answers.flatMap((a) => a.notes),
    }
  })
}

/** Far enough back to weigh one quote against another. */
const WEIGHING_DAYS = 30

async function ofCoin(ask: Ask, query: PriceQuery & MarketFilter): Promise<Result<PriceRow>> {
  const coin_id = await resolveCoin(ask, parseMarketRef(query.coin).coin)
  const before = new Date(Date.parse(query.at) - WEIGHING_DAYS * 86_400_000).toISOString()
  const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, { from: before, to: query.at })
  const found = await ask('price/as-of', {
    markets: quoted.markets.map((m) => m.market_id),
    at: query.at,
    tick_staleness: interval(query.maxStaleness ?? DEFAULT_TICK_STALENESS_MS),
    candle_staleness: query.maxStaleness === undefined ? null : interval(query.maxStaleness),
  })
  const rows: PriceRow[] = []
  const missing: Market[] = []
  for (const own of groupBy(quoted.markets, (m) => `${m.exchange_id} ${m.quote}`).values()) {
    const { exchange_id, quote } = own[0]!
    const [freshest] = own
      .flatMap((market) => found.filter((f) => f.market_id === market.market_id).map((f) => ({ ...f, market })))
      .sort((a, b) => a.age - b.age || (a.market.seconds ?? 0) - (b.market.seconds ?? 0))
    if (!freshest) missing.push(...own)
    else {
      const { price, timestamp, age, market } = freshest
      rows.push({ coin_id, exchange_id, quote, price, timestamp, age, basis: basisName(market) })
    }
  }
  const old = await tooOld(ask, coin_id, missing, query.at)
  const none = rows.length === 0 && old.length === 0 ? [warn(`${coin_id}: no price at or before ${query.at}`)] : []
  return { columns: PRICE_COLUMNS, rows, notes: [...quoted.notes(rows), ...old, ...none] }
}

async function tooOld(ask: Ask, coin: string, markets: readonly Market[], at: string): Promise<readonly Note[]> {
  if (markets.length === 0) return []
  const newest = await ask('price/newest', { markets: markets.map((m) => m.market_id), at })
  return [...groupBy(markets, (m) => `${coin}/${m.quote}@${m.exchange_id}`)].flatMap(([name, own]) => {
    const [last] = newest.filter((n) => own.some((m) => m.market_id === n.market_id)).sort((a, b) => a.age - b.age)
    if (!last) return []
    const allow = atLeast(last.age)
    const age = `the newest price is ${roughly(last.age)} old (${last.timestamp})`
    return [warn(`${name}: ${age}; --max-staleness ${allow} accepts it`)]
  })
}
