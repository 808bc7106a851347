import { WSMA } from 'trading-signals'
import { along, type Series } from './series.ts'

/** Wilder's average: (previous x (period - 1) + value) / period, from the mean of its first `period` values. */
export function wilder(values: Series, period: number): Series {
  const average = new WSMA(period)
  return along(values, (value) => average.add(value))
}
