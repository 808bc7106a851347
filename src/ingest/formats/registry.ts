// The formats known, most particular first: the first that fits a file is its format.
import { binanceFutures, binanceSpot } from './binance-klines.ts'
import { bitfinex } from './bitfinex.ts'
import { canonicalAnalytics } from './canonical-analytics.ts'
import { canonicalOhlcv } from './canonical-ohlcv.ts'
import { canonicalPrices } from './canonical-prices.ts'
import type { Format } from './format.ts'
import { genericOhlcv } from './generic-ohlcv.ts'

export const FORMATS: readonly Format[] = [
  canonicalPrices,
  canonicalOhlcv,
  canonicalAnalytics,
  binanceFutures,
  binanceSpot,
  bitfinex,
  genericOhlcv,
]
