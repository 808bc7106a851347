// Holes in the data, against answers worked out by hand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GapsQuery, gaps } from '../../src/core/gaps.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { insertBars, insertTicks } from './market-rows.ts'

const at = (time: string) => `2025-01-01T${time}Z`

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    const client = await openClient(database.connection)
    await insertTicks(
      client,
      ['01:00:00', '01:05:00', '01:10:01', '03:00:00'].map((time) => ['bitcoin', 'alpha', at(time), '1'] as const),
    )
    await insertBars(
      client,
      // 03:00 is missing, then 05:00 and 06:00.
      ['01:00:00', '02:00:00', '04:00:00', '07:00:00'].map(
        (time) => ['bitcoin', 'beta', 'EUR', '1h', at(time), '1'] as const,
      ),
    )
    await insertBars(
      client,
      ['01-31', '02-28', '04-30'].map(
        (day) => ['ethereum', 'beta', 'USD', '1M', `2025-${day}T00:00:00Z`, '1'] as const,
      ),
    )
    await client.end()
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })

  afterAll(async () => {
    await engine?.close()
    await database?.drop()
  })

  const of = async (coin: string, query: Partial<GapsQuery> = {}) =>
    (await gaps(engine, { coins: [coin], ...query })).rows.map((r) => [r.from, r.to, r.missing_bars, r.seconds, r.edge])

  test('of candles: from the first missing bar to the next that is there', async () => {
    expect(await of('BTC@beta')).toEqual([
      [at('03:00:00'), at('04:00:00'), 1, 3600, null],
      [at('05:00:00'), at('07:00:00'), 2, 7200, null],
    ])
    expect(await of('BTC@beta', { minBars: 2 })).toEqual([[at('05:00:00'), at('07:00:00'), 2, 7200, null]])
    const [row] = (await gaps(engine, { coins: ['BTC/EUR'] })).rows
    expect(row).toMatchObject({
      coin_id: 'bitcoin',
      exchange_id: 'beta',
      quote: 'EUR',
      timeframe: '1h',
      definition: 'gaps/1',
    })
  })

  test('of ticks: longer than so much from one to the next', async () => {
    // Exactly 5 min from 01:00 to 01:05 is no gap, a second more is one.
    expect(await of('BTC@alpha')).toEqual([
      [at('01:05:00'), at('01:10:01'), null, 301, null],
      [at('01:10:01'), at('03:00:00'), null, 6599, null],
    ])
    expect(await of('BTC@alpha', { longerThan: 3_600_000 })).toEqual([
      [at('01:10:01'), at('03:00:00'), null, 6599, null],
    ])
  })

  test('with bounds, also before the first and behind the last; whole bars only', async () => {
    const bounds = { from: at('00:00:00'), to: at('09:30:00'), minBars: 1 }
    expect(await of('BTC@beta', bounds)).toEqual([
      [at('00:00:00'), at('01:00:00'), 1, 3600, 'start'],
      [at('03:00:00'), at('04:00:00'), 1, 3600, null],
      [at('05:00:00'), at('07:00:00'), 2, 7200, null],
      [at('08:00:00'), at('09:00:00'), 1, 3600, 'end'],
    ])
    expect(await of('BTC@beta', { from: at('00:30:00'), to: at('02:59:59') })).toEqual([])
    expect(await of('BTC@alpha', { from: at('00:30:00'), to: at('01:12:00') })).toEqual([
      [at('00:30:00'), at('01:00:00'), null, 1800, 'start'],
      [at('01:05:00'), at('01:10:01'), null, 301, null],
    ])
    expect(await of('BTC', { from: at('10:00:00'), to: at('12:00:00') })).toEqual([
      [at('10:00:00'), at('12:00:00'), null, 7200, 'both'],
      [at('10:00:00'), at('12:00:00'), 2, 7200, 'both'],
    ])
  })

  test('in order of time, or the longest first', async () => {
    const order = async (order: 'time' | 'size') => (await of('BTC', { order })).map(([, , , seconds]) => seconds)
    expect(await order('time')).toEqual([301, 6599, 3600, 7200])
    expect(await order('size')).toEqual([7200, 6599, 3600, 301])
  })

  test('none is said, and so is a timeframe that is not there', async () => {
    const { rows, notes } = await gaps(engine, { coins: ['BTC'], timeframe: 'tick', longerThan: 86_400_000 })
    expect([rows, notes]).toEqual([[], [{ level: 'info', text: 'no gaps' }]])
    expect((await gaps(engine, { coins: ['BTC'], timeframe: '5m' })).notes).toMatchObject([{ level: 'warn' }])
  })

  test('months of 31 days are no gaps, a missing month is one', async () => {
    expect(await of('ETH')).toEqual([['2025-03-30T00:00:00Z', '2025-04-30T00:00:00Z', 1, 31 * 86_400, null]])
  })
})
