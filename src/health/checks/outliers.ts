import type { Check, Measure } from '../check.ts'
import { asked, type Market, marketName, marketsOf, needsTables, refOf, windowsOf } from '../markets.ts'

interface Row {
  readonly market_id: number
  readonly newest_at: string
  readonly age: number
  readonly price: number
  readonly before: number
  readonly median: number | null
  readonly usual: number | null
}

/** Prices that are looked at in all; of one market no fewer than tell what is usual, and no more than a few. */
const PRICES = 200_000
const [FEWEST, MOST] = [10, 30]
/** So many times as far from the median as half of them are; a price that stood still moves by a fifth of a per cent. */
const UNUSUAL = 10
const LEAST_USUAL = 0.002
const TICK_SECONDS = 300

export const outliers: Check = {
  // How far off, in per cent.
  ...{ name: 'outliers', group: 'market', unit: '%', threshold: { warn: 10, crit: 50 } },
  ...{ needs: ['arxdb'] },
  why: 'one wrong price moves averages, volatility and every arbitrage',
  try: 'arxdb price',
  clear: 'no market has a price of the last weeks',
  async measure(vantage) {
    await needsTables(vantage, ['markets', 'exchanges', 'prices', 'candles'])
    const markets = await marketsOf(vantage)
    const before = Math.min(MOST, Math.max(FEWEST, Math.floor(PRICES / Math.max(1, markets.length))))
    const rows: Row[] = []
    for (const window of windowsOf(markets, vantage.now))
      rows.push(...(await vantage.run<Row>('health/last-prices', { ...asked(window), before })))
    const byId = new Map(markets.map((market) => [market.market_id, market]))
    const seen = rows.map((row) => ({ ...row, market: byId.get(row.market_id)! }))
    const groups = grouped(seen)
    return seen.map((one) => measured(one, groups.get(kindOf(one.market)) ?? []))
  },
}

type Seen = Row & { readonly market: Market }

const kindOf = ({ coin_id, quote, timeframe }: Market): string => `${coin_id} ${quote} ${timeframe}`

function grouped(all: readonly Seen[]): ReadonlyMap<string, readonly Seen[]> {
  const groups = new Map<string, Seen[]>()
  for (const one of all) {
    const key = kindOf(one.market)
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return groups
}

function measured(one: Seen, alike: readonly Seen[]): Measure {
  const { market, price, median, usual, before } = one
  const object = marketName(market)
  const typed = { try: `arxdb price ${refOf(market)} --max-staleness 30d` }
  const width = market.seconds ?? TICK_SECONDS
  // Of one moment: the market itself with at least two venues, so that two of three outvote it.
  const peers = alike.filter((other) => other === one || (other.market.venue && Math.abs(other.age - one.age) <= width))
  if (peers.length >= 3) {
    const middle = medianOf(peers.map((other) => other.price))
    return { object, value: off(price, middle), text: `${told(price, middle)} of ${peers.length - 1} others`, ...typed }
  }
  if (median === null || usual === null || before < FEWEST)
    return {
      object,
      value: 0,
      text: `${before} earlier prices and ${peers.length - 1} others: too few to tell`,
      ...typed,
    }
  const unusual = Math.abs(Math.log(price / median)) >= UNUSUAL * Math.max(usual, LEAST_USUAL)
  const text = `${told(price, median)} of its last ${before}, of which half are within ${(100 * usual).toFixed(1)}%`
  return { object, value: unusual ? off(price, median) : 0, text, ...typed }
}

/** Per cent, either way. */
const off = (price: number, from: number): number => Number((100 * Math.abs(price / from - 1)).toFixed(2))

const told = (price: number, from: number): string =>
  `${price} is ${off(price, from)}% ${price < from ? 'below' : 'above'} the median, ${from},`

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
