// The whole bars of a window, for figures that take each bar as one step: none that the window or the present cuts.
import type { Ask } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { type Basis, type BasisWish, settleBasis } from './basis.ts'
import { bucketsOf } from './buckets.ts'
import type { Every } from './interval.ts'
import { type Market, type MarketFilter, settleQuotes, untilNow, type Window } from './market.ts'
import { type Note, warn } from './result.ts'
import { spansOf } from './spans.ts'

export interface WholeBarsQuery extends Window {
  /** UTC instant; a window that reaches beyond it ends there. */
  readonly now: string
  /** Width of a bar; default one hour. */
  readonly every?: Every | undefined
  /** Zone of days, weeks and months of `every`. */
  readonly tz?: string | undefined
  readonly basis?: Basis | undefined
  readonly timeframe?: string | undefined
  /** False reads raw rows only. */
  readonly rollup?: boolean | undefined
}

export interface WholeBars {
  /** As asked, ending now at the latest. */
  readonly window: Window
  /** From the first whole bar's start to the last one's end. */
  readonly inside: Window
  /** How many there are room for. */
  readonly expected: number
  readonly wish: BasisWish
  /** What each statement takes besides the markets. */
  readonly params: {
    readonly since: string
    readonly until: string
    readonly every: string
    readonly calendar: string | null
    readonly tz: string
  }
  /** Where the first of the bars before the window begins. */
  readonly read_from: string
  /** What is read of these markets, the bars before included. */
  spans(markets: readonly Market[]): ReturnType<typeof spansOf>
}

const HOUR: Every = { text: '1h', seconds: 3600, months: 0, interval: '1 hour' }

export const widthOf = ({ every = HOUR }: Pick<WholeBarsQuery, 'every'>): Every => every

/** `before` bars are read before the first. A window without a whole bar, or without length, is a usage error. */
export async function wholeBars(ask: Ask, query: WholeBarsQuery, before: number): Promise<WholeBars> {
  const window = untilNow(query, query.now)
  if (Date.parse(window.from) >= Date.parse(window.to)) {
    throw usageError(`from ${window.from} is not before to ${window.to}`, 'the range is [from, to): swap them')
  }
  const [every, tz] = [widthOf(query), query.tz ?? 'UTC']
  const { grain, divisor, params } = bucketsOf(window, { every, tz })
  const { calendar } = params
  const [bars] = await ask('bars/whole', { ...window, every: every.interval, calendar, tz, before })
  const { read_from, since, until, expected } = bars!
  if (expected < 1) {
    throw usageError(`no whole bar of ${every.text} lies between ${window.from} and ${window.to}`, 'a narrower --every')
  }
  return {
    window,
    inside: { from: since, to: until },
    expected,
    read_from,
    wish: { basis: query.basis, timeframe: query.timeframe, dividing: divisor },
    params: { since, until, every: every.interval, calendar, tz },
    spans: (markets) => spansOf(ask, markets, { from: read_from, to: until }, { grain, rollup: query.rollup }),
  }
}

/** One market for each exchange and quote that has a whole bar in the window. */
export async function marketsWithin(ask: Ask, all: readonly Market[], filter: MarketFilter, bars: WholeBars) {
  const quoted = await settleQuotes(ask, all, filter, bars.window)
  return { markets: await settleBasis(ask, quoted.markets, bars.wish, bars.inside), notes: quoted.notes }
}

/** A figure from fewer steps than this says so. */
const FEW = 30

/** Warns of rows that rest on few steps: `kraken USD: rests on 7 returns`. */
export const fewSteps = (
  rows: readonly { readonly exchange_id: string; readonly quote: string; readonly n: number }[],
  noun: string,
): readonly Note[] =>
  rows
    .filter((row) => row.n < FEW)
    .map((row) => warn(`${row.exchange_id} ${row.quote}: rests on ${row.n} ${noun}${row.n === 1 ? '' : 's'}`))

export const noBars = (coin: string, { from, to }: Window): Note =>
  warn(`no bars of ${coin} between ${from} and ${to}; try: arxdb coverage ${coin}`)
