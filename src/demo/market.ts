// A small market that behaves like one: a shared random walk, venues that stray from it, a depeg, and minutes without
// a trade. Invented numbers; nothing of any vendor's data is in here.
import { random } from './random.ts'

export interface Bar {
  /** Epoch milliseconds of the open. */
  readonly at: number
  /** In hundredths of the quote, so that no price is ever a fraction of a cent by accident. */
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  /** In units of 1e-8 of the base. */
  readonly volume: number
  readonly trades: number
}

export interface MarketOptions {
  readonly seed: number
  /** Epoch milliseconds, on the minute. */
  readonly from: number
  readonly minutes: number
  /** Cents. */
  readonly start: number
  /** Share of minutes without a trade. */
  readonly quiet?: number
  /** What this venue pays for the quote: 1 for the dollar itself, 1.14 in the depths of a depeg. */
  readonly quoteDiscount?: (at: number) => number
}

const MINUTE = 60_000

/** One-minute bars in order of time; a quiet minute has no bar. */
export function market({ seed, from, minutes, start, quiet = 0, quoteDiscount = () => 1 }: MarketOptions): Bar[] {
  const shared = random(20_250_310)
  const own = random(seed)
  const bars: Bar[] = []
  let level = start
  for (let minute = 0; minute < minutes; minute += 1) {
    const at = from + minute * MINUTE
    const drift = (shared() - 0.5) * 0.0012
    const next = Math.max(1, level * (1 + drift))
    const noise = () => (own() - 0.5) * 0.0004
    const cents = (value: number) => Math.max(1, Math.round(value * quoteDiscount(at)))
    const [open, close] = [cents(level * (1 + noise())), cents(next * (1 + noise()))]
    const high = Math.max(open, close) + Math.round(own() * open * 0.0003)
    const low = Math.max(1, Math.min(open, close) - Math.round(own() * open * 0.0003))
    const volume = Math.round(own() ** 3 * 5e8) + 1
    const trades = Math.ceil(own() * 40)
    if (own() >= quiet) bars.push({ at, open, high, low, close, volume, trades })
    level = next
  }
  return bars
}

/** The quote loses its peg in the middle of a span and gets it back: how many of it the base costs more. */
export function depeg(from: number, to: number, depth: number): (at: number) => number {
  return (at) => {
    if (at < from || at >= to) return 1
    return 1 + depth * Math.sin((Math.PI * (at - from)) / (to - from))
  }
}
