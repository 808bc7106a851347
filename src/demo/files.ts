// The demo's files: three venues, quiet minutes, a depeg, rows given twice, and one file with a row that cannot be.
import { depeg, market } from './market.ts'
import { binanceSpot, canonicalOhlcv, canonicalPrices, type Named } from './shapes.ts'

const FROM = Date.UTC(2025, 2, 10)
const HOUR = 3_600_000
const TWO_DAYS = 2 * 24 * 60

const named = (coin: string, symbol: string, exchange: string, quote: string): Named => ({
  coin,
  symbol,
  exchange,
  quote,
})

/** File names and their contents, the same on every call. */
export function demoFiles(): ReadonlyMap<string, string> {
  const bitcoin = { from: FROM, minutes: TWO_DAYS, start: 8_250_000 }
  const kraken = market({ ...bitcoin, seed: 11, quiet: 0.06 })
  const coinbase = market({ ...bitcoin, seed: 12, quiet: 0.01 })
  const broken = depeg(FROM + 20 * HOUR, FROM + 32 * HOUR, 0.13)
  const usdc = market({ ...bitcoin, seed: 13, quiet: 0.15, quoteDiscount: broken })
  const ether = market({ from: FROM, minutes: TWO_DAYS, start: 206_000, seed: 14, quiet: 0.02 })
  const candles = canonicalOhlcv([
    { name: named('bitcoin', 'BTC', 'coinbase', 'USD'), bars: coinbase },
    { name: named('bitcoin', 'BTC', 'kraken', 'USDC'), bars: usdc },
    // Once more what is there already: loaded once, reported as duplicates.
    { name: named('bitcoin', 'BTC', 'coinbase', 'USD'), bars: coinbase.slice(100, 125) },
  ])
  const ticks = canonicalPrices([
    { name: named('bitcoin', 'BTC', 'kraken', 'USD'), bars: withHole(kraken, FROM + 6 * HOUR, FROM + 7 * HOUR) },
    { name: named('ethereum', 'ETH', 'kraken', 'USD'), bars: ether },
  ])
  return new Map([
    ['prices.csv', ticks],
    ['candles.csv', candles],
    ['BTCUSDT-1m-2025-03.csv', binanceSpot(market({ ...bitcoin, seed: 15 }))],
    [
      'with-a-bad-row.csv',
      broken17(canonicalPrices([{ name: named('ethereum', 'ETH', 'coinbase', 'USD'), bars: ether.slice(0, 60) }])),
    ],
  ])
}

const withHole = <T extends { readonly at: number }>(bars: readonly T[], from: number, to: number): T[] =>
  bars.filter(({ at }) => at < from || at >= to)

/** Line 17 gets a price that is none. */
function broken17(text: string): string {
  const rows = text.split('\n')
  const cells = rows[16]!.split(',')
  cells[3] = 'n/a?'
  rows[16] = cells.join(',')
  return rows.join('\n')
}
