// What a figure is computed from: ticks, or the finest candles that cover the window. Per exchange and quote.

import { formatDuration } from '../duration.ts'
import type { Ask } from '../engines/engine.ts'
import { ArxError, usageError } from '../errors.ts'
import { formatInstant, microsOf } from './instant.ts'
import { groupBy, type Market, type Window } from './market.ts'

export type Basis = 'ticks' | 'candles' | 'auto'

export interface BasisWish {
  readonly basis?: Basis | undefined
  /** Exactly these stored candles. */
  readonly timeframe?: string | undefined
  /** Only candles whose width divides this, in seconds. */
  readonly dividing?: number | undefined
}

interface Span {
  readonly market: Market
  readonly from: number
  readonly to: number
}

/** How the answer names it: `ticks`, `candles:1h`. */
export const basisName = (market: Pick<Market, 'seconds' | 'timeframe'>): string =>
  market.seconds === null ? 'ticks' : `candles:${market.timeframe}`

/**
 * One market for each exchange and quote: ticks when they reach over half of what candles do (and the wish allows), else
 * the finest candles that reach over the window, else those that reach furthest. Empty when none has anything there. `back` says
 * how many milliseconds before the window a market's price still counts in it.
 */
export async function settleBasis(
  ask: Ask,
  markets: readonly Market[],
  wish: BasisWish,
  window: Window,
  back: (market: Market) => number = () => 0,
): Promise<readonly Market[]> {
  const allowed = markets.filter((m) => admits(m, wish))
  if (allowed.length === 0) throw nothingAllowed(markets, wish)
  const start = microsOf(window.from)
  // A price exactly as old as it may be does not count any more.
  const since = (market: Market) => {
    const reach = BigInt(Math.round(back(market) * 1000))
    return formatInstant(reach > 0n ? start - reach + 1n : start)
  }
  const asked = { markets: allowed.map((m) => m.market_id), since: allowed.map(since), to: window.to }
  const spans = (await ask('markets/activity', asked)).map((a): Span => {
    const market = allowed.find((m) => m.market_id === a.market_id)!
    return { market, from: Date.parse(a.first_at), to: Date.parse(a.last_at) + (market.seconds ?? 0) * 1000 }
  })
  return [...groupBy(spans, ({ market }) => `${market.exchange_id} ${market.quote}`).values()].map((own) =>
    best(own, window),
  )
}

function admits(market: Market, { basis = 'auto', timeframe, dividing }: BasisWish): boolean {
  if (market.seconds === null) return basis !== 'candles' && timeframe === undefined
  if (basis === 'ticks') return false
  if (timeframe !== undefined && market.timeframe !== timeframe) return false
  return dividing === undefined || dividing % market.seconds === 0
}

function best(spans: readonly Span[], window: Window): Market {
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)]
  const reach = (s: Span) => Math.min(s.to, to) - Math.max(s.from, from)
  const ticks = spans.find(({ market }) => market.seconds === null)
  // A few ticks beside candles of the whole window are no basis.
  if (ticks && 2 * reach(ticks) >= Math.max(...spans.map(reach))) return ticks.market
  const covers = (s: Span) => reach(s) >= to - from - 2 * s.market.seconds! * 1000
  const finest = (a: Span, b: Span) => a.market.seconds! - b.market.seconds!
  const covering = spans.filter(covers).sort(finest)
  if (covering.length > 0) return covering[0]!.market
  return [...spans].sort((a, b) => reach(b) - reach(a) || finest(a, b))[0]!.market
}

function nothingAllowed(markets: readonly Market[], wish: BasisWish): ArxError {
  const there = [...new Set(markets.map(basisName))].join(', ')
  if (markets.some((m) => m.timeframe === wish.timeframe)) {
    throw usageError(`candles of ${wish.timeframe} do not fit into buckets of that width`, `--every ${wish.timeframe}`)
  }
  if (wish.timeframe !== undefined) {
    return usageError(`no candles of ${wish.timeframe} are stored here`, `there are: ${there}`)
  }
  if (wish.basis === 'ticks') return usageError('no ticks are stored here', `there are: ${there}`)
  return new ArxError({
    code: 'no-basis',
    message: 'nothing stored here can answer that',
    detail: `there are: ${there}`,
    hint:
      wish.dividing === undefined
        ? '--basis auto'
        : `a width that a stored timeframe divides; here that takes candles of ${formatDuration(wish.dividing * 1000)} or a part of it`,
  })
}
