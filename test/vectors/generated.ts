// The indicators beside the textbook, over the project's own invented bars: what can be checked anywhere.
import { atr } from '../../src/core/indicators/atr.ts'
import { bollinger } from '../../src/core/indicators/bollinger.ts'
import { ema } from '../../src/core/indicators/ema.ts'
import { macd } from '../../src/core/indicators/macd.ts'
import { rsi } from '../../src/core/indicators/rsi.ts'
import { sma } from '../../src/core/indicators/sma.ts'
import { market } from '../../src/demo/market.ts'
import { compared, type Line } from './line.ts'
import type { Quotes } from './sources.ts'
import * as textbook from './textbook.ts'

const DAY = 86_400_000

/** 500 days of a market. */
export function generatedQuotes(): Quotes {
  const start = Date.UTC(2023, 0, 1)
  const bars = market({ seed: 11, from: start, minutes: 500, start: 1_700_000 })
  const of = (price: 'open' | 'high' | 'low' | 'close') => bars.map((bar) => bar[price] / 100)
  return {
    date: bars.map((_, i) => new Date(start + i * DAY).toISOString().slice(0, 10)),
    ...{ open: of('open'), high: of('high'), low: of('low'), close: of('close') },
    volume: bars.map((bar) => bar.volume / 1e8),
  }
}

export function generated(): readonly Line[] {
  const { high, low, close } = generatedQuotes()
  const SOURCE = 'textbook, own bars'
  const moves = macd(close, { fast: 12, slow: 26, signal: 9 })
  const theirs = textbook.macd(close, 12, 26, 9)
  const bands = bollinger(close, { period: 20, deviations: 2 })
  const [mean, deviation] = [textbook.sma(close, 20), textbook.deviation(close, 20)]
  const band = (sign: number) => mean.map((value, i) => (value === null ? null : value + sign * 2 * deviation[i]!))
  return [
    compared('RSI 14', SOURCE, rsi(close, { period: 14 }), textbook.rsi(close, 14)),
    compared('MACD 12/26/9 line', SOURCE, moves.line, theirs.line),
    compared('MACD 12/26/9 signal', SOURCE, moves.signal, theirs.signals),
    compared('MACD 12/26/9 histogram', SOURCE, moves.histogram, theirs.histogram),
    compared('Bollinger 20/2 upper', SOURCE, bands.upper, band(1)),
    compared('Bollinger 20/2 lower', SOURCE, bands.lower, band(-1)),
    compared('ATR 14', SOURCE, atr({ high, low, close }, { period: 14 }), textbook.atr(high, low, close, 14)),
    compared('EMA 20', SOURCE, ema(close, { period: 20 }), textbook.ema(close, 20)),
    compared('SMA 20', SOURCE, sma(close, { period: 20 }), mean),
  ]
}
