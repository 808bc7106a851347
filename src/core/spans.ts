// From what rows a window is answered: rollups where they serve, raw rows elsewhere.
import type { Ask } from '../engines/engine.ts'
import { interval } from './interval.ts'
import type { Market, Window } from './market.ts'

/** The coarsest rollup that never lies in two buckets of the answer, in seconds; 0 where none does. */
export type Grain = 0 | 3600 | 86_400

/** As statements take them: four arrays of the same length, ordered by market and time. Width 0 is raw rows. */
export interface Spans {
  readonly span_markets: readonly number[]
  readonly span_widths: readonly number[]
  readonly span_since: readonly string[]
  readonly span_until: readonly string[]
}

export interface SpanWish {
  readonly grain: Grain
  /** Milliseconds a price of this market stands; without it, staleness does not matter to the figure. */
  readonly stands?: ((market: Market) => number) | undefined
  /** False reads raw rows only, to compare. */
  readonly rollup?: boolean | undefined
}

/** A window shorter than this has too few whole hours for a question more. */
const LEAST_MS = 2 * 3_600_000

/** Splits [from, to) of each market; exact, because what changed since it was rolled up is read raw. */
export async function spansOf(
  ask: Ask,
  markets: readonly Market[],
  { from, to }: Window,
  { grain, stands, rollup = true }: SpanWish,
): Promise<Spans> {
  const raw = markets.map(({ market_id }) => ({ market_id, width: 0, since: from, until: to }))
  const rolled = markets.filter(({ seconds }) => seconds === null || seconds < DAY)
  const short = Date.parse(to) - Date.parse(from) < LEAST_MS
  if (!rollup || grain === 0 || short || rolled.length === 0) return arraysOf(raw)
  const spans = await ask('rollups/spans', {
    markets: rolled.map((m) => m.market_id),
    staleness: stands ? rolled.map((m) => interval(stands(m))) : null,
    ...{ from, to, grain },
  })
  const ids = new Set(rolled.map((m) => m.market_id))
  const all = [...spans, ...raw.filter((span) => !ids.has(span.market_id))]
  if (lengthOf(all.filter((s) => s.width === 0)) < RAW_SHARE * lengthOf(raw)) await ask('rollups/serial', {})
  return arraysOf(all)
}

/** Wider bars are few enough as they are. */
const DAY = 86_400

interface Span {
  readonly market_id: number
  readonly width: number
  readonly since: string
  readonly until: string
}

/** Below this share of raw time parallel workers do not pay. */
const RAW_SHARE = 0.1

const lengthOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { since, until }) => sum + Date.parse(until) - Date.parse(since), 0)

const arraysOf = (spans: readonly Span[]): Spans => ({
  span_markets: spans.map((s) => s.market_id),
  span_widths: spans.map((s) => s.width),
  span_since: spans.map((s) => s.since),
  span_until: spans.map((s) => s.until),
})
