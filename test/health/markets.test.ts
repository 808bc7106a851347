// Checks of the market data: fresh, without holes, like the others, from every source, and rolled up.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTiers, emptyDatabase, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { checked, session } from './scene.ts'

interface Bars {
  readonly coin: string
  readonly exchange: string
  readonly timeframe: string
  /** Of the first and the last bar, in widths before now. */
  readonly from: number
  readonly to: number
  /** SQL of the price, by the bar's number n. */
  readonly price?: string
}

const SECONDS: Readonly<Record<string, number>> = { '1m': 60, '1h': 3600, '1d': 86_400, '1M': 2_592_000 }

/** Candles or ticks (a minute apart) up to so many widths ago; returns the market. */
async function fill(client: pg.Client, { coin, exchange, timeframe, from, to, price = '100' }: Bars): Promise<number> {
  const seconds = SECONDS[timeframe] ?? 60
  const { rows } = await client.query("select arxdb.market($1, upper($1), $2, 'USD', $3) as id", [
    coin,
    exchange,
    timeframe,
  ])
  const id = rows[0].id
  const facts = timeframe === 'tick' ? 'prices' : 'candles'
  await client.query("select arxdb.ensure_partitions($1, now() - $2 * interval '1 s', now() - $3 * interval '1 s')", [
    ...[facts, (from + 1) * seconds, to * seconds],
  ])
  const at = `date_bin(${seconds} * interval '1 s', now(), '2000-01-01') - n * ${seconds} * interval '1 s'`
  const numbers = 'from generate_series($2::int, $3::int) n'
  await client.query(
    facts === 'prices'
      ? `insert into arxdb.prices (market_id, timestamp, price) select $1, ${at}, ${price} ${numbers}`
      : `insert into arxdb.candles (market_id, timestamp, open, high, low, close) select $1, ${at}, p, p, p, p ${numbers} cross join lateral (select ${price} as p) x`,
    [id, to, from],
  )
  return id
}

