import type { Convention } from './compat.ts'
import { ema } from './ema.ts'
import { minus, type Series } from './series.ts'

export interface MacdOptions {
  readonly fast: number
  readonly slow: number
  readonly signal: number
  readonly seed?: Convention['emaSeed'] | undefined
  /** TA-Lib: the fast EMA begins at the slow one's bar, with the mean of the `fast` closes up to it. */
  readonly together?: boolean | undefined
}

export interface Macd {
  readonly line: Series
  readonly signal: Series
  readonly histogram: Series
}

/**
 * Moving average convergence divergence: line = EMA(fast) - EMA(slow), each begun at its own period; signal = EMA of the
 * line; histogram = line - signal. Line from index slow - 1, signal and histogram from slow + signal - 2.
 */
export function macd(closes: readonly number[], { fast, slow, signal, seed, together }: MacdOptions): Macd {
  const late = closes.map((close, i) => (together && i < slow - fast ? null : close))
  if (seed === 'first') return fromFirst(closes, { fast, slow, signal })
  const line = minus(ema(late, { period: fast }), ema(closes, { period: slow }))
  const signals = ema(line, { period: signal })
  return { line, signal: signals, histogram: minus(line, signals) }
}

/** With EMAs that are there from the first close, the line is too, and its signal begins with it. */
function fromFirst(closes: readonly number[], { fast, slow, signal }: MacdOptions): Macd {
  const whole = (values: readonly number[], period: number): readonly number[] => {
    const k = 2 / (period + 1)
    let last = values[0] ?? 0
    return values.map((value) => (last = value * k + last * (1 - k)))
  }
  const slows = whole(closes, slow)
  const line = whole(closes, fast).map((value, i) => value - slows[i]!)
  const from = (values: Series, index: number): Series => values.map((value, i) => (i < index ? null : value))
  const shown = from(line, slow - 1)
  const signals = from(whole(line, signal), slow + signal - 2)
  return { line: shown, signal: signals, histogram: minus(shown, signals) }
}
