import { SMA } from 'trading-signals'
import { along, type Series } from './series.ts'

/** Simple moving average: the mean of the last `period` values; first at index period - 1. */
export function sma(values: Series, { period }: { readonly period: number }): Series {
  const mean = new SMA(period)
  return along(values, (value) => mean.add(value))
}
