// The first questions on every tier, against answers worked out by hand from their definitions.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { candles } from '../../src/core/candles.ts'
import { coins } from '../../src/core/coins.ts'
import { coverage } from '../../src/core/coverage.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { price } from '../../src/core/price.ts'
import { twap } from '../../src/core/twap.ts'
import { vwap } from '../../src/core/vwap.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const NOW = '2026-01-01T00:00:00Z'
const at = (time: string) => `2025-01-01T${time}Z`

/** [coin, exchange, time, price] */
const TICKS = [
  ['bitcoin', 'alpha', at('00:00:00'), '10'],
  ['bitcoin', 'alpha', at('00:10:00'), '20'],
  ['bitcoin', 'alpha', at('00:30:00'), '40'],
  ['bitcoin', 'beta', at('00:00:00'), '30.5'],
  ['bitcoin', 'beta', at('00:20:00'), '30.5'],
  ['bitcoin', 'coingecko', at('00:00:00'), '1000'],
  ['pepe', 'alpha', at('00:00:00'), '0.00000618000000000000000001'],
] as const

/** [exchange, quote, timeframe, time, open, high, low, close, volume] of ethereum */
const BARS = [
  ['alpha', 'USD', '30m', at('00:00:00'), '100', '110', '90', '105', '2'],
  ['alpha', 'USD', '30m', at('00:30:00'), '105', '120', '100', '115', '1'],
  ['alpha', 'USD', '30m', at('01:00:00'), '115', '115', '115', '115', null],
  ['alpha', 'USD', '1h', at('00:00:00'), '1', '1', '1', '1', '999'],
  ['gamma', 'USDT', '1h', at('00:00:00'), '200', '220', '180', '210', '4'],
  ['gamma', 'EUR', '1h', at('00:00:00'), '300', '300', '300', '300', '1'],
] as const

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    const client = await openClient(database.connection)
    for (const row of TICKS) {
      await client.query(
        "insert into crypto_prices (coin_id, exchange_id, last_updated, usd_price, source, attribution) values ($1, $2, $3, $4, 'test', '')",
        [...row],
      )
    }
    for (const row of BARS) {
      await client.query(
        `insert into crypto_ohlcv (symbol, exchange_id, quote, timeframe, timestamp, open_price, high_price, low_price,
           close_price, volume, source, attribution) values ('ETH', $1, $2, $3, $4, $5, $6, $7, $8, $9, 'test', '')`,
        [...row],
      )
    }
    await client.end()
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })

  afterAll(async () => {
    await engine?.close()
    await database?.drop()
  })

  const minutes = (n: number) => n * 60_000

  describe('twap', () => {
    test('holds each price until the next, or until it is stale', async () => {
      const answer = await twap(engine, {
        coin: 'BTC',
        exchange: 'alpha',
        from: at('00:00:00'),
        to: at('01:00:00'),
        now: NOW,
        maxStaleness: minutes(60),
      })
      // (10 x 10 + 20 x 20 + 40 x 30) / 60
      expect(answer.rows[0]).toEqual({
        exchange_id: 'alpha',
        quote: 'USD',
        twap: '28.333333333333333333',
        coverage: 1,
        n_obs: 3,
        carried_in: false,
        source_age: 1800,
        timestamp: at('00:00:00'),
        partial: false,
        basis: 'ticks',
        from: at('00:00:00'),
        to: at('01:00:00'),
        definition: 'twap-locf/1',
      })
    })

    test('leaves stale time out of both sums', async () => {
      const answer = await twap(engine, {
        coin: 'BTC',
        exchange: 'alpha',
        from: at('00:00:00'),
        to: at('01:00:00'),
        now: NOW,
        maxStaleness: minutes(5),
      })
      expect(answer.rows[0]).toMatchObject({ twap: '23.333333333333333333', coverage: 0.25, n_obs: 3 })
      expect(answer.notes.some((n) => n.level === 'warn' && n.text.includes('25%'))).toBe(true)
    })

    test('carries the price in from before the window', async () => {
      const answer = await twap(engine, {
        coin: 'BTC',
        exchange: 'alpha',
        from: at('00:05:00'),
        to: at('00:20:00'),
        now: NOW,
        maxStaleness: minutes(10),
      })
      // 10 for 5 min, 20 for 10 min
      expect(answer.rows[0]).toMatchObject({ twap: '16.666666666666666667', coverage: 1, n_obs: 1, carried_in: true })
    })

    test('a price exactly as old as allowed is not carried in', async () => {
      const answer = await twap(engine, {
        coin: 'BTC',
        exchange: 'beta',
        from: at('00:30:00'),
        to: at('00:40:00'),
        now: NOW,
        maxStaleness: minutes(10),
      })
      expect(answer.rows.filter((row) => row.twap !== null)).toEqual([])
    })

    test('combines venues by the mean of their averages, and leaves aggregators out', async () => {
      const answer = await twap(engine, {
        coin: 'BTC',
        from: at('00:00:00'),
        to: at('00:20:00'),
        now: NOW,
        maxStaleness: minutes(20),
      })
      expect(answer.rows.map((row) => [row.exchange_id, row.twap])).toEqual([
        ['alpha', '15'],
        ['beta', '30.5'],
        ['coingecko', '1000'],
        [null, '22.75'],
      ])
    })

    test('answers from the finest candles where there are no ticks, and says so', async () => {
      const answer = await twap(engine, { coin: 'ETH@alpha', from: at('00:00:00'), to: at('01:30:00'), now: NOW })
      expect(answer.rows[0]).toMatchObject({
        twap: '111.666666666666666667',
        coverage: 1,
        n_obs: 3,
        basis: 'candles:30m',
      })
      expect(answer.notes.some((n) => n.text.includes('close stands for its own bar'))).toBe(true)
    })

    test('a window shorter than a bar is answered by the bar it lies in', async () => {
      const within = { coin: 'ETH@gamma', now: NOW, from: at('00:20:00'), to: at('00:40:00') }
      // In no window alone is there a volume to tell USDT (4 traded) from EUR (1): the days before do.
      expect((await twap(engine, within)).rows[0]).toMatchObject({ quote: 'USDT', twap: '210', coverage: 1, n_obs: 0 })
      const across = { ...within, to: at('01:40:00') }
      expect((await twap(engine, across)).rows[0]).toMatchObject({ twap: '210', coverage: 0.5, carried_in: true })
      // The half hours end at 01:30; the hour before them does not stand that long either.
      const beyond = { ...within, coin: 'ETH@alpha', from: at('01:20:00'), to: at('01:40:00') }
      expect((await twap(engine, beyond)).rows[0]).toMatchObject({ basis: 'candles:30m', twap: '115', coverage: 0.5 })
      const after = { ...within, coin: 'ETH@alpha', from: at('01:30:00'), to: at('01:40:00') }
      expect((await twap(engine, after)).rows).toEqual([])
    })

    test('a window that ends in the future ends now', async () => {
      const answer = await twap(engine, {
        coin: 'BTC@alpha',
        from: at('00:00:00'),
        to: '2027-01-01T00:00:00Z',
        now: at('00:20:00'),
        maxStaleness: minutes(60),
      })
      expect(answer.rows[0]).toMatchObject({ twap: '15', coverage: 1, to: at('00:20:00') })
    })

    test('keeps every digit of a price far below a cent', async () => {
      const answer = await twap(engine, { coin: 'pepe', from: at('00:00:00'), to: at('00:01:00'), now: NOW })
      // 18 decimals is what the definition promises.
      expect(answer.rows[0]!.twap).toBe('0.00000618')
    })
  })

  describe('vwap', () => {
    test('weighs typical prices by base volume, from one timeframe, and reports bars without volume', async () => {
      const answer = await vwap(engine, { coin: 'ETH@alpha', from: at('00:00:00'), to: at('01:30:00'), now: NOW })
      // (2 x 305/3 + 1 x 335/3) / 3
      expect(answer.rows[0]).toMatchObject({ vwap: '105', volume: '3', n_obs: 3, coverage: 1, basis: 'candles:30m' })
      expect(answer.rows[0]!.volume_coverage).toBeCloseTo(2 / 3, 12)
    })

    test('an exchange without USD answers in its largest quote, named', async () => {
      const answer = await vwap(engine, { coin: 'ETH', from: at('00:00:00'), to: at('01:00:00'), now: NOW })
      expect(answer.rows.map((row) => [row.exchange_id, row.quote])).toEqual([
        ['alpha', 'USD'],
        [null, 'USD'],
        ['gamma', 'USDT'],
        [null, 'USDT'],
      ])
      expect(answer.notes.map((n) => n.text)).toContain('gamma has no USD market: answering in USDT')
    })

    test('quotes are never mixed, and `any` shows all of them', async () => {
      const answer = await vwap(engine, {
        coin: 'ETH',
        quote: 'any',
        from: at('00:00:00'),
        to: at('01:00:00'),
        now: NOW,
      })
      expect(new Set(answer.rows.map((row) => row.quote))).toEqual(new Set(['USD', 'USDT', 'EUR']))
    })
  })

  describe('price', () => {
    test('is the freshest as known then; a candle is known when it ends', async () => {
      const answer = await price(engine, { coins: ['ETH@alpha'], at: at('00:45:00') })
      expect(answer.rows).toEqual([
        {
          coin_id: 'ethereum',
          exchange_id: 'alpha',
          quote: 'USD',
          price: '105',
          timestamp: at('00:30:00'),
          age: 900,
          basis: 'candles:30m',
          // In the hour up to 00:45 the bar of 00:00 ended, in the 23 hours before it none.
          last_24h: [...Array.from({ length: 23 }, () => null), 105],
          definition: 'price-as-of/1',
        },
      ])
    })

    test('the 24 hours before: the last price of each, as known at its end', async () => {
      const hours = async (coin: string, moment: string) =>
        (await price(engine, { coins: [coin], at: moment })).rows[0]!.last_24h.slice(-3)
      expect(await hours('ETH@alpha', at('01:45:00'))).toEqual([null, 105, 115])
      expect(await hours('ETH@alpha', at('01:29:59'))).toEqual([null, null, 115])
      expect(await hours('BTC@alpha', at('00:30:00'))).toEqual([null, null, 40])
      expect(await hours('ETH/USDT@gamma', at('01:30:00'))).toEqual([null, null, 210])
      // What is exactly an hour old belongs to the hour before.
      const later = await price(engine, { coins: ['BTC@alpha'], at: at('01:30:00'), maxStaleness: minutes(61) })
      expect(later.rows[0]!.last_24h.slice(-2)).toEqual([40, null])
    })

    test('a moment in the future is answered as of now, and now is a moment like any other', async () => {
      const ask = (moment: string) => price(engine, { coins: ['BTC@alpha'], at: moment, now: at('00:31:00') })
      const [future, now] = [await ask('2030-01-01T00:00:00Z'), await ask(at('00:31:00'))]
      expect(future.rows).toEqual(now.rows)
      expect(now.rows).toMatchObject([{ price: '40', age: 60 }])
      expect([future.notes.length, now.notes]).toEqual([1, []])
    })

    test('leaves out what is too old and says how old', async () => {
      const answer = await price(engine, { coins: ['BTC@alpha'], at: at('02:00:00') })
      expect(answer.rows).toEqual([])
      expect(answer.notes[0]!.text).toContain('2 h old (2025-01-01T00:30:00Z); --max-staleness 91m accepts it')
      const allowed = { coins: ['BTC@alpha'], at: at('02:00:00'), maxStaleness: minutes(91) }
      expect((await price(engine, allowed)).rows).toMatchObject([{ price: '40', age: 5400 }])
    })
  })

  describe('candles', () => {
    test('from ticks: first and last by time', async () => {
      const answer = await candles(engine, {
        coin: 'BTC@alpha',
        from: at('00:00:00'),
        to: at('01:00:00'),
        now: NOW,
        tz: 'UTC',
        every: parseEvery('20m'),
      })
      expect(answer.rows.map((r) => [r.timestamp, r.open, r.high, r.low, r.close, r.n_obs, r.partial])).toEqual([
        [at('00:00:00'), '10', '20', '10', '20', 2, false],
        [at('00:20:00'), '40', '40', '40', '40', 1, false],
      ])
    })

    test('from stored candles of one timeframe that divides the width', async () => {
      const answer = await candles(engine, {
        coin: 'ETH@alpha',
        from: at('00:00:00'),
        to: at('02:00:00'),
        now: NOW,
        tz: 'UTC',
        every: parseEvery('1h'),
      })
      expect(answer.rows.map((r) => [r.timestamp, r.open, r.high, r.low, r.close, r.volume, r.coverage])).toEqual([
        [at('00:00:00'), '100', '120', '90', '115', '3', 1],
        [at('01:00:00'), '115', '115', '115', '115', null, 0.5],
      ])
    })

    test('a bar cut by the window is partial', async () => {
      const answer = await candles(engine, {
        coin: 'BTC@alpha',
        from: at('00:05:00'),
        to: at('00:35:00'),
        now: NOW,
        tz: 'UTC',
        every: parseEvery('20m'),
      })
      expect(answer.rows.map((r) => r.partial)).toEqual([true, true])
    })

    test('days of a zone, months, and weeks from Monday', async () => {
      const all = { coin: 'BTC@alpha', from: '2024-12-01T00:00:00Z', to: '2025-02-01T00:00:00Z', now: NOW }
      const first = async (every: string, tz: string) =>
        (await candles(engine, { ...all, tz, every: parseEvery(every) })).rows[0]!.timestamp
      expect(await first('1d', 'America/New_York')).toBe('2024-12-31T05:00:00Z')
      expect(await first('1w', 'UTC')).toBe('2024-12-30T00:00:00Z')
      expect(await first('1M', 'UTC')).toBe('2025-01-01T00:00:00Z')
    })

    test('days that begin on the half hour are not made of whole hours', async () => {
      const day = { from: '2024-12-31T18:30:00Z', to: '2025-01-01T18:30:00Z', now: NOW, tz: 'Asia/Kolkata' }
      const hours = candles(engine, { ...day, coin: 'ETH/USDT@gamma', every: parseEvery('1d') })
      await expect(hours).rejects.toMatchObject({ code: 'no-basis' })
      const halves = await candles(engine, { ...day, coin: 'ETH@alpha', every: parseEvery('1d') })
      expect(halves.rows).toMatchObject([{ basis: 'candles:30m', open: '100', close: '115', n_obs: 3 }])
    })

    test('a width no stored timeframe divides is refused, naming what there is', async () => {
      const answer = candles(engine, {
        coin: 'ETH@gamma',
        from: at('00:00:00'),
        to: at('02:00:00'),
        now: NOW,
        tz: 'UTC',
        every: parseEvery('7m'),
      })
      await expect(answer).rejects.toMatchObject({ code: 'no-basis', detail: expect.stringContaining('candles:1h') })
    })
  })

  describe('coins and coverage', () => {
    test('coins lists what has markets', async () => {
      expect((await coins(engine, {})).rows.map((r) => [r.coin_id, r.symbol, r.exchanges, r.quotes])).toEqual([
        ['bitcoin', 'BTC', 3, 'USD'],
        ['ethereum', 'ETH', 2, 'EUR USD USDT'],
        ['pepe', 'PEPE', 1, 'USD'],
      ])
      expect((await coins(engine, { like: 'bit' })).rows).toHaveLength(1)
    })

    test('coverage counts what is there and what a market without gaps would have', async () => {
      const answer = await coverage(engine, { coins: ['ETH'], exchange: 'alpha' })
      expect(answer.rows.map((r) => [r.timeframe, r.n_obs, r.expected, r.coverage, r.definition])).toEqual([
        ['30m', 3, 3, 1, 'coverage/1'],
        ['1h', 1, 1, 1, 'coverage/1'],
      ])
    })

    test('an unknown coin lists near names', async () => {
      await expect(coverage(engine, { coins: ['etherum'] })).rejects.toMatchObject({
        code: 'unknown-coin',
        exit: 1,
        detail: expect.stringContaining('ethereum'),
      })
    })
  })
})
