// Bollinger bands.
import type { Engine } from '../engines/engine.ts'
import { type IndicatorQuery, type IndicatorRow, indicatorRows } from './indicator-rows.ts'
import { type BollingerNumbers, bollingerSetting, columnsOf } from './indicators/settings.ts'
import type { Result } from './result.ts'

export interface BollingerQuery extends IndicatorQuery, BollingerNumbers {}

export type BollingerRow = IndicatorRow<'mid' | 'upper' | 'lower' | 'percent_b' | 'bandwidth'> & {
  readonly open: string
  readonly high: string
  readonly low: string
}

/**
 * The mean of the last closes, and bands so many population standard deviations around it; where in them the close is, and
 * how wide they are against the mean. A usage error for fewer than two bars.
 */
export async function bollinger(engine: Engine, query: BollingerQuery): Promise<Result<BollingerRow>> {
  const { period, deviations, ...bars } = query
  const setting = bollingerSetting({ period, deviations })
  const answer = await indicatorRows(engine, bars, [{ setting, columns: columnsOf(setting) }], 'ohlc')
  return answer as Result<BollingerRow>
}
