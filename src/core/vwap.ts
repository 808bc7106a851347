// Volume-weighted average price.
import type { Engine } from '../engines/engine.ts'
import { percent } from '../wording.ts'
import { settleBasis } from './basis.ts'
import { type MarketFilter, marketsOf, settleQuotes, untilNow, type Window } from './market.ts'
import { columns, type Note, type Result, WINDOW_COLUMNS, warn } from './result.ts'
import { combinedBasis, DEFAULT_MIN_COVERAGE } from './twap.ts'

export interface VwapQuery extends MarketFilter, Window {
  readonly now: string
  readonly timeframe?: string | undefined
  /** Warn below this share of the window with bars, or of bars with a volume; default 0.9. */
  readonly minCoverage?: number | undefined
}

export interface VwapRow {
  /** Null in the combined row of a quote. */
  readonly exchange_id: string | null
  readonly quote: string
  /** Null when nothing traded. */
  readonly vwap: string | null
  /** Base units. */
  readonly volume: string | null
  /** Share of the bars that have a volume. */
  readonly volume_coverage: number | null
  /** Share of the window that has bars. */
  readonly coverage: number
  readonly n_obs: number
  readonly basis: string
  readonly from: string
  readonly to: string
}

const VWAP_COLUMNS = [
  ...columns({
    exchange_id: 'text',
    quote: 'text',
    vwap: 'decimal',
    volume: 'decimal',
    volume_coverage: 'ratio',
    coverage: 'ratio',
    n_obs: 'int',
    basis: 'text',
  }),
  ...WINDOW_COLUMNS,
]

/**
 * VWAP = sum(p v) / sum(v) over candles, p = (high + low + close) / 3, v in base units. From candles of one timeframe
 * per market (mixing them counts volume twice), never from a rolling 24 h volume.
 */
export async function vwap(engine: Engine, query: VwapQuery): Promise<Result<VwapRow>> {
  const window = untilNow(query, query.now)
  return engine.question(async (ask) => {
    const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, window)
    const markets = await settleBasis(ask, quoted.markets, { basis: 'candles', timeframe: query.timeframe }, window)
    const answers = await ask('vwap/window', { markets: markets.map((m) => m.market_id), ...window })
    const rows = answers.map(({ market_id: id, ...answer }): VwapRow => {
      const used = markets.filter((m) => (id === null ? m.venue && m.quote === answer.quote : m.market_id === id))
      return { ...answer, basis: combinedBasis(used), ...window }
    })
    return { columns: VWAP_COLUMNS, rows, notes: [...quoted.notes(rows), ...remarks(rows, query)] }
  })
}

function remarks(rows: readonly VwapRow[], query: VwapQuery): readonly Note[] {
  const single = rows.filter((row) => row.exchange_id !== null)
  if (single.length === 0) {
    return [
      warn(`no candles of ${query.coin} between ${query.from} and ${query.to}; try: arxdb coverage ${query.coin}`),
    ]
  }
  const least = query.minCoverage ?? DEFAULT_MIN_COVERAGE
  return single.flatMap((row) => {
    const name = `${row.exchange_id} ${row.quote}`
    return [
      ...(row.coverage < least ? [warn(`${name}: bars cover only ${percent(row.coverage)} of the window`)] : []),
      ...((row.volume_coverage ?? 1) < least
        ? [
            warn(
              `${name}: only ${percent(row.volume_coverage ?? 0)} of the bars have a volume; the others are left out`,
            ),
          ]
        : []),
    ]
  })
}
