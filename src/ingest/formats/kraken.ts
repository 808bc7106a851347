import type { Format } from './format.ts'

const EPOCH = '^\\d{9,10}$'
const DECIMAL = '^\\d+(\\.\\d+)?(e[+-]?\\d+)?$'

/** Bars without trades are left out of the archive. */
export const krakenOhlcvt: Format = {
  name: 'kraken-ohlcvt',
  title: 'Kraken OHLCVT archive, seven columns without a header',
  table: 'ohlcv',
  fields: 7,
  looks: [EPOCH, DECIMAL, DECIMAL, DECIMAL, DECIMAL, DECIMAL, '^\\d+$'],
  columns: { timestamp: 0, open: 1, high: 2, low: 3, close: 4, volume: 5, trades: 6 },
  exchange: 'kraken',
}
