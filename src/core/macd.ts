// Moving average convergence divergence.
import type { Engine } from '../engines/engine.ts'
import { type IndicatorQuery, type IndicatorRow, indicatorRows } from './indicator-rows.ts'
import { columnsOf, type MacdNumbers, macdSetting } from './indicators/settings.ts'
import type { Result } from './result.ts'

export interface MacdQuery extends IndicatorQuery, MacdNumbers {}

export type MacdRow = IndicatorRow<'macd' | 'signal' | 'histogram'>

/**
 * MACD = EMA(fast) - EMA(slow) of the closes, its signal line and their difference, in the quote's units. A usage error
 * where fast is not below slow.
 */
export async function macd(engine: Engine, { fast, slow, signal, ...query }: MacdQuery): Promise<Result<MacdRow>> {
  const setting = macdSetting({ fast, slow, signal })
  return indicatorRows(engine, query, [{ setting, columns: columnsOf(setting) }], 'close')
}
