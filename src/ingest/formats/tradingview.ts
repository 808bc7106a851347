import type { Format } from './format.ts'
import { BARS } from './header-words.ts'

/** A moving average stands beside the volume. */
export const tradingView: Format = {
  name: 'tradingview',
  title: 'TradingView export',
  table: 'ohlcv',
  needs: ['timestamp', 'open', 'high', 'low', 'close', 'average'],
  columns: { timestamp: ['time'], ...BARS, volume: ['volume'], average: ['volume_ma'] },
  attribution: 'TradingView',
}
