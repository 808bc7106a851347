// Several indicators beside each other.
import type { Engine } from '../engines/engine.ts'
import { type IndicatorQuery, type IndicatorRow, indicatorRows } from './indicator-rows.ts'
import { DEFAULT_WISH, parseWish } from './indicators/wish.ts'
import type { Result } from './result.ts'

export interface IndicatorsQuery extends IndicatorQuery {
  /** `rsi,macd,ema:20`; default rsi, macd, bollinger and atr. */
  readonly with?: string | undefined
}

/**
 * Indicators as columns of one answer, over the same bars. A row is unstable when one of its values is. A usage error for an
 * unknown name or numbers that make no sense.
 */
export async function indicators(engine: Engine, query: IndicatorsQuery): Promise<Result<IndicatorRow>> {
  const { with: wish = DEFAULT_WISH, ...bars } = query
  return indicatorRows(engine, bars, parseWish(wish), 'close')
}
