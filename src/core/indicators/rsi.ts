import type { Series } from './series.ts'
import { wilder } from './wilder.ts'

export interface RsiOptions {
  readonly period: number
  /** What it is where nothing has moved yet; null, since 0 / 0 is no number. */
  readonly flat?: number | null | undefined
}

/**
 * Wilder's relative strength index: 100 G / (G + L), G and L his averages of the gains and losses from close to close.
 * First value at index `period`. From two averages of our own and not the library's RSI, which calls a flat market 100.
 */
export function rsi(closes: readonly number[], { period, flat = null }: RsiOptions): Series {
  const moves = closes.map((close, i) => (i === 0 ? null : close - closes[i - 1]!))
  const side = (sign: 1 | -1) =>
    wilder(
      moves.map((move) => (move === null ? null : Math.max(0, sign * move))),
      period,
    )
  const [gains, losses] = [side(1), side(-1)]
  return gains.map((gain, i) => {
    const loss = losses[i] ?? null
    if (gain === null || loss === null) return null
    if (gain + loss === 0) return flat
    // 100 g / g is 100 but for the last digit in one of eight, measured.
    return loss === 0 ? 100 : Math.min(100, (100 * gain) / (gain + loss))
  })
}
