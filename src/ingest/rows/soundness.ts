// Whether a row in binary form is one that no check of the schema refuses, told in place and on the safe side.

import type { Plan, PlannedColumn } from '../plan/plan.ts'
import { isAmount, isBounded, isLess, isOrdinary, plainPrice, roughly } from '../values/numeric-order.ts'

/** Changes with each row: no object is made for one. */
export interface Written {
  /** Microseconds since 1970. */
  moment: number
  /** Its highest, lowest and last price, roughly. */
  high: number
  low: number
  close: number
}

/**
 * Asks about the row whose values begin at `starts` (-1 for null), and notes its prices in `state`. False says only that
 * it has to be looked at closely.
 */
export function soundness(
  plan: Plan,
  columns: readonly PlannedColumn[],
  starts: Int32Array,
  state: Written,
): (out: Buffer) => boolean {
  const index = (name: string): number => columns.findIndex((column) => column.name === name)
  const isCandle = plan.target.relation === 'candles'
  const [open, high, low, close, price] = ['open', 'high', 'low', 'close', 'price'].map(index) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const named = (pattern: RegExp): readonly number[] =>
    columns.flatMap(({ name, kind }, c) => (kind === 'decimal' && pattern.test(name) ? [c] : []))
  const rates = named(/^(btc|eth)_price$/)
  const amounts = named(/volume|^market_cap$/)
  const changes = named(/change/)

  /** Whether every value is one that no check refuses; what is not is looked at closely. */
  function isSound(out: Buffer): boolean {
    if (isCandle) {
      const h = plainPrice(out, starts[high]!)
      const l = plainPrice(out, starts[low]!)
      const c = plainPrice(out, starts[close]!)
      const o = plainPrice(out, starts[open]!)
      // NaN fails as well, and is looked at digit by digit.
      if (!(h >= o && h >= c && o >= l && c >= l) && !isBar(out)) return false
      state.high = h >= 0 ? h : roughly(out, starts[high]!)
      state.low = l >= 0 ? l : roughly(out, starts[low]!)
      state.close = c >= 0 ? c : roughly(out, starts[close]!)
    } else if (price >= 0) {
      if (!isOrdinary(out, starts[price]!)) return false
      state.high = state.low = state.close = roughly(out, starts[price]!)
    } else return false
    for (let i = 0; i < amounts.length; i++) {
      const start = starts[amounts[i]!]!
      if (start >= 0 && !isAmount(out, start)) return false
    }
    for (const c of rates) if (starts[c]! >= 0 && !isOrdinary(out, starts[c]!)) return false
    for (const c of changes) if (starts[c]! >= 0 && !isBounded(out, starts[c]!)) return false
    return true
  }

  /** Whether a candle's prices are ordinary and within their bounds, exactly. */
  function isBar(out: Buffer): boolean {
    const o = starts[open]!
    const h = starts[high]!
    const l = starts[low]!
    const c = starts[close]!
    if (!isOrdinary(out, h) || !isOrdinary(out, l)) return false
    return !(isLess(out, h, o) || isLess(out, h, c) || isLess(out, o, l) || isLess(out, c, l))
  }

  return isSound
}
