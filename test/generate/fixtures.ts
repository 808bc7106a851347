// Small files in real vendors' shapes, for tests and for people who want to see one. Invented numbers.
import { depeg, market } from '../../src/demo/market.ts'
import { binanceFutures, binanceSpot, bitfinex, canonicalOhlcv, canonicalPrices } from '../../src/demo/shapes.ts'

const HOUR = 3_600_000
const BITCOIN = { seed: 1, minutes: 120, start: 9_400_000 }

const name = (exchange: string, quote = 'USD') => ({ coin: 'bitcoin', symbol: 'BTC', exchange, quote })

/** File names below fixtures/ and their contents; the same on every call. */
export function fixtures(): ReadonlyMap<string, string> {
  // Across the new year of 2025, when Binance moved from milliseconds to microseconds.
  const newYear = market({ ...BITCOIN, from: Date.UTC(2024, 11, 31, 23) })
  const quiet = market({ ...BITCOIN, from: Date.UTC(2016, 0, 1), start: 43_000, quiet: 0.3 })
  const march = Date.UTC(2025, 2, 10)
  const pegged = market({ ...BITCOIN, seed: 2, from: march })
  const lost = market({ ...BITCOIN, seed: 3, from: march, quoteDiscount: depeg(march, march + 2 * HOUR, 0.13) })
  return new Map([
    [
      'prices.csv',
      canonicalPrices([
        { name: name('alpha'), bars: pegged },
        { name: name('beta'), bars: lost },
      ]),
    ],
    [
      'ohlcv.csv',
      canonicalOhlcv([
        { name: name('alpha'), bars: pegged },
        { name: name('alpha', 'USDC'), bars: lost },
      ]),
    ],
    ['analytics.csv', ANALYTICS],
    ['BTCUSDT-1m-2025-01.csv', binanceSpot(newYear)],
    ['BTCUSDT-1m-2025-01-futures.csv', binanceFutures(newYear)],
    ['BTCUSD_1m_2016.csv', bitfinex(quiet)],
    ['bad-row.csv', badRow(canonicalPrices([{ name: name('alpha'), bars: pegged.slice(0, 30) }]))],
  ])
}

const ANALYTICS = `timestamp,exchange_id,total_market_cap,total_volume,btc_dominance,source,attribution
2025-03-10T00:00:00Z,global,2650000000000.25,98000000000,59.81,arxdb,generated
2025-03-11T00:00:00Z,global,2610000000000,,60.02,arxdb,generated
2025-03-12T00:00:00Z,global,,101000000000,,arxdb,generated
`

/** Line 12: a price that is none. */
function badRow(text: string): string {
  const rows = text.split('\n')
  rows[11] = rows[11]!.replace(/^([^,]*,[^,]*,[^,]*),[^,]*/, '$1,twelve')
  return rows.join('\n')
}
