import { SMA } from 'trading-signals'
import type { Convention } from './compat.ts'
import { along, type Series } from './series.ts'

export interface EmaOptions {
  readonly period: number
  readonly seed?: Convention['emaSeed'] | undefined
}

/**
 * Exponential moving average with k = 2 / (period + 1). It begins with the mean of its first `period` values (the library's
 * own begins with the first value, which is `seed: 'first'`). Either way the first value is at index period - 1, counted
 * from the first value that is there.
 */
export function ema(values: Series, { period, seed = 'mean' }: EmaOptions): Series {
  const k = 2 / (period + 1)
  const mean = new SMA(period)
  let seen = 0
  let last: number | null = null
  let base: number | undefined
  return along(values, (value) => {
    seen += 1
    base ??= value
    if (last !== null) last += k * (value - last)
    else if (seed === 'first') last = value
    else {
      // The mean of the distances from the first, so that a flat series has itself for its mean.
      const distance = mean.add(value - base)
      last = distance === null ? null : base + distance
    }
    return seen < period ? null : last
  })
}
