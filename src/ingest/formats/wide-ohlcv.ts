import type { Format } from './format.ts'

/** One row a day with the candles of several coins side by side; a coin's cells are blank before its listing. */
export const wideOhlcv: Format = {
  name: 'wide-ohlcv',
  title: 'wide tables: BTC:open, BTC:high, ... ETH:open, ...',
  table: 'ohlcv',
  wide: '^([a-z0-9/-]+):(open|high|low|close|volume)$',
  needs: ['timestamp'],
  columns: { timestamp: ['', 'timestamp', 'time', 'date', 'datetime', 'unix'] },
}
