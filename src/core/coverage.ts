// What data is there, market by market.
import type { Engine } from '../engines/engine.ts'
import { type Market, marketsOf } from './market.ts'
import { type Chart, echoes, type Result, warn } from './result.ts'
import { spansOf } from './spans.ts'

export interface CoverageQuery {
  /** None for every coin. */
  readonly coins: readonly string[]
  readonly exchange?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** False counts raw rows only. */
  readonly rollup?: boolean | undefined
}

export interface CoverageRow {
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
  readonly timeframe: string
  readonly first_at: string
  readonly last_at: string
  readonly n_obs: number
  /** Bars a market without gaps would have between first and last; null for ticks. */
  readonly expected: number | null
  readonly coverage: number | null
  readonly definition: string
}

/** The years that times may lie in. */
const EVER = { from: '1000-01-01T00:00:00Z', to: '9999-12-31T00:00:00Z' }

/** n_obs of the bars from the first to the last, both included; ticks are only counted. */
const DEFINITION = 'coverage/1'

const COVERAGE_COLUMNS = echoes(['expected', 'definition'], {
  coin_id: 'text',
  exchange_id: 'text',
  quote: 'text',
  timeframe: 'text',
  first_at: 'time',
  last_at: 'time',
  n_obs: 'int',
  expected: 'int',
  coverage: 'ratio',
  definition: 'text',
})

const CHART: Chart = { kind: 'bars', label: ['coin_id', 'exchange_id', 'quote', 'timeframe'], value: 'coverage' }

/** First, last and number of observations per market, and how many of the bars between are there. */
export function coverage(engine: Engine, query: CoverageQuery): Promise<Result<CoverageRow>> {
  return engine.question(async (ask) => {
    const exchange = query.exchange?.toLowerCase()
    const named: Market[] = []
    for (const coin of query.coins) named.push(...(await marketsOf(ask, { coin, exchange })))
    const markets = query.coins.length
      ? [...new Map(named.map((market) => [market.market_id, market])).values()]
      : await ask('markets/listed', { exchange_id: exchange ?? null })
    const window = { from: query.from ?? EVER.from, to: query.to ?? EVER.to }
    const spans = await spansOf(ask, markets, window, { grain: 86_400, rollup: query.rollup })
    const found = markets.length ? await ask('markets/coverage', { ...spans, ...window }) : []
    const rows = found.map((row) => ({ ...row, definition: DEFINITION }))
    return {
      columns: COVERAGE_COLUMNS,
      rows,
      notes: rows.length ? [] : [warn('nothing is stored there')],
      chart: CHART,
    }
  })
}
