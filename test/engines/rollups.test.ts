// Answers from rollups are those of the raw rows, to the last digit, whatever was done to the rows in between.
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { candles } from '../../src/core/candles.ts'
import { coverage } from '../../src/core/coverage.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { twap } from '../../src/core/twap.ts'
import { vwap } from '../../src/core/vwap.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { refreshRollups } from '../../src/storage/rollups.ts'
import { openSession, type StorageSession } from '../../src/storage/session.ts'
import { session as commandLine } from '../cli/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const NOW = '2026-01-01T00:00:00Z'
const START = Date.UTC(2025, 0, 1)
const MINUTES = 4 * 1440
const instant = (minute: number, seconds = 0) => new Date(START + minute * 60_000 + seconds * 1000).toISOString()

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine
  let client: pg.Client
  let session: StorageSession
  let bars: number
  let ticks: number

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    const market = async (timeframe: string) =>
      (await client.query("select arxdb.market('bitcoin', 'BTC', 'alpha', 'USD', $1) as id", [timeframe])).rows[0].id
    bars = await market('1m')
    ticks = await market('tick')
    for (const table of ['prices', 'candles'])
      await client.query('select arxdb.ensure_partitions($1, $2, $3)', [table, instant(0), instant(MINUTES)])
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
    session = await openSession(database.connection, DEFAULT_LIMITS)
  })

  afterAll(async () => {
    await engine?.close()
    await session?.close()
    await client?.end()
    await database?.drop()
  })

  const clear = () => client.query('truncate arxdb.prices, arxdb.candles, arxdb.rollups, arxdb.rollup_dirty')

  /** Prices that end in all kinds of digits, so that a sum in the wrong order would show. */
  const insertBars = (from: number, count: number, step: number, salt: number) =>
    client.query(
      `insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume)
         select $1, $2::timestamptz + i * $3 * interval '1 minute', p, p * 1.01, p * 0.99, p + 0.0001,
                case when i % 7 = 3 then null else 1 + i % 5 / 3.0 end
           from generate_series(0, $4::int - 1) as i
           cross join lateral (select (100 + ((i * 7919 + $5::int * 104729) % 1009) / 7.0)::numeric as p) x
         on conflict (market_id, timestamp) do update set close = excluded.close, volume = excluded.volume,
           low = least(candles.low, excluded.low), high = greatest(candles.high, excluded.high)`,
      [bars, instant(from), step, count, salt],
    )
  const insertTicks = (from: number, count: number, seconds: number, salt: number) =>
    client.query(
      `insert into arxdb.prices (market_id, timestamp, price)
         select $1, $2::timestamptz + (i * $3 + i * i % 11) * interval '1 second',
                1 + ((i * 7919 + $5::int * 104729) % 1009) / 13.0
           from generate_series(0, $4::int - 1) as i
         on conflict (market_id, timestamp) do update set price = excluded.price`,
      [ticks, instant(from), seconds, count, salt],
    )
  const remove = (table: 'prices' | 'candles', from: number, until: number) =>
    client.query(`delete from arxdb.${table} where timestamp >= $1 and timestamp < $2`, [instant(from), instant(until)])
  const rolledUp = async () => (await client.query('select count(*)::int as n from arxdb.rollups')).rows[0].n as number

  interface Window {
    readonly from: string
    readonly to: string
  }

  async function answers(window: Window, staleness: number | undefined, rollup: boolean) {
    const common = { coin: 'BTC', ...window, now: NOW, rollup }
    const rows: object[] = []
    for (const basis of ['ticks', 'candles'] as const) {
      const query = { ...common, basis, maxStaleness: staleness }
      for (const every of [undefined, parseEvery('1h'), parseEvery('4h'), parseEvery('1d')])
        rows.push(...(await twap(engine, { ...query, every })).rows)
      rows.push(...(await twap(engine, { ...query, every: parseEvery('1d'), tz: 'America/New_York' })).rows)
      for (const [every, tz] of [
        ['1h', 'UTC'],
        ['1d', 'Asia/Kolkata'],
        ['1w', 'UTC'],
        ['1M', 'UTC'],
      ] as const)
        for (const fill of ['none', 'prev'] as const)
          rows.push(...(await candles(engine, { ...query, every: parseEvery(every), tz, fill })).rows)
    }
    rows.push(...(await coverage(engine, { coins: [], rollup })).rows)
    rows.push(...(await coverage(engine, { coins: ['BTC'], ...window, rollup })).rows)
    rows.push(...(await vwap(engine, common)).rows)
    rows.push(...(await vwap(engine, { ...common, every: parseEvery('1d') })).rows)
    return rows
  }

  async function expectEqual(window: Window, staleness: number | undefined): Promise<void> {
    expect(await answers(window, staleness, true)).toEqual(await answers(window, staleness, false))
  }

  const minute = fc.integer({ min: 0, max: MINUTES - 1 })
  const change = fc.oneof(
    fc.record({
      kind: fc.constant('bars' as const),
      at: minute,
      count: fc.integer({ min: 1, max: 2000 }),
      step: fc.constantFrom(1, 1, 2, 90),
      salt: fc.nat(99),
    }),
    fc.record({
      kind: fc.constant('ticks' as const),
      at: minute,
      count: fc.integer({ min: 1, max: 800 }),
      step: fc.constantFrom(20, 60, 240, 900),
      salt: fc.nat(99),
    }),
    fc.record({
      kind: fc.constant('delete' as const),
      at: minute,
      count: fc.integer({ min: 1, max: 700 }),
      step: fc.constant(0),
      salt: fc.nat(1),
    }),
    fc.record({
      kind: fc.constant('refresh' as const),
      at: minute,
      count: fc.constant(0),
      step: fc.constant(0),
      salt: fc.constant(0),
    }),
  )

  test('after any sequence of loads, late rows, changes, deletions and refreshes', async () => {
    let used = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 2, maxLength: 8 }),
        fc.tuple(minute, minute).filter(([a, b]) => a !== b),
        fc.constantFrom(undefined, 60_000, 300_000, 3_600_000),
        async (changes, ends, staleness) => {
          await clear()
          for (const { kind, at, count, step, salt } of changes) {
            if (kind === 'bars') await insertBars(at, Math.min(count, Math.ceil((MINUTES - at) / step)), step, salt)
            else if (kind === 'ticks')
              await insertTicks(at, Math.min(count, Math.ceil(((MINUTES - at) * 60) / (step + 10))), step, salt)
            else if (kind === 'delete') await remove(salt ? 'prices' : 'candles', at, at + count)
            else await refreshRollups(session)
          }
          if (!(await client.query('select from arxdb.prices limit 1')).rowCount) await insertTicks(5, 3, 60, 1)
          if (!(await client.query('select from arxdb.candles limit 1')).rowCount) await insertBars(5, 3, 1, 1)
          used += await rolledUp()
          const [a, b] = [Math.min(...ends), Math.max(...ends)]
          await expectEqual({ from: instant(a, 17), to: instant(b, 3) }, staleness)
          await refreshRollups(session)
          used += await rolledUp()
          await expectEqual({ from: instant(0), to: instant(MINUTES) }, staleness)
        },
      ),
      { numRuns: 12 },
    )
    expect(used).toBeGreaterThan(100)
  }, 120_000)

  test('a refresh leaves what is not committed yet to the next one', async () => {
    await clear()
    await insertBars(0, 2880, 1, 1)
    await refreshRollups(session)
    await client.query('begin')
    await client.query('update arxdb.candles set close = close + 1, high = high + 1 where timestamp = $1', [
      instant(90),
    ])
    const window = { from: instant(0), to: instant(2880) }
    await refreshRollups(session)
    await expectEqual(window, undefined)
    await client.query('commit')
    await expectEqual(window, undefined)
    expect((await client.query('select count(*)::int as n from arxdb.rollup_dirty')).rows[0].n).toBe(1)
    await refreshRollups(session)
    expect((await client.query('select count(*)::int as n from arxdb.rollup_dirty')).rows[0].n).toBe(0)
    await expectEqual(window, undefined)
  })

  test('rows written one by one leave one note a bucket and transaction', async () => {
    await clear()
    await client.query('begin')
    for (let i = 0; i < 50; i++) await insertBars(i, 1, 1, i)
    await client.query('commit')
    expect((await client.query('select count(*)::int as n from arxdb.rollup_dirty')).rows[0].n).toBe(1)
  })

  test('rows far apart are noted where they are, and not all between', async () => {
    await clear()
    await client.query(
      'insert into arxdb.candles (market_id, timestamp, open, high, low, close) select $1, t, 1, 1, 1, 1 from unnest($2::timestamptz[]) t',
      [bars, [instant(10), instant(4000)]],
    )
    expect(
      (await client.query('select since from arxdb.rollup_dirty order by since')).rows.map((r) =>
        new Date(r.since).toISOString(),
      ),
    ).toEqual([instant(0), instant(3960)])
  })

  test('rollups of rows that were dropped with their partition are not believed', async () => {
    await clear()
    await insertBars(0, 2880, 1, 1)
    await refreshRollups(session)
    // What dropping a chunk does: the rows go, and no trigger hears of it.
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    await client.query('delete from arxdb.candles where timestamp < $1', [instant(1440)])
    await client.query('commit')
    await expectEqual({ from: instant(0), to: instant(2880) }, undefined)
  })

  test.skipIf(tier.name !== 'community')('changes of compressed rows are noted as well', async () => {
    await clear()
    await insertBars(0, MINUTES, 1, 1)
    await client.query(
      "alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id', timescaledb.compress_orderby = 'timestamp')",
    )
    await client.query("select compress_chunk(c) from show_chunks('arxdb.candles') c")
    await refreshRollups(session)
    const window = { from: instant(0), to: instant(MINUTES) }
    await expectEqual(window, undefined)
    const changes = [
      () => insertBars(700, 3, 1, 7),
      () => client.query('update arxdb.candles set high = high + 1 where timestamp = $1', [instant(2000)]),
      () => remove('candles', 3000, 3100),
      () => insertBars(3050, 1, 1, 9),
      () => client.query('delete from arxdb.candles where market_id = $1 and timestamp < $2', [bars, instant(1440)]),
    ]
    for (const change of changes) {
      await client.query('begin')
      await client.query("select set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)")
      await change()
      await client.query('commit')
      expect((await client.query('select from arxdb.rollup_dirty')).rowCount).toBeGreaterThan(0)
      await expectEqual(window, undefined)
      await refreshRollups(session)
      await expectEqual(window, undefined)
    }
    await client.query("select decompress_chunk(c, true) from show_chunks('arxdb.candles') c")
    await client.query('alter table arxdb.candles set (timescaledb.compress = false)')
  })

  test('what went on behind the triggers is put right by a rebuild', async () => {
    await clear()
    await insertBars(0, MINUTES, 1, 1)
    await refreshRollups(session)
    const change = async (sql: string) => {
      await client.query('begin')
      await client.query('set local session_replication_role = replica')
      await client.query(sql, [instant(1440), instant(2880)])
      await client.query('commit')
    }
    await change('delete from arxdb.candles where timestamp >= $1 and timestamp < $2')
    await refreshRollups(session)
    const window = { from: instant(0), to: instant(MINUTES) }
    expect(await answers(window, undefined, true)).not.toEqual(await answers(window, undefined, false))
    const env = { DATABASE_URL: database.url }
    expect(await commandLine(['policy', 'run', '--rebuild', '--json'], { env })).toMatchObject({ code: 0 })
    await expectEqual(window, undefined)
  })

  test('what was loaded before there were rollups is noted when they come', async () => {
    const old = await migratedDatabase(tier)
    const upgraded = await openClient(old.connection)
    try {
      const migrate = (...words: string[]) =>
        commandLine(['migrate', ...words, '--yes'], { env: { DATABASE_URL: old.url } })
      expect(await migrate('down', '--to', '0005')).toMatchObject({ code: 0 })
      await upgraded.query("select arxdb.market('bitcoin', 'BTC', 'alpha', 'USD', '1m')")
      await upgraded.query('select arxdb.ensure_partitions($1, $2, $3)', ['candles', instant(0), instant(MINUTES)])
      await upgraded.query(
        `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
           select 1, $1::timestamptz + i * interval '1 minute', 1, 1, 1, 1 from generate_series(0, 2999) i`,
        [instant(100)],
      )
      expect(await migrate('up')).toMatchObject({ code: 0 })
      expect(await commandLine(['policy', 'run', '--json'], { env: { DATABASE_URL: old.url } })).toMatchObject({
        code: 0,
      })
      const { rows } = await upgraded.query('select width, sum(n)::int as n from arxdb.rollups group by 1 order by 1')
      expect(rows).toEqual([
        { width: 3600, n: 3000 },
        { width: 86_400, n: 3000 },
      ])
    } finally {
      await upgraded.end()
      await old.drop()
    }
  })

  test('a truncated table has none, a table set aside is noted by hand', async () => {
    await clear()
    await insertBars(0, 1440, 1, 1)
    await insertTicks(0, 100, 60, 1)
    await refreshRollups(session)
    await client.query('truncate arxdb.candles')
    const left = await client.query('select distinct market_id from arxdb.rollups')
    expect(left.rows.map((row) => row.market_id)).toEqual([ticks])
    await client.query("select arxdb.note_range('prices', $1, $2)", [instant(0), instant(10)])
    const dirty = await client.query('select since, until from arxdb.rollup_dirty where market_id = $1', [ticks])
    expect(dirty.rows.map((r) => new Date(r.until).getTime() - new Date(r.since).getTime())).toEqual([86_400_000])
  })

  test('two refreshes at once: one does the work', async () => {
    await clear()
    await insertBars(0, 2880, 1, 1)
    const other = await openSession(database.connection, DEFAULT_LIMITS)
    try {
      await client.query('begin')
      await client.query("select pg_advisory_xact_lock(hashtextextended('arxdb.rollups', 0))")
      expect(await refreshRollups(other)).toEqual({ buckets: 0, busy: true })
      await client.query('commit')
      expect(await refreshRollups(other)).toEqual({ buckets: 50, busy: false })
    } finally {
      await other.close()
    }
  })

  test('daily candles are not rolled up, and hourly ones only by day', async () => {
    await clear()
    const make = async (timeframe: string, count: number, step: string) => {
      const { rows } = await client.query("select arxdb.market('ethereum', 'ETH', 'alpha', 'USD', $1) as id", [
        timeframe,
      ])
      await client.query(
        'insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume) select $1, $2::timestamptz + i * $3::interval, 1, 1, 1, 1, 1 from generate_series(0, $4::int - 1) i',
        [rows[0].id, instant(0), step, count],
      )
      return rows[0].id as number
    }
    const hourly = await make('1h', 48, '1 hour')
    await make('1d', 4, '1 day')
    await refreshRollups(session)
    const found = await client.query('select market_id, width, count(*)::int as n from arxdb.rollups group by 1, 2')
    expect(found.rows).toEqual([{ market_id: hourly, width: 86400, n: 2 }])
  })
})
