import type { Format } from './format.ts'

/** Any file whose header names a time, open, high, low and close. By name only: Coinbase writes low before high. */
export const genericOhlcv: Format = {
  name: 'ohlcv',
  table: 'ohlcv',
  needs: ['timestamp', 'open', 'high', 'low', 'close'],
  columns: {
    pair: ['symbol', 'pair', 'market', 'ticker'],
    timestamp: [
      ...['open_time_ms', 'open_time', 'unix', 'unixtimestamp', 'unix_timestamp', 'timestamp', 'time', 'start'],
      ...['date', 'datetime', 'datetime_utc', 'date(utc)', 'open time'],
    ],
    open: ['open', 'open_price', 'o'],
    high: ['high', 'high_price', 'h'],
    low: ['low', 'low_price', 'l'],
    close: ['close', 'close_price', 'c'],
    volume: ['volume', 'base_volume', 'volumefrom', 'volume_base', 'v'],
    quote_volume: ['quote_volume', 'quote_asset_volume', 'volumeto', 'volume_quote'],
    trades: ['trades', 'count', 'n_trades', 'number_of_trades', 'tradecount', 'trade_count'],
  },
}
