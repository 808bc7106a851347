// Capitalisation, volume and dominance of the whole market, against answers worked out by hand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseEvery } from '../../src/core/interval.ts'
import { type MarketHistoryQuery, marketHistory, marketNow, metricsOf } from '../../src/core/market-analytics.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const day = (n: number, time = '00:00:00') => `2025-01-0${n}T${time}Z`

/** source, time, cap, volume, dominance of bitcoin, coins: one metric a row, as sources give them. */
const ROWS = [
  ['global', day(1), '2000', null, null, null],
  ['global', day(1, '06:00:00'), null, '50', null, null],
  ['global', day(1, '12:00:00'), '2500.000000000000000000001', null, '60.5', null],
  ['global', day(2), '2000', null, null, null],
  ['global', day(2, '23:00:00'), null, null, '61', 12000],
  ['global', day(4), '3000', '70', null, null],
  ['other', day(2), '1', null, null, null],
] as const

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    const client = await openClient(database.connection)
    for (const row of ROWS) {
      await client.query(
        `insert into crypto_market_analytics (exchange_id, timestamp, total_market_cap, total_volume, btc_dominance,
           active_cryptocurrencies) values ($1, $2, $3, $4, $5, $6)`,
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

  const history = (query: Partial<MarketHistoryQuery> = {}) =>
    marketHistory(engine, {
      metrics: metricsOf([]),
      exchange: 'global',
      from: day(1),
      to: day(5),
      every: parseEvery('1d'),
      tz: 'UTC',
      now: day(9),
      ...query,
    })

  test('each bucket has the last value of each metric, and the change of the capitalisation', async () => {
    const { rows } = await history()
    const { exchange_id: _, eth_dominance, markets, definition, ...first } = rows[0]!
    expect(first).toEqual({
      timestamp: day(1),
      total_market_cap: '2500.000000000000000000001',
      total_volume: '50',
      btc_dominance: '60.5',
      active_cryptocurrencies: null,
      market_cap_change: null,
      n_obs: 3,
      // The volume of 06:00.
      oldest_source_age: 18 * 3600,
      partial: false,
    })
    expect([eth_dominance, markets, definition]).toEqual([null, null, 'market-buckets/1'])
    expect(rows.slice(1).map((r) => [r.timestamp, r.total_market_cap, r.active_cryptocurrencies])).toEqual([
      [day(2), '2000', 12000],
      [day(4), '3000', null],
    ])
    expect(rows[1]!.market_cap_change).toBeCloseTo(2000 / 2500 - 1, 15)
    // On the third there was nothing: the fourth is not compared with the second.
    expect(rows[2]!.market_cap_change).toBeNull()
  })

  test('only the metrics asked for count', async () => {
    const { rows, columns } = await history({ metrics: metricsOf(['dominance']) })
    expect(rows.map((r) => [r.timestamp, r.btc_dominance, r.total_market_cap, r.oldest_source_age])).toEqual([
      [day(1), '60.5', null, 12 * 3600],
      [day(2), '61', null, 3600],
    ])
    expect(columns.map((column) => column.name)).toEqual([
      'timestamp',
      'exchange_id',
      'btc_dominance',
      'eth_dominance',
      'n_obs',
      'oldest_source_age',
      'partial',
      'definition',
    ])
  })

  test('a bucket cut by the window or by the present is partial; its age is to where it is cut', async () => {
    const cut = await history({ from: day(1, '01:00:00'), to: day(2, '23:30:00') })
    expect(cut.rows.map((r) => [r.partial, r.oldest_source_age])).toEqual([
      [true, 18 * 3600],
      [true, 23.5 * 3600],
    ])
    const running = await history({ now: day(4, '01:00:00') })
    expect(running.rows.map((r) => r.partial)).toEqual([false, false, true])
    expect(running.rows[2]!.oldest_source_age).toBe(3600)
  })

  test('sources are never mixed; days follow the zone, months the calendar', async () => {
    const all = await history({ exchange: undefined })
    expect(all.rows.map((r) => r.exchange_id)).toEqual(['global', 'global', 'global', 'other'])
    expect(all.rows[3]!.market_cap_change).toBeNull()
    const berlin = await history({ tz: 'Europe/Berlin', from: '2024-12-31T00:00:00Z' })
    expect(berlin.rows[0]!.timestamp).toBe('2024-12-31T23:00:00Z')
    expect((await history({ every: parseEvery('1M') })).rows.map((r) => r.timestamp)).toEqual([day(1)])
    await expect(history({ every: parseEvery('2M') })).rejects.toMatchObject({ code: 'usage' })
  })

  test('now: the newest of each metric, however they are spread over rows', async () => {
    const { rows, notes } = await marketNow(engine, { metrics: metricsOf([]), exchange: 'global', at: day(4) })
    expect(rows.map((r) => [r.metric, r.value, r.timestamp, r.age])).toEqual([
      ['total_market_cap', '3000', day(4), 0],
      ['total_volume', '70', day(4), 0],
      ['btc_dominance', '61', day(2, '23:00:00'), 25 * 3600],
      ['active_cryptocurrencies', '12000', day(2, '23:00:00'), 25 * 3600],
    ])
    expect(notes).toEqual([])
    const before = await marketNow(engine, { metrics: metricsOf(['cap']), at: day(3, '23:59:59') })
    expect(before.rows.map((r) => [r.exchange_id, r.value])).toEqual([
      ['global', '2000'],
      ['other', '1'],
    ])
  })

  test('what is old is said, and a source that says nothing as well', async () => {
    const { notes } = await marketNow(engine, { metrics: metricsOf(['volume']), exchange: 'global', at: day(9) })
    expect(notes).toEqual([{ level: 'warn', text: `global: total_volume is 5 d old (${day(4)})` }])
    const none = await marketNow(engine, { metrics: metricsOf([]), exchange: 'nobody', at: day(9) })
    expect([none.rows, none.notes[0]?.level]).toEqual([[], 'warn'])
  })

  test('metrics have short names; a wrong one hears the nearest', () => {
    expect(metricsOf(['BTC', 'cap'])).toEqual(['total_market_cap', 'btc_dominance'])
    expect(() => metricsOf(['volum'])).toThrow(expect.objectContaining({ hint: 'volume' }))
  })
})
