import { TR } from 'trading-signals'
import type { Bars, Series } from './series.ts'
import { wilder } from './wilder.ts'

export interface AtrOptions {
  readonly period: number
  /** The first bar's high - low counts as a true range. */
  readonly firstRange?: boolean | undefined
}

/**
 * Average true range: Wilder's average of max(high - low, |high - previous close|, |low - previous close|), from the second
 * bar on, since the first has no close before it. First value at index `period`, in units of the quote.
 */
export function atr({ high, low, close }: Bars, { period, firstRange = false }: AtrOptions): Series {
  const range = new TR()
  const ranges = close.map((end, i) => {
    const value = range.add({ high: high[i]!, low: low[i]!, close: end })
    return i === 0 && !firstRange ? null : value
  })
  return wilder(ranges, period)
}
