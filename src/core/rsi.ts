// Relative strength index.
import type { Engine } from '../engines/engine.ts'
import { type IndicatorQuery, type IndicatorRow, indicatorRows } from './indicator-rows.ts'
import { averaged, columnsOf } from './indicators/settings.ts'
import type { Result } from './result.ts'

export interface RsiQuery extends IndicatorQuery {
  /** Bars; default 14. */
  readonly period?: number | undefined
}

export type RsiRow = IndicatorRow<'rsi'>

/**
 * Wilder's RSI = 100 G / (G + L) of the closes, 0 to 100; null where nothing has moved. A usage error for a period below 1.
 */
export async function rsi(engine: Engine, { period = 14, ...query }: RsiQuery): Promise<Result<RsiRow>> {
  const setting = averaged('rsi', period)
  return indicatorRows(engine, query, [{ setting, columns: columnsOf(setting) }], 'close')
}
