// Invented markets for the statistics: random walks with holes, of ticks and of candles, in several quotes.
import { openClient } from '../../src/db/connect.ts'
import type { TestDatabase } from '../servers/databases.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
/** The clocks of New York change on 9 March. */
export const START = Date.UTC(2025, 2, 1)
export const END = START + 20 * DAY
export const NOW = '2026-01-01T00:00:00Z'

export interface Bar {
  readonly at: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

export interface Invented {
  readonly coin: string
  readonly symbol: string
  readonly exchange: string
  readonly quote: string
  /** Minutes of a candle; 0 for ticks. */
  readonly minutes: number
  readonly rows: readonly Bar[]
}

/** Numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const digits = (price: number): number => Number(price.toFixed(6))

/** Candles that lack one in twenty, and a stretch of five hours; half of each step is that of `common`. */
function candlesOf(seed: number, minutes: number, start: number): readonly Bar[] {
  const [own, common] = [random(seed), random(7)]
  const rows: Bar[] = []
  let price = start
  for (let at = START; at < END; at += minutes * 60_000) {
    const open = digits(price * (1 + (own() - 0.5) / 500))
    const close = digits(open * (1 + (own() - 0.5) / 80 + (common() - 0.5) / 80))
    const high = digits(Math.max(open, close) * (1 + own() / 200))
    const low = digits(Math.min(open, close) * (1 - own() / 200))
    price = close
    const outage = START + 6 * DAY + 3 * HOUR + seed * HOUR
    if (own() > 0.05 && !(at >= outage && at < outage + 5 * HOUR)) rows.push({ at, open, high, low, close })
  }
  return rows
}

/** Ticks some eight minutes apart, with hours in which there is none. */
function ticksOf(seed: number, start: number): readonly Bar[] {
  const own = random(seed)
  const rows: Bar[] = []
  let price = start
  for (let at = START; at < END; at += Math.ceil((0.5 + own() * 15) * 60) * 1000) {
    price = digits(price * (1 + (own() - 0.5) / 150))
    if (own() < 0.01) at += 2 * HOUR
    if (at < END) rows.push({ at, open: price, high: price, low: price, close: price })
  }
  return rows
}

const market = (
  symbol: string,
  coin: string,
  exchange: string,
  quote: string,
  minutes: number,
  rows: readonly Bar[],
) => ({
  ...{ symbol, coin, exchange, quote, minutes, rows },
})

export const MARKETS: readonly Invented[] = [
  market('BTC', 'bitcoin', 'alpha', 'USD', 15, candlesOf(1, 15, 90_000)),
  market('BTC', 'bitcoin', 'alpha', 'USDT', 60, candlesOf(2, 60, 90_100)),
  market('BTC', 'bitcoin', 'beta', 'USD', 0, ticksOf(3, 90_050)),
  market('ETH', 'ethereum', 'alpha', 'USD', 15, candlesOf(4, 15, 3000)),
  market('ETH', 'ethereum', 'alpha', 'USDT', 60, candlesOf(5, 60, 3001)),
  market('ETH', 'ethereum', 'beta', 'USD', 0, ticksOf(6, 3000.5)),
  market('DOGE', 'dogecoin', 'gamma', 'EUR', 60, candlesOf(8, 60, 0.2)),
]

export const found = (symbol: string, exchange: string, quote: string): Invented =>
  MARKETS.find((m) => m.symbol === symbol && m.exchange === exchange && m.quote === quote)!

/** Writes them through the views, as those who write by hand do. */
export async function writeMarkets(database: TestDatabase, markets: readonly Invented[]): Promise<void> {
  const client = await openClient(database.connection)
  for (const { coin, symbol, exchange, quote, minutes, rows } of markets) {
    const of = (key: keyof Bar) => rows.map((row) => (key === 'at' ? new Date(row.at).toISOString() : String(row[key])))
    if (minutes === 0) {
      await client.query(
        `insert into crypto_prices (coin_id, exchange_id, last_updated, usd_price, source, attribution)
           select $1, $2, t, p, 'test', '' from unnest($3::timestamptz[], $4::numeric[]) as r(t, p)`,
        [coin, exchange, of('at'), of('close')],
      )
    } else {
      await client.query(
        `insert into crypto_ohlcv (symbol, exchange_id, quote, timeframe, timestamp, open_price, high_price, low_price,
           close_price, source, attribution)
           select $1, $2, $3, $4, t, o, h, l, c, 'test', ''
             from unnest($5::timestamptz[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[]) as r(t, o, h, l, c)`,
        [
          symbol,
          exchange,
          quote,
          minutes === 60 ? '1h' : `${minutes}m`,
          of('at'),
          of('open'),
          of('high'),
          of('low'),
          of('close'),
        ],
      )
    }
  }
  await client.end()
}

/** Which bar a moment lies in, by number, and when a bar begins. */
export interface Grid {
  slot(at: number): number
  start(slot: number): number
}

export const utcGrid = (width: number): Grid => ({
  slot: (at) => Math.floor(at / width),
  start: (slot) => slot * width,
})

/** Days of a zone that moves from UTC-5 to UTC-4 at this moment of 9 March 2025. */
const daysChanging = (change: number): Grid => ({
  slot: (at) => Math.floor((at - (at < change ? 5 : 4) * HOUR) / DAY),
  start: (slot) => slot * DAY + (slot * DAY <= Date.UTC(2025, 2, 9) ? 5 : 4) * HOUR,
})
export const newYorkDays = daysChanging(Date.UTC(2025, 2, 9, 7))
/** Havana skips the hour after midnight: its 9 March begins at one o'clock. */
export const havanaDays = daysChanging(Date.UTC(2025, 2, 9, 5))

/** Bars by number: first, greatest, least and last of the rows in each. */
export function barsBy({ slot }: Grid, rows: readonly Bar[]): ReadonlyMap<number, Bar> {
  const bars = new Map<number, Bar>()
  for (const row of rows) {
    const bar = bars.get(slot(row.at))
    bars.set(
      slot(row.at),
      bar
        ? { ...bar, high: Math.max(bar.high, row.high), low: Math.min(bar.low, row.low), close: row.close }
        : { ...row },
    )
  }
  return bars
}

/** Numbers of the bars that lie whole in [from, to). */
export function wholeSlots({ slot, start }: Grid, from: number, to: number): readonly number[] {
  const slots: number[] = []
  for (let n = slot(from); start(n + 1) <= to; n++) if (start(n) >= from) slots.push(n)
  return slots
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
export const mean = (values: readonly number[]): number => sum(values) / values.length
export const variance = (values: readonly number[]): number => {
  const middle = mean(values)
  return sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1)
}

export const iso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')
