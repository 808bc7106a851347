// Trend on every tier, against the definitions written out plainly over the same rows.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseEvery } from '../../src/core/interval.ts'
import { type TrendQuery, trend, trendBars } from '../../src/core/trend.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { refreshRollups } from '../../src/storage/rollups.ts'
import { openSession } from '../../src/storage/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import {
  barsBy,
  DAY,
  END,
  found,
  type Grid,
  HOUR,
  iso,
  MARKETS,
  mean,
  NOW,
  newYorkDays,
  random,
  START,
  sum,
  utcGrid,
  wholeSlots,
  writeMarkets,
} from './stats-data.ts'

/** Slope per day and its t by the residuals, not by the correlation. */
function line(points: readonly { readonly x: number; readonly y: number }[]) {
  const [mx, my] = [mean(points.map((p) => p.x)), mean(points.map((p) => p.y))]
  const sxx = sum(points.map((p) => (p.x - mx) ** 2))
  const slope = sum(points.map((p) => (p.x - mx) * (p.y - my))) / sxx
  const left = sum(points.map((p) => (p.y - my - slope * (p.x - mx)) ** 2))
  const error = Math.sqrt(left / (points.length - 2) / sxx)
  return { slope, t: slope / error, r2: 1 - left / sum(points.map((p) => (p.y - my) ** 2)) }
}

