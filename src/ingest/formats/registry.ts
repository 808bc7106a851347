// The formats known, most particular first: the first that fits a file is its format.
import { binanceFutures, binanceSpot } from './binance-klines.ts'
import { bitfinex, columnsOhlcv } from './bitfinex.ts'
import { canonicalAnalytics } from './canonical-analytics.ts'
import { canonicalOhlcv } from './canonical-ohlcv.ts'
import { canonicalPrices } from './canonical-prices.ts'
import { coingecko } from './coingecko.ts'
import { cmcScrape, cmcTicker } from './coinmarketcap.ts'
import { cryptoDataDownload } from './cryptodatadownload.ts'
import type { Format } from './format.ts'
import { genericOhlcv } from './generic-ohlcv.ts'
import { genericPrices } from './generic-prices.ts'
import { krakenOhlcvt } from './kraken.ts'
import { etherscanChart, metricSeries } from './metric-series.ts'
import { columnsTrades, trades } from './trades.ts'
import { tradingView } from './tradingview.ts'
import * as transactions from './transactions.ts'
import { wideOhlcv } from './wide-ohlcv.ts'
import { yahoo } from './yahoo.ts'

export const FORMATS: readonly Format[] = [
  canonicalPrices,
  canonicalOhlcv,
  canonicalAnalytics,
  transactions.etherscanExport,
  transactions.etherscanTokens,
  transactions.etlTransactions,
  transactions.etlReceipts,
  transactions.etlBlocks,
  transactions.etlTokens,
  binanceFutures,
  binanceSpot,
  krakenOhlcvt,
  cryptoDataDownload,
  cmcTicker,
  cmcScrape,
  coingecko,
  etherscanChart,
  yahoo,
  tradingView,
  wideOhlcv,
  bitfinex,
  columnsOhlcv,
  trades,
  columnsTrades,
  genericOhlcv,
  genericPrices,
  metricSeries,
]
