// Average true range.
import type { Engine } from '../engines/engine.ts'
import { type IndicatorQuery, type IndicatorRow, indicatorRows } from './indicator-rows.ts'
import { averaged, columnsOf } from './indicators/settings.ts'
import type { Result } from './result.ts'

export interface AtrQuery extends IndicatorQuery {
  /** Bars; default 14. */
  readonly period?: number | undefined
}

export type AtrRow = IndicatorRow<'atr'> & { readonly open: string; readonly high: string; readonly low: string }

/** Wilder's average of the true range, in the quote's units. A usage error for a period below 1. */
export async function atr(engine: Engine, { period = 14, ...query }: AtrQuery): Promise<Result<AtrRow>> {
  const setting = averaged('atr', period)
  const answer = await indicatorRows(engine, query, [{ setting, columns: columnsOf(setting) }], 'ohlc')
  return answer as Result<AtrRow>
}
