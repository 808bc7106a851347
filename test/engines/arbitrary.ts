// Random rows and windows over three days, for properties of the questions.
import fc from 'fast-check'
import { type Bar, iso, MINUTE, type Micros, micros, type Tick } from './oracle.ts'

export const START = micros('2025-02-27T00:00:00Z')
export const MINUTES = 3 * 1440

const minute = (n: number): Micros => START + BigInt(n) * MINUTE

/** Whole cents, so that a factor of two or ten scales them without rounding. */
export const cents = fc.integer({ min: 1, max: 10_000_000 })
export const money = (amount: number): string => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

export const ticks = fc
  .uniqueArray(fc.record({ second: fc.integer({ min: 0, max: MINUTES * 60 - 1 }), price: cents }), {
    selector: ({ second }) => second,
    minLength: 1,
    maxLength: 300,
  })
  .map((all) =>
    all.map(({ second, price }): Tick => ({ at: minute(0) + BigInt(second) * 1_000_000n, price: money(price) })),
  )

/** One-minute candles with holes: hours of them, so that rollups serve. */
export const bars = fc
  .record({
    first: fc.integer({ min: 0, max: MINUTES / 2 }),
    count: fc.integer({ min: 1, max: 1500 }),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map(({ first, count, seed }) =>
    Array.from({ length: count }, (_, i): Bar => {
      const noise = (salt: number) => ((i * 7919 + seed * 31 + salt) * 104_729) % 9973
      const [open, close] = [10_000 + noise(1), 10_000 + noise(2)]
      return {
        at: minute(first + i),
        open: money(open),
        high: money(Math.max(open, close) + (noise(3) % 50)),
        low: money(Math.min(open, close) - (noise(4) % 50)),
        close: money(close),
        volume: noise(5) % 9 === 0 ? null : money(noise(6)),
      }
    }).filter((_, i) => (i * seed) % 13 !== 0),
  )
  .filter((all) => all.length > 0)

export const stands = fc.constantFrom(30_000, 300_000, 3_600_000)
export const ends = fc
  .uniqueArray(fc.integer({ min: 0, max: MINUTES * 60 }), { minLength: 3, maxLength: 3 })
  .map(
    (all) =>
      all.sort((a, b) => a - b).map((second) => iso(START + BigInt(second) * 1_000_000n)) as [string, string, string],
  )
