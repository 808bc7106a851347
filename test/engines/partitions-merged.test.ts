// Chunks that lie across the grid of those to come: wider ones that compression merged, and those of another interval.
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { openPartitions } from '../../src/storage/partitions.ts'
import { openSession, type StorageSession } from '../../src/storage/session.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'

describeTiers('chunks across the grid', (tier) => {
  if (tier.name === 'plain') {
    test('see partitions.test.ts', () => {})
    return
  }
  let database: TestDatabase
  let client: pg.Client
  let session: StorageSession
  beforeEach(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    session = await openSession(database.connection, DEFAULT_LIMITS)
  })
  afterEach(async () => {
    await session.close()
    await client.end()
    await database.drop()
  })

  const spans = async (): Promise<{ lower: Date; upper: Date }[]> =>
    (
      await client.query(
        `select range_start as lower, range_end as upper from timescaledb_information.chunks
           where hypertable_name = 'candles' order by 1`,
      )
    ).rows.map(({ lower, upper }) => ({ lower: new Date(lower), upper: new Date(upper) }))
  const width = (length: string) =>
    client.query("select set_chunk_time_interval('arxdb.candles', $1::interval)", [length])
  const make = async (since: string, until: string): Promise<number> =>
    (await client.query("select arxdb.ensure_partitions('candles', $1, $2) as made", [since, until])).rows[0].made
  const insert = (since: string, until: string, step: string) =>
    client.query(
      `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
         select 1, t, 1, 1, 1, 1 from generate_series($1::timestamptz, $2::timestamptz, $3::interval) t`,
      [since, until, step],
    )
  const whole = async () => {
    const found = await spans()
    for (const [i, { upper }] of found.slice(0, -1).entries()) expect(found[i + 1]!.lower).toEqual(upper)
    return found
  }

  test('what lies between them is made, once, and a load then knows that nothing is missing', async () => {
    await width('7 days')
    // Two stretches with a hole that is no multiple of what comes.
    expect(await make('2024-02-01', '2024-02-20')).toBeGreaterThan(2)
    expect(await make('2024-05-03', '2024-05-04')).toBe(1)
    await width('30 days')
    const there = await spans()
    const partitions = openPartitions(session, 'candles')
    expect(await partitions.cover('2024-01-01T00:00:00Z', '2024-06-30T00:00:00Z')).toBeGreaterThan(4)
    const found = await whole()
    expect(found).toEqual(expect.arrayContaining(there))
    expect(found[0]!.lower.getTime()).toBeLessThanOrEqual(Date.UTC(2024, 0, 1))
    expect(found.at(-1)!.upper.getTime()).toBeGreaterThan(Date.UTC(2024, 5, 30))
    for (const { lower, upper } of found) expect(upper.getTime() - lower.getTime()).toBeLessThanOrEqual(30 * 86_400_000)
    expect(await make('2024-01-01', '2024-06-30')).toBe(0)
    // Known without a question: the server is not even there to ask.
    await session.close()
    expect(await partitions.cover('2024-01-01T00:00:00Z', '2024-06-30T00:00:00Z')).toBe(0)
    session = await openSession(database.connection, DEFAULT_LIMITS)
    await insert('2024-01-01', '2024-06-30', '6 hours')
    expect(await spans()).toEqual(found)
    expect((await client.query('select count(*)::int as n from arxdb.candles where market_id = -1')).rows[0].n).toBe(0)
  })

  test('before the year 1970 too', async () => {
    await width('7 days')
    await make('1969-11-05', '1969-11-05')
    await width('30 days')
    await make('1969-09-01', '1970-02-01')
    await whole()
    expect(await make('1969-09-01', '1970-02-01')).toBe(0)
  })

  test.runIf(tier.name === 'community')('merged by compression, then loaded around and into', async () => {
    await width('7 days')
    await client.query(
      `alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id',
         timescaledb.compress_orderby = 'timestamp', timescaledb.compress_chunk_time_interval = '35 days')`,
    )
    await insert('2024-02-01', '2024-04-30', '1 hour')
    const before = await spans()
    for (const { lower } of before)
      await client.query(
        `select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass)
           from timescaledb_information.chunks where hypertable_name = 'candles' and range_start = $1`,
        [lower],
      )
    const merged = await spans()
    expect(merged.length).toBeLessThan(before.length / 3)
    await width('30 days')
    const partitions = openPartitions(session, 'candles')
    expect(await partitions.cover(merged[0]!.lower.toISOString(), '2024-04-30T00:00:00Z')).toBe(0)
    expect(await partitions.cover('2023-12-01T00:00:00Z', '2024-07-01T00:00:00Z')).toBeGreaterThan(2)
    const found = await whole()
    expect(found).toEqual(expect.arrayContaining(merged))
    await insert('2023-12-01 00:30', '2024-07-01 00:30', '1 hour')
    expect(await spans()).toEqual(found)
  })
})
