import type { Format } from './format.ts'
import { BARS } from './header-words.ts'

/**
 * Both generations, with a banner line or without. Older exports of the same hours are rounded, or were made while the
 * candle was open; they have seconds where the later ones have whole milliseconds.
 */
export const cryptoDataDownload: Format = {
  name: 'cryptodatadownload',
  title: 'CryptoDataDownload, any exchange',
  table: 'ohlcv',
  needs: ['timestamp', 'pair', 'open', 'high', 'low', 'close', 'volume'],
  columns: {
    timestamp: ['unix', 'date'],
    unix: ['unix'],
    pair: ['symbol'],
    ...BARS,
    volume: ['volume_{base}'],
    quote_volume: ['volume_{quote}', 'volume'],
    trades: ['tradecount'],
  },
  prefer: { column: 'unix', pattern: '^\\d{13}$', why: 'the row with whole milliseconds is the later export' },
  source: 'cryptodatadownload',
  attribution: 'CryptoDataDownload',
  textCaution:
    'in these files the texts before 2017-11-12 are New York time (a known defect), and are read as they stand',
}
