import { BollingerBands } from 'trading-signals'
import type { Series } from './series.ts'

export interface BollingerOptions {
  readonly period: number
  /** How many standard deviations the bands are away. */
  readonly deviations: number
}

export interface Bollinger {
  readonly mid: Series
  readonly upper: Series
  readonly lower: Series
  /** (close - lower) / (upper - lower); null where the bands meet. */
  readonly percent_b: Series
  /** (upper - lower) / mid. */
  readonly bandwidth: Series
}

interface Band {
  readonly lower: number
  readonly middle: number
  readonly upper: number
}

/** Bollinger bands: SMA and `deviations` population standard deviations around it; first at index period - 1. */
export function bollinger(closes: readonly number[], { period, deviations }: BollingerOptions): Bollinger {
  const bands = new BollingerBands(period, deviations)
  let same = 0
  const each = closes.map((close, i): Band | null => {
    same = close === closes[i - 1] ? same + 1 : 1
    const band = bands.add(close)
    // The mean of equal prices is off by a rounding error, and would leave a band of 1e-16 to divide by.
    return band && same >= period ? { lower: close, middle: close, upper: close } : band
  })
  const of = (value: (band: Band, i: number) => number | null): Series =>
    each.map((band, i) => (band === null ? null : value(band, i)))
  return {
    mid: of(({ middle }) => middle),
    upper: of(({ upper }) => upper),
    lower: of(({ lower }) => lower),
    percent_b: of(({ upper, lower }, i) => (upper === lower ? null : (closes[i]! - lower) / (upper - lower))),
    bandwidth: of(({ upper, lower, middle }) => (middle === 0 ? null : (upper - lower) / middle)),
  }
}
