import type { Format } from './format.ts'
import { BARS } from './header-words.ts'

/**
 * Spot klines of Binance's archive: twelve fields and no header. Milliseconds until 2024, microseconds since 2025.
 * Other exchanges copied the shape, so whose it is has to be said.
 */
export const binanceSpot: Format = {
  name: 'binance-klines',
  title: 'Binance spot klines, twelve columns without a header',
  table: 'ohlcv',
  fields: 12,
  columns: { timestamp: 0, open: 1, high: 2, low: 3, close: 4, volume: 5, quote_volume: 7, trades: 8 },
  looks: ['^\\d{10,19}$'],
  attribution: 'Binance public data',
}

/** The futures archive has a header; the same pair is another market there. */
export const binanceFutures: Format = {
  name: 'binance-futures-klines',
  title: 'Binance futures klines, with a header',
  table: 'ohlcv',
  needs: ['timestamp', 'open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades', 'taker'],
  columns: {
    timestamp: ['open_time'],
    ...BARS,
    volume: ['volume'],
    quote_volume: ['quote_volume'],
    trades: ['count'],
    taker: ['taker_buy_volume'],
  },
  exchange: 'binance-futures',
  attribution: 'Binance public data',
}
