// Correlation on every tier, against the definition written out plainly over the same rows.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CorrelationQuery, correlation } from '../../src/core/correlation.ts'
import { correlationMatrix } from '../../src/core/correlation-matrix.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { refreshRollups } from '../../src/storage/rollups.ts'
import { openSession } from '../../src/storage/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import {
  type Bar,
  barsBy,
  DAY,
  END,
  found,
  type Grid,
  HOUR,
  type Invented,
  iso,
  MARKETS,
  mean,
  NOW,
  newYorkDays,
  random,
  START,
  sum,
  utcGrid,
  variance,
  wholeSlots,
  writeMarkets,
} from './stats-data.ts'

/** Pearson and beta of the single-step returns that both have. */
function plainly(x: Invented, y: Invented, grid: Grid, from: number, to: number) {
  const [bx, by] = [x, y].map((market) => barsBy(grid, market.rows)) as [Map<number, Bar>, Map<number, Bar>]
  const slots = wholeSlots(grid, from, to)
  const returned = (bars: Map<number, Bar>, slot: number) => {
    const [bar, before] = [bars.get(slot), bars.get(slot - 1)]
    return bar && before ? Math.log(bar.close / before.close) : undefined
  }
  const pairs = slots
    .map((slot) => [returned(bx, slot), returned(by, slot)])
    .filter((pair): pair is [number, number] => pair[0] !== undefined && pair[1] !== undefined)
  const [xs, ys] = [pairs.map(([r]) => r), pairs.map(([, r]) => r)]
  const [mx, my] = [mean(xs), mean(ys)]
  const covariance = sum(pairs.map(([a, b]) => (a - mx) * (b - my))) / (pairs.length - 1)
  return {
    n: pairs.length,
    missing: slots.filter((slot) => bx.has(slot) !== by.has(slot)).length,
    r: covariance / Math.sqrt(variance(xs) * variance(ys)),
    beta: covariance / variance(xs),
  }
}

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

  const [FROM, TO] = [START + DAY, END]
  const ask = (query: Partial<CorrelationQuery> & Pick<CorrelationQuery, 'coins'>) =>
    correlation(engine, { from: iso(FROM), to: iso(TO), now: NOW, ...query })

  describe.each([
    ['1h', utcGrid(HOUR), 'UTC', 30],
    ['4h', utcGrid(4 * HOUR), 'UTC', 30],
    ['1d', newYorkDays, 'America/New_York', 10],
  ] as const)('bars of %s', (every, grid, tz, minPairs) => {
    test('each exchange that has both in one quote', async () => {
      const answer = await ask({ coins: ['BTC', 'ETH'], quote: 'any', every: parseEvery(every), tz, minPairs })
      const places = answer.rows.map((row) => [row.exchange_id, row.quote] as [string, string])
      expect(new Set(places.map(String))).toEqual(new Set(['alpha,USD', 'alpha,USDT', 'beta,USD']))
      for (const [i, [exchange, quote]] of places.entries()) {
        const wanted = plainly(found('BTC', exchange, quote), found('ETH', exchange, quote), grid, FROM, TO)
        const row = answer.rows[i]!
        expect(row).toMatchObject({ x: 'bitcoin', y: 'ethereum', n: wanted.n, missing: wanted.missing, every })
        expect(row.correlation).toBeCloseTo(wanted.r, 11)
        expect(row.beta).toBeCloseTo(wanted.beta, 10)
        const z = 1.959963984540054 / Math.sqrt(wanted.n - 3)
        expect(row.ci_low).toBeCloseTo(Math.tanh(Math.atanh(wanted.r) - z), 11)
        expect(row.ci_high).toBeCloseTo(Math.tanh(Math.atanh(wanted.r) + z), 11)
      }
      if (every === '1h') expect(answer.rows.some((row) => row.missing > 0)).toBe(true)
    })
  })

  test('a wider confidence gives a wider interval', async () => {
    const width = async (confidence: number) => {
      const [row] = (await ask({ coins: ['BTC@beta', 'ETH'], confidence })).rows
      return row!.ci_high! - row!.ci_low!
    }
    expect(await width(0.99)).toBeGreaterThan(await width(0.9))
  })

  test('without a quote it is USD; where there is none, what both have', async () => {
    const { rows } = await ask({ coins: ['BTC', 'ETH'] })
    expect(rows.map((row) => [row.exchange_id, row.quote])).toEqual([
      ['alpha', 'USD'],
      ['beta', 'USD'],
    ])
    const tether = await ask({ coins: ['BTC/USDT', 'ETH'] })
    expect(tether.rows.map((row) => [row.exchange_id, row.quote])).toEqual([['alpha', 'USDT']])
  })

  test('across exchanges only when both are named, across quotes too', async () => {
    const two = await ask({ coins: ['BTC@alpha', 'BTC@beta'] })
    expect(two.rows).toHaveLength(1)
    const wanted = plainly(found('BTC', 'alpha', 'USD'), found('BTC', 'beta', 'USD'), utcGrid(HOUR), FROM, TO)
    expect(two.rows[0]).toMatchObject({
      x: 'bitcoin@alpha',
      y: 'bitcoin@beta',
      exchange_id: null,
      quote: 'USD',
      basis: 'mixed',
      n: wanted.n,
      definition: 'correlation-log-returns/1',
    })
    expect(two.rows[0]!.correlation).toBeCloseTo(wanted.r, 11)
    const quotes = await ask({ coins: ['BTC/USD@alpha', 'BTC/USDT@alpha'] })
    expect(quotes.rows.map(({ x, y, quote }) => [x, y, quote])).toEqual([['bitcoin/USD', 'bitcoin/USDT', null]])
  })

  test('what has no exchange or quote in common is refused, with what there is', async () => {
    await expect(ask({ coins: ['BTC', 'DOGE'] })).rejects.toMatchObject({
      code: 'no-common-market',
      detail: expect.stringContaining('dogecoin/EUR@gamma'),
    })
    const both = await ask({ coins: ['BTC/USD@beta', 'DOGE/EUR@gamma'] })
    expect(both.rows).toHaveLength(1)
  })

  test('too few returns give no figure, and say so', async () => {
    const few = await ask({ coins: ['BTC@beta', 'ETH'], to: iso(FROM + 10 * HOUR) })
    expect(few.rows[0]).toMatchObject({ correlation: null, ci_low: null, p_value: null, beta: null })
    expect(few.rows[0]!.n).toBeGreaterThan(4)
    expect(few.notes[0]).toMatchObject({ level: 'warn', text: expect.stringContaining('fewer than --min-pairs 30') })
    const enough = await ask({ coins: ['BTC@beta', 'ETH'], to: iso(FROM + 10 * HOUR), minPairs: 4 })
    expect(enough.rows[0]!.correlation).not.toBeNull()
  })

  test('a matrix has every pair both ways, and ones between', async () => {
    const pairs = await ask({ coins: ['BTC', 'ETH', 'BTC@beta'], exchange: 'beta' })
    const square = correlationMatrix(await ask({ coins: ['BTC', 'ETH'] }))
    expect(pairs.rows).toHaveLength(3)
    expect(square.columns.map((c) => c.name).slice(0, 5)).toEqual(['exchange_id', 'quote', 'x', 'bitcoin', 'ethereum'])
    expect(square.rows).toHaveLength(4)
    const [first, second] = square.rows
    expect(first).toMatchObject({ exchange_id: 'alpha', x: 'bitcoin', bitcoin: 1 })
    expect(second).toMatchObject({ exchange_id: 'alpha', x: 'ethereum', ethereum: 1, bitcoin: first!.ethereum })
  })

  test('what cannot be asked', async () => {
    const refused = (query: object) =>
      expect(ask({ coins: ['BTC', 'ETH'], ...query })).rejects.toMatchObject({ exit: 2 })
    await refused({ coins: ['BTC'] })
    await refused({ confidence: 1 })
    await refused({ minPairs: 3 })
    await refused({ from: iso(END), to: iso(START) })
    await expect(ask({ coins: ['BTC', 'BTCC'] })).rejects.toMatchObject({ code: 'unknown-coin' })
    const nothing = await ask({ coins: ['BTC', 'ETH'], from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })
    expect(nothing.rows).toEqual([])
    expect(nothing.notes.map((n) => n.text)).toEqual([
      expect.stringContaining('no bars of BTC'),
      expect.stringContaining('no bars of ETH'),
    ])
  })

  describe('laws', () => {
    let made = 0
    const walk = (seed: number, length: number, factor = 1): readonly Bar[] => {
      const next = random(seed)
      return Array.from({ length }, (_, i) => {
        const close = (50 + Math.round(next() * 50)) * factor
        return { at: START + i * HOUR, open: close, high: close, low: close, close }
      })
    }
    const write = (exchange: string, symbol: string, coin: string, rows: readonly Bar[]) =>
      writeMarkets(database, [{ coin, symbol, exchange, quote: 'USD', minutes: 60, rows }])
    const all = (price: number) => ({ open: price, high: price, low: price, close: price })
    const day = { from: iso(START), to: iso(START + 40 * HOUR) }

    test('one with itself is 1, it is symmetric, and the unit of the price does not matter', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 2, max: 999 }), async (seed, factor) => {
          const exchange = `law${made++}`
          await write(exchange, 'ADA', 'cardano', walk(seed, 40))
          await write(exchange, 'SOL', 'solana', walk(seed + 1, 40))
          await write(exchange, 'DOT', 'polkadot', walk(seed + 1, 40, factor))
          const one = async (x: string, y: string) => (await ask({ coins: [x, y], exchange, ...day })).rows[0]!
          const self = await one('ADA', 'ADA')
          expect(self.correlation).toBeCloseTo(1, 12)
          expect(self.beta).toBeCloseTo(1, 12)
          expect(self.p_value).toBeLessThan(1e-50)
          const [xy, yx, scaled] = [await one('ADA', 'SOL'), await one('SOL', 'ADA'), await one('ADA', 'DOT')]
          expect(xy.n).toBe(39)
          expect(xy.correlation).toBeCloseTo(yx.correlation!, 12)
          expect(xy.p_value).toBeCloseTo(yx.p_value!, 12)
          expect(scaled.correlation).toBeCloseTo(xy.correlation!, 11)
          expect(scaled.beta).toBeCloseTo(xy.beta!, 11)
          expect((await one('SOL', 'DOT')).correlation).toBeCloseTo(1, 12)
        }),
        { numRuns: 5 },
      )
    })

    test('a price that never moves goes with nothing', async () => {
      await write('still', 'ADA', 'cardano', walk(5, 40))
      const flat = Array.from({ length: 40 }, (_, i) => ({
        at: START + i * HOUR,
        open: 0.1,
        high: 0.1,
        low: 0.1,
        close: 0.1,
      }))
      await write('still', 'SOL', 'solana', flat)
      const answer = await ask({ coins: ['ADA', 'SOL'], exchange: 'still', ...day })
      expect(answer.rows[0]).toMatchObject({ correlation: null, beta: null, n: 39 })
      expect(answer.notes[0]!.text).toContain('all the same')
      // Thirds are no binary fractions: what rounding leaves of equal returns is not a movement.
      const tripling = Array.from({ length: 40 }, (_, i) => ({ ...flat[i]!, ...all(3 ** (i - 20)) }))
      await write('still', 'DOT', 'polkadot', tripling)
      const steady = await ask({ coins: ['ADA', 'DOT'], exchange: 'still', ...day })
      expect(steady.rows[0]).toMatchObject({ correlation: null, p_value: null, n: 39 })
    })

    test('rows outside of the window and of the bar before it change nothing', async () => {
      const [a, b] = [walk(11, 60), walk(12, 60)]
      await write('outside', 'ADA', 'cardano', a.slice(5, 50))
      await write('outside', 'SOL', 'solana', b.slice(5, 50))
      const window = { from: iso(START + 6 * HOUR), to: iso(START + 50 * HOUR) }
      const before = await ask({ coins: ['ADA', 'SOL'], exchange: 'outside', ...window })
      expect(before.rows[0]!.n).toBe(44)
      await write('outside', 'ADA', 'cardano', [...a.slice(0, 5), ...a.slice(50)])
      await write('outside', 'SOL', 'solana', [...b.slice(0, 5), ...b.slice(50)])
      expect((await ask({ coins: ['ADA', 'SOL'], exchange: 'outside', ...window })).rows).toEqual(before.rows)
    })
  })

  test('rollups change nothing', async () => {
    const query = { coins: ['BTC', 'ETH'], quote: 'any' }
    const raw = await ask({ ...query, rollup: false })
    const session = await openSession(database.connection, DEFAULT_LIMITS)
    expect((await refreshRollups(session)).buckets).toBeGreaterThan(100)
    await session.close()
    const rolled = await ask(query)
    for (const [i, row] of rolled.rows.entries()) {
      expect(row).toMatchObject({ n: raw.rows[i]!.n, missing: raw.rows[i]!.missing })
      expect(row.correlation).toBeCloseTo(raw.rows[i]!.correlation!, 13)
    }
    // They were read: a wrong one shows.
    const client = await openClient(database.connection)
    await client.query('update arxdb.rollups set close = close * 2 where bucket = $1', [iso(START + 10 * DAY)])
    await client.end()
    const wrong = await ask(query)
    expect(Math.abs(wrong.rows[0]!.correlation! - raw.rows[0]!.correlation!)).toBeGreaterThan(1e-6)
  })
})
