// What a file's name tells: the market and the candles' width are often nowhere else. Never the dates: names lie there.
import { basename } from 'node:path'
import { isQuote, type Pair, splitPair, timeframe } from './symbol.ts'

export interface NameParts {
  readonly exchange?: string | undefined
  readonly pair?: Pair | undefined
  readonly timeframe?: string | undefined
}

const EXCHANGES = new Set(
  `binance binanceus bitfinex bitstamp bitmex bybit coinbase coinbasepro deribit ftx gateio gdax gemini huobi kraken
   kucoin okex okx poloniex upbit`.split(/\s+/),
)

/** Reads `BTCUSDT-1h-2025-01.csv`, `XBTUSD_1440.csv`, `Binance_BTCUSDT_d.csv`, `kraken_btc_usd.csv.gz`. */
export function parseFileName(path: string): NameParts {
  const stem = basename(path).replace(/\.(gz|csv|tsv|txt)(?=\.|$)/gi, '')
  const words = stem.split(/[_\-\s.]+/).filter(Boolean)
  const exchange = words.find((word) => EXCHANGES.has(word.toLowerCase()))?.toLowerCase()
  for (const [index, word] of words.entries()) {
    if (EXCHANGES.has(word.toLowerCase()) || /^\d+$/.test(word)) continue
    const next = words[index + 1]
    const two = next !== undefined && isQuote(next) ? splitPair(`${word}/${next}`) : undefined
    const pair = two ?? splitPair(word)
    if (!pair) continue
    const width = words[index + (two ? 2 : 1)]
    return { exchange, pair, timeframe: width === undefined ? undefined : timeframe(width) }
  }
  return { exchange }
}