describeTiers('market data', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await session(database.url)
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const empty = () =>
    client.query(
      'truncate arxdb.prices; truncate arxdb.candles; truncate arxdb.rollup_dirty; delete from arxdb.markets; delete from arxdb.imports',
    )
  const seen = (name: string, asking = {}) => checked(database.connection, name, asking)

  test('freshness', async () => {
    await empty()
    expect(await seen('freshness')).toMatchObject([{ state: 'OK', text: 'there is no market' }])
    await fill(client, { coin: 'aaa', exchange: 'alpha', timeframe: '1h', from: 20, to: 1 })
    await fill(client, { coin: 'aaa', exchange: 'alpha', timeframe: '1M', from: 6, to: 2 })
    await fill(client, { coin: 'aaa', exchange: 'alpha', timeframe: 'tick', from: 20, to: 1 })
    expect(await seen('freshness')).toMatchObject([
      { state: 'OK', object: null, text: expect.stringMatching(/^3 are well; nearest to trouble is /) },
    ])
    await fill(client, { coin: 'bbb', exchange: 'alpha', timeframe: '1h', from: 20, to: 8 })
    await fill(client, { coin: 'ccc', exchange: 'alpha', timeframe: 'tick', from: 200, to: 70 })
    // History: of years ago, and nobody's trouble.
    const old = await fill(client, { coin: 'ddd', exchange: 'alpha', timeframe: '1h', from: 20_005, to: 20_000 })
    const found = await seen('freshness')
    expect(found).toMatchObject([
      {
        ...{ state: 'CRITICAL', object: 'ccc/USD@alpha tick', value: 14 },
        ...{ text: expect.stringMatching(/^the newest tick is 7\d min ago$/), try: 'arxdb coverage ccc/USD@alpha' },
      },
      {
        ...{ state: 'WARNING', object: 'bbb/USD@alpha 1h', value: 7, unit: '1' },
        text: expect.stringMatching(/^the newest bar began [89] h ago, 7 lack since$/),
      },
    ])
    await client.query('delete from arxdb.candles where market_id <> $1', [old])
    await client.query('delete from arxdb.prices')
    expect(await seen('freshness')).toMatchObject([{ state: 'SKIPPED', object: '6 of 6 markets' }])
    await fill(client, { coin: 'bbb', exchange: 'alpha', timeframe: '1h', from: 20, to: 1 })
    expect(await seen('freshness')).toMatchObject([{ state: 'OK' }])
  })

  test('market-gaps', async () => {
    await empty()
    expect(await seen('market-gaps')).toMatchObject([{ state: 'OK' }])
    await fill(client, { coin: 'aaa', exchange: 'alpha', timeframe: '1h', from: 100, to: 1 })
    const id = await fill(client, { coin: 'bbb', exchange: 'alpha', timeframe: '1m', from: 99, to: 0 })
    expect(await seen('market-gaps')).toMatchObject([{ state: 'OK', text: 'no market lacks bars in its last ones' }])
    await client.query(
      'delete from arxdb.candles where market_id = $1 and timestamp in (select timestamp from arxdb.candles where market_id = $1 order by timestamp desc offset 40 limit 10)',
      [id],
    )
    const [bad] = await seen('market-gaps')
    expect(bad).toMatchObject({
      ...{ state: 'WARNING', object: 'bbb/USD@alpha 1m', value: 10 },
      ...{ text: expect.stringMatching(/^10 of 100 bars since 2\d{3}-.* are not there, 10%$/) },
      try: expect.stringMatching(/^arxdb gaps bbb\/USD@alpha --timeframe 1m --from 2/),
    })
    expect(await seen('market-gaps', { thresholds: { 'market-gaps': { warn: 8, crit: 10 } } })).toMatchObject([
      { state: 'CRITICAL' },
    ])
  })

  test('outliers beside other venues', async () => {
    await empty()
    for (const exchange of ['alpha', 'beta', 'gamma'])
      await fill(client, { coin: 'aaa', exchange, timeframe: '1h', from: 40, to: 1, price: '100 + n % 3' })
    expect(await seen('outliers')).toMatchObject([{ state: 'OK' }])
    await client.query(
      `update arxdb.candles c set open = 1.4 * open, high = 1.4 * high, low = 1.4 * low, close = 1.4 * close
         from arxdb.markets m where m.market_id = c.market_id and m.exchange_id = 'gamma' and c.timestamp > now() - interval '2 h'`,
    )
    expect(await seen('outliers')).toMatchObject([
      {
        ...{ state: 'WARNING', object: 'aaa/USD@gamma 1h', value: 40 },
        ...{
          text: '141.4 is 40% above the median, 101, of 2 others',
          try: expect.stringContaining('arxdb price aaa/USD@gamma'),
        },
      },
    ])
  })

  test('outliers beside their own past', async () => {
    await empty()
    await fill(client, { coin: 'solo', exchange: 'alpha', timeframe: '1h', from: 40, to: 1, price: '100 + n % 3' })
    // It has always jumped like this.
    await fill(client, {
      coin: 'wild',
      exchange: 'alpha',
      timeframe: '1d',
      from: 25,
      to: 1,
      price: '100 * exp(0.5 * sin(n))',
    })
    await fill(client, { coin: 'new', exchange: 'alpha', timeframe: '1h', from: 4, to: 1, price: '10 ^ n' })
    expect(await seen('outliers')).toMatchObject([{ state: 'OK' }])
    await fill(client, { coin: 'solo', exchange: 'alpha', timeframe: '1h', from: 0, to: 0, price: '1010' })
    expect(await seen('outliers')).toMatchObject([
      {
        state: 'CRITICAL',
        object: 'solo/USD@alpha 1h',
        value: 900,
        text: expect.stringMatching(/^1010 is 900% above the median, 101, of its last 30, of which half/),
      },
    ])
  })

  test('stale-sources', async () => {
    await empty()
    const load = (source: string, from: number, to: number, every: number) =>
      client.query(
        `insert into arxdb.imports (state, target, source, attribution, finished_at)
           select 'done', 'candles', $1, '', now() - h * interval '1 h' from generate_series($2::int, $3::int, -$4::int) h`,
        [source, from, to, every],
      )
    expect(await seen('stale-sources')).toMatchObject([{ state: 'OK', text: expect.stringContaining('no source') }])
    await load('kraken', 100, 30, 2)
    // Alone it is not told from a system that is off.
    expect(await seen('stale-sources')).toMatchObject([{ state: 'OK', object: 'kraken' }])
    await load('binance', 100, 0, 2)
    // Once a folder, all in an hour.
    await load('archive', 60, 60, 1)
    expect(await seen('stale-sources')).toMatchObject([
      {
        ...{ state: 'CRITICAL', object: 'kraken', value: 15 },
        text: 'silent for 30 h (36 imports in 90 d, usually 2 h apart), while 16 imports of others ended',
      },
    ])
    await load('kraken', 1, 1, 1)
    expect(await seen('stale-sources')).toMatchObject([{ state: 'OK' }])
  })

  test('rollup-lag', async () => {
    await empty()
    const state = mkdtempSync(join(tmpdir(), 'arxdb-health-'))
    const after = (days: number) => ({ state, now: () => new Date(Date.now() + days * 86_400_000) })
    expect(await seen('rollup-lag', after(0))).toMatchObject([{ state: 'OK', text: 'every rollup is as the rows are' }])
    await fill(client, { coin: 'aaa', exchange: 'alpha', timeframe: '1m', from: 100, to: 1 })
    expect(await seen('rollup-lag', after(1))).toMatchObject([{ state: 'OK', value: 0 }])
    expect(await seen('rollup-lag', after(3))).toMatchObject([
      {
        state: 'WARNING',
        value: expect.closeTo(172_800, -2),
        text: expect.stringMatching(/^1 range of 1 market, the oldest waiting for at least 2 d: /),
      },
    ])
    expect(await seen('rollup-lag', after(9))).toMatchObject([{ state: 'CRITICAL' }])
    // A refresh, and what came since.
    await client.query('truncate arxdb.rollup_dirty')
    await fill(client, { coin: 'bbb', exchange: 'alpha', timeframe: '1m', from: 100, to: 1 })
    expect(await seen('rollup-lag', after(9))).toMatchObject([{ state: 'OK', value: 0 }])
    rmSync(state, { recursive: true })
  })

  test('a role without the data is told which GRANT it wants, and works with it', async () => {
    const role = `arxdb_eyes_${process.pid}_${tier.name}`
    await client.query(`create role ${role} login in role pg_monitor; grant usage on schema arxdb to ${role}`)
    const eyes = { ...database.connection, user: role }
    const names = ['freshness', 'market-gaps', 'stale-sources', 'outliers', 'rollup-lag']
    for (const name of names) {
      const [blind] = await checked(eyes, name)
      expect(blind, name).toMatchObject({
        state: 'UNKNOWN',
        text: expect.stringContaining(`${role} may not read arxdb.`),
      })
      await client.query(blind!.try!)
      expect((await checked(eyes, name))[0]!.state, name).not.toBe('UNKNOWN')
      await client.query(`revoke all on all tables in schema arxdb from ${role}`)
    }
    await client.query(`revoke usage on schema arxdb from ${role}`)
    for (const name of names)
      expect(await checked(eyes, name)).toMatchObject([
        { state: 'UNKNOWN', try: expect.stringContaining('grant usage on schema arxdb') },
      ])
    await client.query(`drop role ${role}`)
  })

  test('without the schema they are skipped', async () => {
    const bare = await emptyDatabase(tier)
    for (const name of ['freshness', 'market-gaps', 'stale-sources', 'outliers', 'rollup-lag'])
      expect(await checked(bare.connection, name)).toMatchObject([{ state: 'SKIPPED', try: 'arxdb migrate' }])
    await bare.drop()
  })
})
