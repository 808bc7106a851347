// Partitions and chunks made ahead of a load, on every tier.
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const ENSURE = 'select arxdb.ensure_partitions($1, $2, $3) as made'

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let client: pg.Client

  beforeEach(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
  })

  afterEach(async () => {
    await client.end()
    await database.drop()
  })

  const made = async (from: string, to: string, by = client): Promise<number> =>
    (await by.query(ENSURE, ['candles', from, to])).rows[0].made

  /** [lower, upper) of everything that holds candles. */
  const spans = async (): Promise<{ lower: string; upper: string }[]> => {
    const sql =
      tier.name === 'plain'
        ? "select lower, upper from arxdb.partitions('candles') order by 1"
        : "select range_start as lower, range_end as upper from timescaledb_information.chunks where hypertable_name = 'candles' order by 1"
    return (await client.query(sql)).rows
  }

  test('cover the whole range, without a hole, and only once', async () => {
    expect(await made('2024-01-01', '2024-12-31')).toBeGreaterThanOrEqual(5)
    expect(await made('2024-01-01', '2024-12-31')).toBe(0)
    const found = await spans()
    expect(Date.parse(found[0]!.lower)).toBeLessThanOrEqual(Date.parse('2024-01-01T00:00:00Z'))
    expect(Date.parse(found.at(-1)!.upper)).toBeGreaterThan(Date.parse('2024-12-31T00:00:00Z'))
    for (const [i, { upper }] of found.slice(0, -1).entries()) expect(found[i + 1]!.lower).toBe(upper)
    const { rows } = await client.query('select count(*)::int as n from arxdb.candles')
    expect(rows[0].n).toBe(0)
  })

  test('two loads that need the same ones at once both get them', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => openClient(database.connection)))
    const counts = await Promise.all(clients.map((c) => made('2020-01-01', '2021-01-01', c)))
    await Promise.all(clients.map((c) => c.end()))
    const found = await spans()
    expect(Math.max(...counts)).toBeGreaterThan(0)
    expect(new Set(found.map((s) => s.lower)).size).toBe(found.length)
    for (const [i, { upper }] of found.slice(0, -1).entries()) expect(found[i + 1]!.lower).toBe(upper)
  })

  test('a row written by hand finds its place at any moment', async () => {
    await client.query(
      `insert into crypto_ohlcv (symbol, exchange_id, timestamp, open_price, high_price, low_price, close_price, volume, timeframe)
         select 'BTC', 'alpha', t, 1, 1, 1, 1, 1, '1d' from generate_series(timestamptz '2013-01-01', '2024-01-01', '100 days') t`,
    )
    const { rows } = await client.query('select count(*)::int as n from crypto_ohlcv')
    expect(rows[0].n).toBe(41)
  })

  test.runIf(tier.name === 'plain')('a changed width bounds new ones by their neighbours', async () => {
    await made('2024-06-01', '2024-06-01')
    const [first] = await spans()
    await client.query("update arxdb.partitioning set width = '365 days' where table_name = 'candles'")
    await made('2024-01-01', '2024-12-31')
    const found = await spans()
    expect(found).toContainEqual(first)
    for (const [i, { upper }] of found.slice(0, -1).entries()) expect(found[i + 1]!.lower).toBe(upper)
    await client.query(
      `insert into crypto_ohlcv (symbol, exchange_id, timestamp, open_price, high_price, low_price, close_price, volume, timeframe)
         values ('BTC', 'alpha', '2024-12-30', 1, 1, 1, 1, 1, '1d')`,
    )
  })
})
