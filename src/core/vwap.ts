// Volume-weighted average price.
import type { Engine } from '../engines/engine.ts'
import { percent } from '../wording.ts'
import { settleBasis } from './basis.ts'
import { bucketsOf } from './buckets.ts'
import type { Every } from './interval.ts'
import {
  groupBy,
  inFuture,
  isFuture,
  type MarketFilter,
  marketsOf,
  settleQuotes,
  untilNow,
  type Window,
} from './market.ts'
import { type Note, type Result, warn } from './result.ts'
import { spansOf } from './spans.ts'
import { DEFAULT_MIN_COVERAGE, thin } from './thin.ts'
import { combinedBasis, windowChart, windowColumns } from './window-rows.ts'

export interface VwapQuery extends MarketFilter, Window {
  readonly now: string
  /** One figure a bucket of this width; without it, one of the whole window. */
  readonly every?: Every | undefined
  /** Zone of days, weeks and months of `every`. */
  readonly tz?: string | undefined
  readonly timeframe?: string | undefined
  /** Warn below this share of the window with bars, or of bars with a volume; default 0.9. */
  readonly minCoverage?: number | undefined
  /** False reads raw rows only. */
  readonly rollup?: boolean | undefined
}

export interface VwapRow {
  /** Null in the combined row of a quote. */
  readonly exchange_id: string | null
  readonly quote: string
  /** Start of the bucket; that of the window without `every`. */
  readonly timestamp: string
  /** Null when nothing traded. */
  readonly vwap: string | null
  /** Base units. */
  readonly volume: string | null
  /** Share of the bars that have a volume. */
  readonly volume_coverage: number | null
  /** Share of the window that has bars. */
  readonly coverage: number
  readonly n_obs: number
  /** The bucket is cut by the window or by the present. */
  readonly partial: boolean
  readonly basis: string
  readonly from: string
  readonly to: string
  readonly definition: string
}

const DEFINITION = 'vwap-typical/1'

const KINDS = {
  vwap: 'decimal',
  volume: 'decimal',
  volume_coverage: 'ratio',
  coverage: 'ratio',
  n_obs: 'int',
} as const

/**
 * VWAP = sum(p v) / sum(v) over candles, p = (high + low + close) / 3, v in base units. From candles of one timeframe
 * per market (mixing them counts volume twice), never from a rolling 24 h volume.
 */
export async function vwap(engine: Engine, query: VwapQuery): Promise<Result<VwapRow>> {
  const columns = windowColumns(KINDS, query.every)
  const chart = windowChart('vwap', query.every)
  if (isFuture(query, query.now)) return { columns, rows: [], notes: [inFuture(query)], chart }
  const window = untilNow(query, query.now)
  return engine.question(async (ask) => {
    const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, window)
    const buckets = bucketsOf(window, query)
    const markets = await settleBasis(
      ask,
      quoted.markets,
      {
        basis: 'candles',
        timeframe: query.timeframe,
        // A bar that lies in two buckets would count in one.
        dividing: buckets.divisor,
      },
      window,
    )
    const answers = markets.length
      ? await ask('vwap/window', {
          ...(await spansOf(ask, markets, window, { grain: buckets.grain, rollup: query.rollup })),
          markets: markets.map((m) => m.market_id),
          ...window,
          ...buckets.params,
        })
      : []
    const rows = answers.map(({ market_id: id, ...answer }): VwapRow => {
      const used = markets.filter((m) => (id === null ? m.venue && m.quote === answer.quote : m.market_id === id))
      return { ...answer, basis: combinedBasis(used), ...window, definition: DEFINITION }
    })
    return {
      columns,
      rows,
      notes: [...quoted.notes(rows), ...remarks(rows, query)],
      chart,
    }
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
  const lacking = [...groupBy(single, (row) => `${row.exchange_id} ${row.quote}`)].flatMap(([name, own]) => {
    const share = Math.min(...own.map((row) => row.volume_coverage ?? 1))
    if (share >= least) return []
    return [warn(`${name}: only ${percent(share)} of the bars have a volume; the others are left out`)]
  })
  const idle = [...groupBy(single, (row) => `${row.exchange_id} ${row.quote}`)].flatMap(([name, own]) =>
    own.some((row) => row.vwap !== null) || own.every((row) => row.n_obs === 0)
      ? []
      : [warn(`${name}: nothing traded, so there is no average`)],
  )
  return [...idle, ...thin(single, query, (share) => `bars cover only ${percent(share)} of`), ...lacking]
}
