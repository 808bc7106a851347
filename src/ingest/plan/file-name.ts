// What a file's name tells: the market and the candles' width are often nowhere else. Never the dates: names lie there.
import { basename } from 'node:path'
import { isQuote, type Pair, splitPair, timeframe } from '../values/symbol.ts'

export interface NameParts {
  readonly exchange?: string | undefined
  readonly pair?: Pair | undefined
  readonly timeframe?: string | undefined
  /** Of a wide table, which has several coins: `(BTC,ETH)USD`. */
  readonly quote?: string | undefined
}

const EXCHANGES = new Set(
  `binance binanceus bitfinex bitget bitmex bitstamp bybit coinbase coinbasepro coingecko coinmarketcap deribit ftx
   gateio gdax gemini huobi hyperliquid kraken kucoin mexc okex okx poloniex upbit`.split(/\s+/),
)

/** Words that are no coins though a currency may follow them: `prices_usd.csv`, `yahoo_BTC-USD.csv`. */
const NO_COINS = new Set(
  `candles cap crypto cryptocompare daily data etherscan futures history hourly in klines market max ohlc ohlcv perp price
   prices public raw spot to total trades tradingview volume yahoo`.split(/\s+/),
)

/** The file's name without its endings. */
export const stemOf = (path: string): string => basename(path).replace(/\.(gz|zst|csv|tsv|txt)(?=\.|$)/gi, '')

/** Reads `BTCUSDT-1h-2025-01.csv`, `XBTUSD_1440.csv`, `bitfinex-1h-btc-usd.csv`, `bitfinex_(BTC,ETH)USD_d.csv`. */
export function parseFileName(path: string): NameParts {
  const words = stemOf(path)
    .split(/[_\-\s.]+/)
    .filter(Boolean)
  const known = words.find((word) => EXCHANGES.has(word.toLowerCase()))?.toLowerCase()
  // The same pair is another market there.
  const exchange = known === 'binance' && words.some((word) => /^futures$/i.test(word)) ? 'binance-futures' : known
  for (const [index, word] of words.entries()) {
    if (EXCHANGES.has(word.toLowerCase()) || NO_COINS.has(word.toLowerCase()) || /^\d+$/.test(word)) continue
    const several = /^\([a-z0-9,]+\)([a-z0-9]+)$/i.exec(word)?.[1]
    const next = words[index + 1]
    // Of `someone_btc_usd` the last two are the pair.
    const isLast = words[index + 2] === undefined || !isQuote(words[index + 2]!)
    const two = next !== undefined && isQuote(next) && isLast ? splitPair(`${word}/${next}`) : undefined
    const pair = several === undefined ? (two ?? splitPair(word)) : undefined
    if (!pair && several === undefined) continue
    const width = widthAmong(words.slice(index + (two ? 2 : 1)), words.slice(0, index))
    return several === undefined
      ? { exchange, pair, timeframe: width }
      : { exchange, quote: several.toUpperCase(), timeframe: width }
  }
  return { exchange }
}

/** `5` and `d` are widths only right behind the pair, and a number that another one follows is part of a date. */
function widthAmong(behind: readonly string[], before: readonly string[]): string | undefined {
  const [first, second = ''] = behind
  const next = first !== undefined && !(/^\d+$/.test(first) && /^\d+$/.test(second)) ? timeframe(first) : undefined
  const plain = [...behind, ...before].find((word) => /^\d{1,4}[a-z]+$/i.test(word) && timeframe(word) !== undefined)
  return next ?? (plain === undefined ? undefined : timeframe(plain))
}
