import type { Format } from './format.ts'
import { OBSERVED_WORDS } from './header-words.ts'

/** The columns of the view crypto_ohlcv, in any order; a subset will do. */
export const canonicalOhlcv: Format = {
  name: 'canonical-ohlcv',
  title: 'the columns of crypto_ohlcv',
  table: 'ohlcv',
  needs: ['coin_id|symbol', 'exchange_id', 'timestamp', 'open', 'high', 'low', 'close', 'timeframe'],
  columns: {
    coin_id: ['coin_id'],
    symbol: ['symbol'],
    exchange_id: ['exchange_id'],
    quote: ['quote'],
    timeframe: ['timeframe'],
    timestamp: ['timestamp'],
    open: ['open_price'],
    high: ['high_price'],
    low: ['low_price'],
    close: ['close_price'],
    volume: ['volume'],
    quote_volume: ['quote_volume'],
    trades: ['trades'],
    observed_at: OBSERVED_WORDS,
    source: ['source'],
    attribution: ['attribution'],
  },
  quote: 'USD',
}
