// The distributions behind a correlation's p-value and interval, against closed forms and printed tables.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correlationInterval, correlationP, incompleteBeta, normalWithin } from '../../src/core/student.ts'

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k)

/** P(|T| >= t) by way of the correlation that has this t. */
const tail = (t: number, df: number): number => correlationP(t / Math.sqrt(df + t * t), df + 2)!

describe('incomplete beta', () => {
  test('closed forms', () => {
    for (const x of [0, 1e-9, 0.2, 0.5, 0.77, 0.999, 1]) {
      expect(incompleteBeta(x, 1, 1)).toBeCloseTo(x, 14)
      expect(incompleteBeta(x, 3.5, 1)).toBeCloseTo(x ** 3.5, 14)
      expect(incompleteBeta(x, 1, 2.5)).toBeCloseTo(1 - (1 - x) ** 2.5, 14)
      // The arcsine law.
      expect(incompleteBeta(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 13)
    }
  })

  test('is the tail of a binomial', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (a, b, x) => {
          const n = a + b - 1
          let wanted = 0
          for (let j = a; j <= n; j++) wanted += choose(n, j) * x ** j * (1 - x) ** (n - j)
          expect(incompleteBeta(x, a, b)).toBeCloseTo(wanted, 11)
        },
      ),
    )
  })
})

describe('p-value', () => {
  test('the critical values of a printed table', () => {
    // [t, degrees of freedom, two-sided p]
    for (const [t, df, p] of [
      [12.7062047364, 1, 0.05],
      [4.3026527297, 2, 0.05],
      [2.228138852, 10, 0.05],
      [3.1692726726, 10, 0.01],
      [2.0422724563, 30, 0.05],
      [1.9839715185, 100, 0.05],
      [3.3905, 100, 0.001],
    ] as const) {
      expect(tail(t, df)).toBeCloseTo(p, 6)
    }
  })

  test('closed forms of one and two degrees of freedom, far out too', () => {
    for (const t of [0, 0.5, 3, 40, 1000]) {
      expect(tail(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12)
      expect(tail(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12)
    }
  })

  test('ends: no correlation, a perfect one, too few', () => {
    expect(correlationP(0, 50)).toBe(1)
    expect(correlationP(1, 50)).toBe(0)
    expect(correlationP(-1, 50)).toBe(0)
    expect(correlationP(0.5, 2)).toBeNull()
    expect(correlationP(0.5, 40)).toBe(correlationP(-0.5, 40))
    expect(correlationP(0.9, 100_000)).toBe(0)
    expect(correlationP(0.003, 1_000_000)).toBeCloseTo(0.0027, 4)
  })
})

describe('interval', () => {
  test('how much of a normal lies within', () => {
    for (const [share, z] of [
      [0.6826894921370859, 1],
      [0.9, 1.6448536269514722],
      [0.95, 1.959963984540054],
      [0.99, 2.5758293035489004],
      [0.999999, 4.891638475698823],
      [0.01, 0.012533469508069],
    ] as const) {
      expect(normalWithin(share)).toBeCloseTo(z, 9)
    }
  })

  test("Fisher's own bounds hold the correlation and stay below 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -0.999, max: 0.999, noNaN: true }), fc.integer({ min: 4, max: 10_000 }), (r, n) => {
        const [low, high] = correlationInterval(r, n, 0.95)!
        expect(low).toBeLessThanOrEqual(r)
        expect(high).toBeGreaterThanOrEqual(r)
        expect(Math.max(-low, high)).toBeLessThanOrEqual(1)
      }),
    )
    // r = 0.5 of 28 pairs: 0.5493 +- 1.96 / 5
    const [low, high] = correlationInterval(0.5, 28, 0.95)!
    expect(low).toBeCloseTo(0.156, 3)
    expect(high).toBeCloseTo(0.7357, 3)
    expect(correlationInterval(1, 50, 0.95)).toEqual([1, 1])
    expect(correlationInterval(0.5, 3, 0.95)).toBeNull()
  })
})
