// Change of the price between two moments, against answers worked out by hand, and the laws it obeys.
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ChangeQuery, change, horizonsOf } from '../../src/core/change.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { insertBars, insertTicks } from './market-rows.ts'

const AT = '2025-01-08T00:00:00Z'

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine
  let client: pg.Client

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    await insertTicks(client, [
      ['bitcoin', 'alpha', '2025-01-01T00:00:00Z', '100'],
      ['bitcoin', 'alpha', '2025-01-07T23:00:00Z', '125'],
      ['bitcoin', 'alpha', '2025-01-07T23:58:00Z', '110'],
      ['bitcoin', 'delta', '2025-01-07T23:59:00Z', '999'],
    ])
    await insertBars(client, [
      ['bitcoin', 'delta', 'USD', '1h', '2025-01-07T21:00:00Z', '160'],
      ['bitcoin', 'delta', 'USD', '1h', '2025-01-07T22:00:00Z', '200'],
      ['bitcoin', 'delta', 'USD', '1h', '2025-01-07T23:00:00Z', '250'],
      ['bitcoin', 'delta', 'EUR', '1h', '2025-01-07T22:00:00Z', '80'],
      ['bitcoin', 'delta', 'EUR', '1h', '2025-01-07T23:00:00Z', '60'],
    ])
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })

  afterAll(async () => {
    await client?.end()
    await engine?.close()
    await database?.drop()
  })

  const of = (coin: string, query: Partial<ChangeQuery> = {}) => change(engine, { coins: [coin], at: AT, ...query })

  test('is the price as known at both ends, never the first and last row inside', async () => {
    const { rows } = await of('BTC@alpha')
    expect(rows.map((r) => [r.over, r.change, r.price_then, r.price_now, r.age_then, r.age_now])).toEqual([
      // 110 / 125 - 1, and 110 / 100 - 1
      ['1h', expect.closeTo(-0.12, 15), '125', '110', 0, 120],
      ['24h', null, '100', '110', 6 * 86_400, 120],
      ['7d', expect.closeTo(0.1, 15), '100', '110', 0, 120],
      ['30d', null, null, '110', null, 120],
    ])
    expect(rows[0]).toMatchObject({
      change_percent: expect.closeTo(-12, 12),
      timestamp_then: '2025-01-07T23:00:00Z',
      timestamp_now: '2025-01-07T23:58:00Z',
      basis: 'ticks',
      definition: 'change-as-of/1',
    })
  })

  test('says how old a price is that is too old, and the staleness it names accepts it', async () => {
    const { notes } = await of('BTC@alpha')
    const said = notes.filter((note) => note.level === 'warn').map(({ text }) => text)
    expect(said).toEqual([
      'bitcoin/USD@alpha: the newest price at 2025-01-07T00:00:00Z is 6 d old (2025-01-01T00:00:00Z); --max-staleness 7d accepts it',
      'bitcoin/USD@alpha: no price at or before 2024-12-09T00:00:00Z, 30d earlier',
    ])
    const { rows } = await of('BTC@alpha', { over: horizonsOf('24h'), maxStaleness: 7 * 86_400_000 })
    expect(rows).toMatchObject([{ over: '24h', change: expect.closeTo(0.1, 15), age_then: 6 * 86_400 }])
  })

  test('a price exactly as old as allowed is too old', async () => {
    const ages = async (ms: number) =>
      (await of('BTC@alpha', { over: horizonsOf('1h'), maxStaleness: ms })).rows[0]!.change
    expect([await ages(120_000), await ages(120_001)]).toEqual([null, expect.closeTo(-0.12, 15)])
  })

  test('the later end that is too old is told once, not for every horizon', async () => {
    const { rows, notes } = await of('BTC@alpha', { at: '2025-01-08T01:00:00Z', over: horizonsOf('1h,2h') })
    expect(rows.map((r) => r.change)).toEqual([null, null])
    expect(notes.filter(({ text }) => text.includes('62 min old'))).toHaveLength(1)
  })

  test('a candle is known when it ends: nothing is looked at ahead', async () => {
    const at = (moment: string) => of('BTC/EUR@delta', { at: moment, over: horizonsOf('1h') })
    expect((await at(AT)).rows).toMatchObject([
      { change: expect.closeTo(60 / 80 - 1, 15), age_then: 0, age_now: 0, basis: 'candles:1h' },
    ])
    const before = (await at('2025-01-07T23:59:59Z')).rows
    expect(before).toMatchObject([{ price_now: '80', age_now: 3599, price_then: null, change: null }])
  })

  test('both ends are of one basis: ticks at one end only leave it to the candles', async () => {
    const { rows } = await of('BTC/USD@delta', { over: horizonsOf('1h') })
    expect(rows).toMatchObject([{ price_now: '250', price_then: '200', basis: 'candles:1h' }])
    // Now the tick is the fresher one: still the two closes are compared.
    const later = await of('BTC/USD@delta', { at: '2025-01-07T23:59:30Z', over: horizonsOf('1h') })
    expect(later.rows).toMatchObject([{ price_now: '200', price_then: '160', change: 0.25, basis: 'candles:1h' }])
  })

  test('between two moments, named by their distance; quotes apart', async () => {
    const { rows } = await of('BTC@delta', { quote: 'any', from: '2025-01-07T23:00:00Z' })
    expect(rows.map((r) => [r.quote, r.over, r.change])).toEqual([
      ['EUR', '1h', expect.closeTo(-0.25, 15)],
      ['USD', '1h', expect.closeTo(0.25, 15)],
    ])
    await expect(async () => of('BTC', { from: AT })).rejects.toMatchObject({ code: 'usage' })
  })

  test('a moment in the future is answered as of now', async () => {
    const { rows, notes } = await of('BTC@alpha', { at: '2030-01-01T00:00:00Z', now: AT, over: horizonsOf('1h') })
    expect(rows).toMatchObject([{ price_now: '110', age_now: 120 }])
    expect(notes[0]!.text).toContain('answered as of now')
  })

  test('composes over consecutive spans, and does not know the unit of the price', async () => {
    const price = fc.integer({ min: 1, max: 10 ** 9 })
    const [a, b, c] = ['2025-02-01T00:00:00Z', '2025-02-02T00:00:00Z', '2025-02-03T00:00:00Z']
    let n = 0
    const law = fc.asyncProperty(price, price, price, fc.integer({ min: 1, max: 10 ** 6 }), async (...drawn) => {
      const [p, q, r, scale] = drawn
      const coin = `law-${n++}`
      await insertTicks(
        client,
        [1, scale].flatMap((by, i) =>
          [p, q, r].map((price, day) => [coin, `x${i}`, [a, b, c][day]!, String(BigInt(price) * BigInt(by))] as const),
        ),
      )
      const over = async (from: string, at: string) =>
        (await change(engine, { coins: [coin], from, at })).rows.map((row) => row.change!)
      const [ab, bc, ac] = [await over(a, b), await over(b, c), await over(a, c)]
      // The quotient in the database has 16 digits at least, and so has the number it becomes.
      for (const [one, scaled] of [ab, bc, ac]) expect(Math.abs(one! - scaled!)).toBeLessThanOrEqual(1e-15 * (1 + one!))
      const composed = (1 + ab[0]!) * (1 + bc[0]!) - 1
      // What is lost of one factor is multiplied by the other.
      expect(Math.abs(composed - ac[0]!)).toBeLessThanOrEqual(1e-15 * (4 + ab[0]! + bc[0]!) + 1e-14 * (1 + ac[0]!))
    })
    await fc.assert(law, { numRuns: 25 })
  })
})