const exponential = (closes: readonly number[], n: number): number =>
  closes.slice(n).reduce((last, close) => (close * 2 + last * (n - 1)) / (n + 1), mean(closes.slice(0, n)))

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await writeMarkets(database, MARKETS)
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })
  afterAll(async () => {
    await engine?.close()
    await database?.drop()
  })

  const ask = (query: Partial<TrendQuery>) =>
    trend(engine, { coin: 'BTC', from: iso(START + 8 * DAY), to: iso(END), now: NOW, ...query })

  const CASES: readonly [string, Grid, Partial<TrendQuery>][] = [
    ['1h', utcGrid(HOUR), {}],
    ['4h', utcGrid(4 * HOUR), { fast: 3, slow: 7 }],
    ['1d', newYorkDays, { tz: 'America/New_York', fast: 2, slow: 5 }],
  ]

  describe.each(CASES)('bars of %s', (every, grid, also) => {
    test.each([
      ['alpha', 'USD'],
      ['alpha', 'USDT'],
      ['beta', 'USD'],
    ])('line and means on %s in %s', async (exchange, quote) => {
      const { fast = 20, slow = 50 } = also
      const [from, to] = [START + 8 * DAY + 1_800_000, END - 1_800_000]
      const bars = barsBy(grid, found('BTC', exchange, quote).rows)
      const slots = wholeSlots(grid, from, to)
      const there = slots.filter((slot) => bars.has(slot))
      const wanted = line(there.map((n) => ({ x: grid.start(n) / DAY, y: Math.log(bars.get(n)!.close) })))
      const query = {
        coin: `BTC/${quote}@${exchange}`,
        from: iso(from),
        to: iso(to),
        every: parseEvery(every),
        ...also,
      }
      const [row, ...more] = (await ask(query)).rows
      expect(more).toEqual([])
      expect(row).toMatchObject({
        exchange_id: exchange,
        quote,
        n: there.length,
        missing_bars: slots.length - there.length,
      })
      expect(row!.slope).toBeCloseTo(wanted.slope, 11)
      expect(row!.t! / wanted.t).toBeCloseTo(1, 8)
      expect(row!.r2).toBeCloseTo(wanted.r2, 10)
      expect(row!.annualised! / (Math.exp(365 * wanted.slope) - 1)).toBeCloseTo(1, 8)
      expect(row!.class).toBe(Math.abs(wanted.t) < 2 ? 'flat' : wanted.t > 0 ? 'up' : 'down')

      const all = [...bars.keys()].filter((n) => n <= there.at(-1)! && n >= there[0]! - 395).sort((a, b) => a - b)
      const closes = all.map((n) => bars.get(n)!.close)
      const side = (i: number): number =>
        i < slow - 1 ? 0 : Math.sign(mean(closes.slice(i + 1 - fast, i + 1)) - mean(closes.slice(i + 1 - slow, i + 1)))
      expect(row!.sma_fast).toBeCloseTo(mean(closes.slice(-fast)), 6)
      expect(row!.sma_slow).toBeCloseTo(mean(closes.slice(-slow)), 6)
      expect(row!.sma_cross).toBe(side(all.length - 1) > 0 ? 'above' : 'below')
      const crossed = all.findLast((n, i) => n >= there[0]! && side(i) * side(i - 1) < 0)
      expect(row!.cross_at).toBe(crossed === undefined ? null : iso(grid.start(crossed)))
      if (every === '1h') expect(crossed).toBeDefined()
      expect(row!.ema_fast).toBeCloseTo(exponential(closes, fast), 6)
      const late = exponential(closes, slow)
      expect(Math.abs(row!.ema_slow! / late - 1)).toBeLessThan(1e-6)
      expect(row!.ema_cross).toBe(row!.ema_fast! > late ? 'above' : 'below')
      expect(row!.unstable).toBe(closes.length < slow + Math.ceil(13.8 / -Math.log(1 - 2 / (slow + 1))))
    })
  })

  test('bar by bar, the last of them is what the trend says', async () => {
    const query = { coin: 'BTC@alpha', fast: 5, slow: 12, from: iso(START + 15 * DAY), to: iso(END) }
    const [row] = (await ask(query)).rows
    const { rows } = await trendBars(engine, { ...query, now: NOW })
    expect(rows).toHaveLength(row!.n)
    const { sma_fast, sma_slow, ema_fast, ema_slow } = row!
    expect(rows.at(-1)).toMatchObject({ sma_fast, sma_slow, timestamp: iso(END - HOUR), definition: 'trend-means/1' })
    expect(rows.at(-1)!.ema_fast! / ema_fast!).toBeCloseTo(1, 6)
    expect(rows.at(-1)!.ema_slow! / ema_slow!).toBeCloseTo(1, 6)
    const after = rows.findLast((bar, i) => {
      const before = rows[i - 1]
      return before && (bar.sma_fast! - bar.sma_slow!) * (before.sma_fast! - before.sma_slow!) < 0
    })
    expect(row!.cross_at).toBe(after!.timestamp)
  })

  test('says that t is flattered, and when little is there', async () => {
    const answer = await ask({ exchange: 'alpha' })
    expect(answer.notes).toContainEqual({ level: 'info', text: expect.stringContaining('autocorrelated') })
    const short = await ask({ exchange: 'alpha', from: iso(START + DAY), to: iso(START + DAY + 2 * HOUR) })
    expect(short.rows[0]).toMatchObject({ class: null, slope: null, annualised: null, t: null, r2: null, n: 2 })
    expect(short.rows[0]).toMatchObject({
      sma_slow: null,
      sma_cross: null,
      ema_slow: null,
      ema_cross: null,
      unstable: true,
    })
    expect(short.rows[0]!.sma_fast).not.toBeNull()
    expect(short.notes).toContainEqual({ level: 'warn', text: 'alpha USD: rests on 2 bars' })
  })

  test('what cannot be asked', async () => {
    const refused = (query: object) => expect(ask(query)).rejects.toMatchObject({ code: 'usage' })
    await refused({ fast: 50, slow: 20 })
    await refused({ fast: 0 })
    await refused({ t: 0 })
    await refused({ from: iso(END), to: iso(START) })
    const nothing = await ask({ from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })
    expect(nothing.rows).toEqual([])
    expect(nothing.notes[0]!.text).toContain('no bars of BTC')
  })

  describe('laws', () => {
    let made = 0
    async function market(closes: readonly number[], exchange = `law${made++}`, start = 0): Promise<string> {
      const rows = closes.map((close, i) => ({
        at: START + (start + i) * HOUR,
        open: close,
        high: close,
        low: close,
        close,
      }))
      await writeMarkets(database, [{ coin: 'cardano', symbol: 'ADA', exchange, quote: 'USD', minutes: 60, rows }])
      return `ADA@${exchange}`
    }
    const over = (coin: string, hours: number, query: Partial<TrendQuery> = {}) =>
      ask({ coin, from: iso(START), to: iso(START + hours * HOUR), ...query })

    test('an exact exponential is a line, whose slope is the logarithm of its ratio', async () => {
      const [row] = (await over(await market(Array.from({ length: 40 }, (_, i) => 2 ** i)), 40)).rows
      expect(row!.slope).toBeCloseTo(24 * Math.log(2), 12)
      expect(row!.r2).toBeCloseTo(1, 14)
      expect(row!.class).toBe('up')
      // 2^(24 x 365) is beyond what a number can be.
      expect(row!.annualised).toBeNull()
      expect(JSON.parse(JSON.stringify(row))).toEqual(row)
      const [falling] = (await over(await market(Array.from({ length: 40 }, (_, i) => 2 ** -i)), 40)).rows
      expect(falling).toMatchObject({ class: 'down', annualised: -1 })
    })

    test('a price that never moves is flat, and its means are equal', async () => {
      const [row] = (await over(await market(Array.from({ length: 70 }, () => 0.1)), 70)).rows
      expect(row).toMatchObject({ class: 'flat', slope: 0, annualised: 0, t: null, r2: null })
      expect(row).toMatchObject({ sma_fast: 0.1, sma_slow: 0.1, sma_cross: null, ema_cross: null, cross_at: null })
    })

    test('a price in cents has the trend of one in dollars', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 999 }), async (seed, factor) => {
          const next = random(seed)
          const closes = Array.from({ length: 60 }, () => 50 + Math.round(next() * 50))
          const means = { fast: 3, slow: 8 }
          const [one] = (await over(await market(closes), 60, means)).rows
          const [other] = (await over(await market(closes.map((c) => c * factor)), 60, means)).rows
          expect(other!.slope).toBeCloseTo(one!.slope!, 11)
          expect(other!.t).toBeCloseTo(one!.t!, 8)
          expect(other).toMatchObject({ class: one!.class, sma_cross: one!.sma_cross, cross_at: one!.cross_at })
          expect(other!.sma_slow! / one!.sma_slow!).toBeCloseTo(factor, 9)
        }),
        { numRuns: 6 },
      )
    })

    test('rows after the window, or before those it warms up on, change nothing', async () => {
      const next = random(3)
      const closes = Array.from({ length: 450 }, () => 50 + Math.round(next() * 50))
      const coin = await market(closes.slice(5, 440), 'outside', 5)
      const query = { coin, from: iso(START + 400 * HOUR), to: iso(START + 440 * HOUR) }
      const before = await ask(query)
      // 50 + 345 bars of warm-up: from the fifth hour on.
      expect(before.rows[0]).toMatchObject({ n: 40, unstable: false })
      await market(closes.slice(0, 5), 'outside')
      await market(closes.slice(440), 'outside', 440)
      expect((await ask(query)).rows).toEqual(before.rows)
    })
  })

  test('rollups change no digit', async () => {
    const all = async (rollup: boolean) => {
      const rows: unknown[] = []
      for (const every of ['1h', '4h', '1d'])
        rows.push((await ask({ quote: 'any', every: parseEvery(every), rollup })).rows)
      return rows
    }
    const raw = await all(false)
    const session = await openSession(database.connection, DEFAULT_LIMITS)
    expect((await refreshRollups(session)).buckets).toBeGreaterThan(100)
    await session.close()
    expect(await all(true)).toEqual(raw)
    // They were read: a wrong one shows.
    const client = await openClient(database.connection)
    await client.query('update arxdb.rollups set close = close * 2 where bucket = $1', [iso(START + 10 * DAY)])
    await client.end()
    expect(await all(true)).not.toEqual(raw)
  })
})
