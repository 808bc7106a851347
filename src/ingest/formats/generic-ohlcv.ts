import type { Format } from './format.ts'
import { OBSERVED_WORDS, PAIR_WORDS, TIME_WORDS } from './header-words.ts'

/** Any file whose header names a time, open, high, low and close. By name only: Coinbase writes low before high. */
export const genericOhlcv: Format = {
  name: 'ohlcv',
  title: 'candles by header name, any order',
  table: 'ohlcv',
  general: true,
  needs: ['timestamp', 'open', 'high', 'low', 'close'],
  columns: {
    pair: PAIR_WORDS,
    coin_id: ['coin_id'],
    exchange_id: ['exchange_id', 'exchange'],
    quote: ['quote', 'quote_currency'],
    timeframe: ['timeframe', 'interval'],
    timestamp: TIME_WORDS,
    open: ['open', 'open_price', 'o'],
    high: ['high', 'high_price', 'h'],
    low: ['low', 'low_price', 'l'],
    close: ['close', 'close_price', 'c'],
    volume: ['base_volume', 'volume_base', 'volumefrom', 'volume_{base}', 'volume', 'vol', 'v'],
    quote_volume: ['quote_volume', 'quote_asset_volume', 'volumeto', 'volume_quote', 'volume_{quote}'],
    trades: ['trades', 'count', 'n_trades', 'number_of_trades', 'tradecount', 'trade_count'],
    observed_at: OBSERVED_WORDS,
  },
}
