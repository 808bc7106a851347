import type { Format } from './format.ts'
import { BARS } from './header-words.ts'

/** Of coins the volume is the turnover in the quote currency, unlike that of shares. */
export const yahoo: Format = {
  name: 'yahoo',
  title: 'Yahoo Finance history',
  table: 'ohlcv',
  needs: ['timestamp', 'open', 'high', 'low', 'close', 'adjusted'],
  columns: { timestamp: ['date'], ...BARS, quote_volume: ['volume'], adjusted: ['adj_close'] },
  exchange: 'yahoo',
  timeframe: '1d',
  attribution: 'Yahoo Finance',
}
