// Ticks as an aggregator publishes them: a price, a market cap and a rolling volume, worked out in floating point and
// written with every digit of it, some five minutes apart. Invented numbers.
import { random } from '../../src/demo/random.ts'

export interface Quote {
  /** Epoch milliseconds. */
  readonly at: number
  readonly price: number
  readonly marketCap: number
  /** Of the 24 hours before, in the quote. */
  readonly volume24h: number
}

export interface QuotesOptions {
  readonly seed: number
  /** Epoch milliseconds. */
  readonly from: number
  readonly days: number
}

const STEP = 5 * 60_000
const JITTER = 40_000
/** Share of the samples that are missing alone, and that begin an outage of up to three hours. */
const MISSED = 0.006
const OUTAGES = 0.0004
const LONGEST_OUTAGE = 36

/** One coin, in order of time: from a hundred-thousandth up to tens of thousands, as the seed has it. */
export function quotes({ seed, from, days }: QuotesOptions): Quote[] {
  const draw = random(seed)
  const rows: Quote[] = []
  let price = 10 ** (draw() * 10 - 5)
  let supply = 10 ** (6 + draw() * 6) * (1 + draw())
  let volume = price * supply * (0.01 + draw() * 0.1)
  let silent = 0
  for (let sample = 0; sample < days * (86_400_000 / STEP); sample += 1) {
    price *= 1 + (draw() - 0.5) * 0.004
    supply *= 1 + draw() * 1e-7
    volume *= 1 + (draw() - 0.5) * 0.01
    const at = from + sample * STEP + Math.floor(draw() * JITTER)
    if (draw() < OUTAGES) silent = Math.ceil(draw() * LONGEST_OUTAGE)
    const missed = draw() < MISSED || silent > 0
    silent = Math.max(0, silent - 1)
    if (!missed) rows.push({ at, price, marketCap: price * supply, volume24h: volume })
  }
  return rows
}

/** The chart's download: a market's file, whose name says which. */
export const coingecko = (rows: readonly Quote[]): string =>
  [
    'snapped_at,price,market_cap,total_volume',
    ...rows.map(({ at, price, marketCap, volume24h }) =>
      [new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC'), price, marketCap, volume24h].join(','),
    ),
    '',
  ].join('\n')
