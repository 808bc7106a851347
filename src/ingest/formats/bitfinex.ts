import type { Format } from './format.ts'

/**
 * Candles as Bitfinex's API gives them: open, CLOSE, HIGH, LOW. Six numbers look the same in any order, and read as
 * open, high, low, close most rows would be wrong, so this one is never guessed.
 */
export const bitfinex: Format = {
  name: 'bitfinex',
  table: 'ohlcv',
  onRequest: true,
  fields: 6,
  columns: { timestamp: 0, open: 1, close: 2, high: 3, low: 4, volume: 5 },
  exchange: 'bitfinex',
}
