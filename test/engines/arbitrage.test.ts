// Spreads between venues, against answers worked out by hand and against the definition in plain TypeScript.
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ArbitrageQuery, arbitrage } from '../../src/core/arbitrage.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { type OracleTick, oracle } from './arbitrage-oracle.ts'
import { insertBars, insertTicks, type Tick } from './market-rows.ts'

const NOW = '2026-01-01T00:00:00Z'
const at = (time: string) => `2025-01-01T00:${time}Z`
const FEES = { alpha: { taker: '0.0026', withdraw: { BTC: '0.0002' } }, beta: { taker: '0.001' } }

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine
  let client: pg.Client

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    await insertTicks(client, [
      ...['00:00', '01:00', '02:00', '03:00', '04:00'].map((time): Tick => ['bitcoin', 'alpha', at(time), '100']),
      ['bitcoin', 'beta', at('00:30'), '102'],
      ['bitcoin', 'beta', at('01:30'), '103'],
      ['bitcoin', 'beta', at('02:30'), '100.5'],
      ['bitcoin', 'beta', at('03:30'), '102'],
      ['bitcoin', 'coingecko', at('01:00'), '500'],
      ['lonely', 'alpha', at('00:00'), '1'],
    ])
    await insertBars(client, [
      // Known at 00:01 and 00:02.
      ['bitcoin', 'delta', 'USDC', '1m', at('00:00'), '90'],
      ['bitcoin', 'delta', 'USDC', '1m', at('01:00'), '91'],
      ['ethereum', 'gamma', 'USD', '1h', '2025-01-01T00:00:00Z', '200'],
      ['ethereum', 'delta', 'USD', '1h', '2025-01-01T00:00:00Z', '210'],
    ])
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })

  afterAll(async () => {
    await client?.end()
    await engine?.close()
    await database?.drop()
  })

  const ask = (query: Partial<ArbitrageQuery>) => arbitrage(engine, { coins: ['BTC'], now: NOW, ...query })
  const WINDOW = { from: at('00:00'), to: at('05:00'), every: parseEvery('1m') }

  test('is dearer there than here, with the age, the skew, and for how long already', async () => {
    const { rows, columns } = await ask({ at: at('02:00') })
    expect(rows).toEqual([
      {
        coin_id: 'bitcoin',
        buy_exchange: 'alpha',
        sell_exchange: 'beta',
        quote: 'USD',
        buy_price: '100',
        sell_price: '103',
        gross_percent: 3,
        net_percent: null,
        age: 30,
        skew: 30,
        // At 00:00 there was none of beta; 2 % at 00:01, 3 % at 00:02.
        persistence: 2,
        n_obs: 2,
        cross_quote: false,
        timestamp: at('02:00'),
        basis: 'ticks',
        price_kind: 'indicative (last price)',
        definition: 'arbitrage-last-price/1',
      },
    ])
    expect(columns.map((column) => column.name)).toEqual(Object.keys(rows[0]!))
  })

  test('net takes both fees, and of a notional the withdrawal', async () => {
    const [free] = (await ask({ at: at('02:00'), fees: FEES })).rows
    const net = ((103 * (1 - 0.001)) / (100 * (1 + 0.0026)) - 1) * 100
    expect(free!.net_percent).toBeCloseTo(net, 10)
    const [paid] = (await ask({ at: at('02:00'), fees: FEES, notional: '10' })).rows
    // 0.0002 coins at 100, of 10
    expect(paid!.net_percent).toBeCloseTo(net - ((0.0002 * 100) / 10) * 100, 10)
    await expect(ask({ notional: '0' })).rejects.toMatchObject({ code: 'usage' })
  })

  test('the fee of a pair wins over that of its exchange; names that are no coin here concern nobody', async () => {
    const pairs = { 'XBT/usd': { taker: '0' }, 'BTC/EUR': { taker: '0.05' }, 'ZZZ/USD': { taker: '0.09' } }
    const { rows } = await ask({ at: at('02:00'), fees: { ...FEES, alpha: { taker: '0.02', pairs } } })
    expect(rows[0]!.net_percent).toBeCloseTo(((103 * 0.999) / 100 - 1) * 100, 10)
  })

  test('says which fees it lacks, and what it does with withdrawals', async () => {
    const texts = async (query: Partial<ArbitrageQuery>) =>
      (await ask({ at: at('02:00'), ...query })).notes.map((note) => note.text).join('\n')
    expect(await texts({})).toContain('no fee is known of alpha, beta: no net there')
    expect(await texts({ fees: { alpha: FEES.alpha } })).toMatch(/no fee is known of beta: .*"fees": \{"beta"/)
    expect(await texts({ fees: FEES })).toContain('withdrawal fees are left out of the net: --notional')
    expect(await texts({ fees: FEES, notional: '10' })).not.toContain('withdrawal')
    const unknown = { alpha: { taker: '0.0026' }, beta: FEES.beta }
    expect(await texts({ fees: unknown, notional: '10' })).toContain(
      'no withdrawal fee is known of alpha: taken as none',
    )
    expect(await texts({ fees: { beta: FEES.beta }, minNet: '0' })).toContain('no fee is known of alpha: no net')
    expect(await texts({ minSpread: '50' })).not.toContain('fee')
    expect(await texts({})).toContain('gross from 1%; prices no older than 5 min (candles: one bar) and 1 min')
  })

  test('over a window: one row a sample, runs end where the spread does', async () => {
    const shown = async (query: Partial<ArbitrageQuery>) =>
      (await ask({ ...WINDOW, ...query })).rows.map((r) => [r.timestamp, r.gross_percent, r.persistence, r.n_obs])
    expect(await shown({})).toEqual([
      [at('01:00'), 2, 1, 1],
      [at('02:00'), 3, 2, 2],
      // 0.5 % at 00:03 was not enough.
      [at('04:00'), 2, 1, 4],
    ])
    // With fees known 0.5 % still pays: the run goes on though the row is not shown.
    expect(await shown({ fees: FEES })).toEqual([
      [at('01:00'), 2, 1, 1],
      [at('02:00'), 3, 2, 2],
      [at('04:00'), 2, 4, 4],
    ])
    // A withdrawal of 0.2 % is more than is left then.
    expect((await shown({ fees: FEES, notional: '10' })).at(-1)).toEqual([at('04:00'), 2, 1, 4])
    expect(await shown({ fees: FEES, minNet: '0' })).toHaveLength(4)
    expect(await shown({ fees: FEES, notional: '10', minNet: '0' })).toHaveLength(3)
    expect(await shown({ minNet: '0' })).toEqual([])
    expect(await shown({ minSpread: '2.5' })).toEqual([[at('02:00'), 3, 1, 2]])
    // Exactly as much is enough, in exact decimals.
    expect(await shown({ minSpread: '3' })).toHaveLength(1)
    expect(await shown({ minSpread: '3.000000000000000000000001' })).toEqual([])
    expect(await shown({ fees: FEES, top: 1 })).toEqual([[at('02:00'), 3, 2, 2]])
  })

  test('the end of a window is not part of it, and the present ends it', async () => {
    const last = async (query: Partial<ArbitrageQuery>) => (await ask({ ...WINDOW, ...query })).rows.at(-1)!.timestamp
    expect(await last({ to: at('04:00') })).toBe(at('02:00'))
    expect(await last({ now: at('02:00') })).toBe(at('01:00'))
    expect(await last({ to: at('04:00.000001') })).toBe(at('04:00'))
  })

  test('prices too old or too far apart are not compared', async () => {
    const found = async (query: Partial<ArbitrageQuery>) => (await ask({ at: at('02:00'), ...query })).rows.length
    expect(await found({ maxSkew: 30_000 })).toBe(1)
    expect(await found({ maxSkew: 29_999 })).toBe(0)
    expect(await found({ maxStaleness: 30_001 })).toBe(1)
    expect(await found({ maxStaleness: 30_000 })).toBe(0)
    expect(await found({ at: at('08:31'), maxSkew: 60_000 })).toBe(0)
  })

  test('quotes are never mixed, unless asked for and then named so', async () => {
    const own = await ask({ at: at('02:00') })
    expect(own.rows.some((row) => row.buy_exchange === 'delta')).toBe(false)
    const { rows, notes } = await ask({ at: at('02:00'), quote: 'any', fees: { ...FEES, delta: { taker: '0' } } })
    expect(rows.filter((row) => row.cross_quote)).toMatchObject([
      // The bar from 00:01 is known at 00:02; both quotes are in the name and there is no net between them.
      {
        buy_exchange: 'delta',
        sell_exchange: 'beta',
        quote: 'USDC>USD',
        buy_price: '91',
        sell_price: '103',
        net_percent: null,
        basis: 'candles:1m>ticks',
      },
      { buy_exchange: 'delta', sell_exchange: 'alpha', quote: 'USDC>USD', buy_price: '91', sell_price: '100', skew: 0 },
    ])
    expect(notes.filter((note) => note.level === 'warn').map((note) => note.text)).toEqual([
      'USDC>USD: cross-quote spreads, the price of one quote in the other and no arbitrage',
    ])
    // One second earlier its close is not known yet.
    const before = await ask({ at: at('01:59'), quote: 'any' })
    expect(before.rows.find((row) => row.cross_quote)).toMatchObject({ buy_price: '90' })
  })

  test('an aggregator is no venue, and one venue alone is no market to compare', async () => {
    const { rows } = await ask({ at: at('01:00'), minSpread: '-100' })
    expect(new Set(rows.flatMap((row) => [row.buy_exchange, row.sell_exchange]))).toEqual(new Set(['alpha', 'beta']))
    const alone = await ask({ coins: ['lonely'], at: at('01:00') })
    expect(alone.rows).toEqual([])
    expect(alone.notes.at(-1)).toMatchObject({ level: 'warn', text: expect.stringContaining('no two venues') })
  })

  test('candles: one bar is the staleness, the skew and the distance of samples', async () => {
    const { rows } = await ask({ coins: ['ETH'], at: '2025-01-01T01:59:59Z' })
    expect(rows).toMatchObject([
      { gross_percent: 5, age: 3599, skew: 0, persistence: 1, n_obs: 1, basis: 'candles:1h' },
    ])
    expect((await ask({ coins: ['ETH'], at: '2025-01-01T02:00:00Z' })).rows).toEqual([])
  })

  test('every coin when none is named; --exchange is one of the sides', async () => {
    const all = { coins: [], at: at('02:00'), maxStaleness: 86_400_000, maxSkew: 86_400_000 }
    expect(new Set((await ask(all)).rows.map((row) => row.coin_id))).toEqual(new Set(['bitcoin']))
    const hour = { ...all, at: '2025-01-01T01:00:00Z' }
    expect(new Set((await ask(hour)).rows.map((row) => row.coin_id))).toEqual(new Set(['bitcoin', 'ethereum']))
    expect((await ask({ ...hour, exchange: 'gamma' })).rows.map((row) => row.coin_id)).toEqual(['ethereum'])
    expect((await ask({ ...hour, coins: ['BTC@gamma'] })).rows).toEqual([])
    await expect(ask({ coins: ['BTC@alpha', 'ETH@gamma'] })).rejects.toMatchObject({ code: 'usage' })
  })

  test('too many samples are refused before the server is asked', async () => {
    await expect(ask({ ...WINDOW, to: '2025-12-31T00:00:00Z', every: parseEvery('1s') })).rejects.toMatchObject({
      message: '31,449,600 samples are too many',
    })
  })

  const exchange = fc.constantFrom('x', 'y', 'z')
  const price = fc.integer({ min: 90, max: 110 })
  const tick = fc.record({ exchange, at: fc.integer({ min: -400, max: 700 }), price })
  const ticksOf = fc.uniqueArray(tick, { minLength: 2, maxLength: 60, selector: (t) => `${t.exchange} ${t.at}` })
  const fee = fc.constantFrom(0, 0.001, 0.0026, 0.01)
  const START = Date.parse('2025-03-01T12:00:00Z')

  test('equals the definition; fees only take, and a scale or a name changes nothing', async () => {
    let n = 0
    const law = fc.asyncProperty(ticksOf, fee, fee, fc.constantFrom(0, 0.5, 1, 3), async (ticks, fx, fy, minGross) => {
      const coin = `law-${n++}`
      const limits = { samples: 10, every: 60, staleness: 300, skew: 60, minGross, taker: { x: fx, y: fy } }
      const insert = (name: string, change: (t: OracleTick) => OracleTick) =>
        insertTicks(
          client,
          ticks
            .map(change)
            .map((t) => [name, t.exchange, new Date(START + t.at * 1000).toISOString(), String(t.price)]),
        )
      await insert(coin, (t) => t)
      await insert(`${coin}-scaled`, (t) => ({ ...t, price: t.price * 1000 }))
      const swapped = { x: 'y', y: 'x', z: 'z' }
      await insert(`${coin}-swapped`, (t) => ({ ...t, exchange: swapped[t.exchange as 'x'] }))
      const run = async (name: string, names: Readonly<Record<string, string>>, fees: readonly number[]) => {
        const { rows } = await arbitrage(engine, {
          coins: [name],
          now: NOW,
          from: new Date(START).toISOString(),
          to: new Date(START + 600_000).toISOString(),
          every: parseEvery('1m'),
          minSpread: String(minGross),
          fees: { x: { taker: String(fees[0]) }, y: { taker: String(fees[1]) } },
        })
        const seen = rows.map((r) => ({
          sample: (Date.parse(r.timestamp) - START) / 60_000,
          pair: `${names[r.buy_exchange]}>${names[r.sell_exchange]}`,
          gross: expect.closeTo(r.gross_percent, 9),
          net: r.net_percent === null ? null : expect.closeTo(r.net_percent, 9),
          age: r.age,
          skew: r.skew,
          persistence: r.persistence,
          n_obs: r.n_obs,
        }))
        for (const { gross_percent, net_percent } of rows)
          expect(net_percent ?? gross_percent).toBeLessThanOrEqual(gross_percent)
        return seen.sort((a, b) => a.sample - b.sample || (a.pair < b.pair ? -1 : 1))
      }
      const expected = oracle(ticks, limits)
      const same = { x: 'x', y: 'y', z: 'z' }
      expect(expected).toEqual(await run(coin, same, [fx, fy]))
      expect(expected).toEqual(await run(`${coin}-scaled`, same, [fx, fy]))
      expect(expected).toEqual(await run(`${coin}-swapped`, swapped, [fy, fx]))
    })
    await fc.assert(law, { numRuns: 30 })
  })
})
