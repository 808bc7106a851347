import type { Format } from './format.ts'

/**
 * Candles as Bitfinex's API gives them: open, CLOSE, HIGH, LOW. Six numbers look the same in any order, and read as
 * open, high, low, close most rows would be wrong, so this one is never guessed.
 */
export const bitfinex: Format = {
  name: 'bitfinex',
  title: 'Bitfinex candles: time, open, close, high, low, volume without a header',
  table: 'ohlcv',
  onRequest: true,
  fields: 6,
  columns: { timestamp: 0, open: 1, close: 2, high: 3, low: 4, volume: 5 },
  exchange: 'bitfinex',
}

/** The order of most others, which is as little to be told from the numbers. */
export const columnsOhlcv: Format = {
  name: 'columns-ohlcv',
  title: 'time, open, high, low, close, volume without a header',
  table: 'ohlcv',
  onRequest: true,
  fields: 6,
  columns: { timestamp: 0, open: 1, high: 2, low: 3, close: 4, volume: 5 },
}
