// Advice on policies from databases that are really there, on every tier.
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { grants } from '../../src/migrate/grants.ts'
import { type AdviseOptions, adviseTables } from '../../src/policy/advise/advise.ts'
import type { AdviceRow } from '../../src/policy/advise/facts.ts'
import { session } from '../cli/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const { signal } = new AbortController()

describe.each(tiers())('on $name', (tier) => {
  const community = tier.name === 'community'
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

  const advised = (options: Partial<AdviseOptions> = {}) =>
    adviseTables(database.connection, { tables: [], written: {}, signal, ...options })

  const setting = (rows: readonly AdviceRow[], name: string, table = 'arxdb.candles') =>
    rows.find((row) => row.table === table && row.setting === name)!

  /** Hourly bars of so many markets, the last of them at `until`. */
  async function load(markets: number, days: number, until = '2025-06-30T00:00:00Z', observed = 'null'): Promise<void> {
    const since = new Date(Date.parse(until) - days * 86_400_000).toISOString()
    await client.query('select arxdb.ensure_partitions($1, $2, $3)', ['candles', since, until])
    await client.query(
      `insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume, observed_at)
         select m, t, 1, 1, 1, 1, 1, ${observed}
           from generate_series(1, $1::int) m, generate_series($2::timestamptz, $3::timestamptz, '1 hour') t`,
      [markets, since, until],
    )
  }

  const imported = (n: number, newest: string, oldest: string) =>
    client.query(
      `insert into arxdb.imports (state, target, source, attribution, inserted, first_at, last_at, started_at, finished_at)
         select 'done', 'candles', 'alpha', 'alpha', 1000, at - $2::interval, at - $3::interval, at, at
           from generate_series(1, $1) i cross join lateral (select now() - i * interval '1 day' as at) x`,
      [n, oldest, newest],
    )

  test('an empty database is kept as it is', async () => {
    const { rows, entry } = await advised()
    expect([...new Set(rows.map(({ table }) => table))]).toEqual(['arxdb.analytics', 'arxdb.candles', 'arxdb.prices'])
    expect(rows.length).toBe(community ? 15 : 3)
    for (const row of rows) expect(row).toMatchObject({ change: false, confident: false, reason: 'no rows yet: keep' })
    expect(entry).toBeUndefined()
  })

  test.each(['analysed', 'never analysed'])(
    'rows a day are those of the data, %s, whenever they were loaded',
    async (how) => {
      await load(10, 400)
      if (how === 'analysed') await client.query('analyze arxdb.candles')
      const row = setting((await advised()).rows, 'chunk_interval')
      // 10 markets by the hour are 240 rows a day, and 96,000 came in this minute.
      const perDay = Number(/^([\d,]+) rows a day/.exec(row.reason)![1]!.replaceAll(',', ''))
      expect(perDay).toBeGreaterThan(210)
      expect(perDay).toBeLessThan(270)
      expect(row).toMatchObject({ confident: true, change: false })
      const bytes = Number(/of (\d+) bytes/.exec(row.reason)![1])
      const { rows } = await client.query(
        tier.name === 'plain'
          ? "select sum(pg_total_relation_size(inhrelid)) as size from pg_inherits where inhparent = 'arxdb.candles'::regclass"
          : "select hypertable_size('arxdb.candles') as size",
      )
      expect(bytes / (Number(rows[0].size) / 96_010)).toBeGreaterThan(0.85)
      expect(bytes / (Number(rows[0].size) / 96_010)).toBeLessThan(1.15)
    },
  )

  test('what does not fit into memory is advised narrower, with what to write', async () => {
    await load(40, 200)
    await client.query('analyze arxdb.candles')
    // 960 rows of 120 bytes a day: 3.4 MB in a month.
    const { rows, entry, remarks } = await advised({ memory: '4MB' })
    const row = setting(rows, 'chunk_interval')
    expect(row).toMatchObject({ now: community ? '30d' : '90d', advised: '7d', change: true, confident: true })
    expect(row.actual).toBe(community ? '90d' : null)
    expect(JSON.parse(row.entry!)).toEqual({ policy: { candles: { chunkInterval: '7d' } } })
    expect(JSON.parse(entry!).policy.candles).toMatchObject({ chunkInterval: '7d' })
    expect(remarks[0]).toBe('memory is 4.0 MB')
    const { rows: followed } = await advised({ memory: '4MB', written: JSON.parse(entry!).policy })
    expect(followed.filter(({ change }) => change)).toEqual([])
  })

  test('a table by its name, and one that is none', async () => {
    const { rows } = await advised({ tables: ['prices'] })
    expect(new Set(rows.map(({ table }) => table))).toEqual(new Set(['arxdb.prices']))
    await expect(advised({ tables: ['nothing'] })).rejects.toMatchObject({ code: 'unknown-table' })
    await expect(advised({ memory: 'much' })).rejects.toMatchObject({ exit: 2 })
    const { warnings } = await advised({ written: { 'public.gone': {} } })
    expect(warnings).toEqual([expect.stringContaining('public.gone is in the config')])
    const { rows: left, remarks } = await advised({ written: { candles: { enabled: false } } })
    expect(left.filter(({ table }) => table === 'arxdb.candles')).toEqual([])
    expect(remarks).toContain('left alone, as the config says: arxdb.candles')
  })

  test('a table that others made, with letters and a time of its own', async () => {
    await client.query('create table "Own T" ("At" timestamptz not null, side text not null, v numeric)')
    if (tier.name === 'plain') {
      await client.query('drop table "Own T"')
      await client.query(
        'create table "Own T" ("At" timestamptz not null, side text not null, v numeric) partition by range ("At")',
      )
      await client.query(`create table own_1 partition of "Own T" for values from ('2025-01-01') to ('2025-01-08')`)
    } else await client.query(`select create_hypertable('"Own T"', by_range('At', interval '7 days'))`)
    await client.query('create index on "Own T" (side, "At")')
    await client.query(
      `insert into "Own T" select t, (array['buy', 'sell'])[1 + extract(minute from t)::int % 2], 1
         from generate_series(timestamptz '2025-01-02', '2025-01-07', '1 minute') t`,
    )
    await client.query('analyze "Own T"')
    const { rows } = await advised(tier.name === 'plain' ? { tables: ['public.Own T'] } : {})
    const interval = setting(rows, 'chunk_interval', 'public.Own T')
    expect(interval).toMatchObject({ confident: true, change: false })
    expect(interval.reason).toMatch(/^1,440 rows a day/)
    if (tier.name !== 'plain') expect(interval).toMatchObject({ now: null, actual: '7d' })
    if (community) {
      // Two values, 5,000 rows each in a week.
      expect(setting(rows, 'segment_by', 'public.Own T')).toMatchObject({ now: null, advised: 'side', change: true })
      expect(setting(rows, 'compress_after', 'public.Own T')).toMatchObject({ change: false, confident: true })
    }
  })

  test('a role that may read the table needs no grant on its partitions', async () => {
    await load(5, 100)
    const role = `advised_${database.url.split('_').at(-1)}`
    await client.query(`create role ${role} login`)
    try {
      await client.query(
        `grant usage on schema arxdb to ${role}; grant select on all tables in schema arxdb to ${role}`,
      )
      if (tier.name === 'plain')
        await client.query(
          `do $$ declare p text; begin for p in select format('arxdb.%I', partition) from arxdb.partitions('candles')
             loop execute 'revoke all on ' || p || ' from ${role}'; end loop; end $$`,
        )
      const { rows } = await adviseTables(
        { ...database.connection, user: role },
        { tables: ['candles'], written: {}, signal },
      )
      expect(setting(rows, 'chunk_interval').confident).toBe(true)
    } finally {
      await client.query(`drop owned by ${role}; drop role ${role}`)
    }
  })

  test('how many statements there are does not grow with the partitions', async () => {
    await load(2, 60)
    const few = await statements()
    await load(2, 3_000, '2025-04-01T00:00:00Z')
    expect(await statements()).toBe(few)
  })

  /** Statements that an advice sends, counted on the wire. */
  async function statements(): Promise<number> {
    const { Client } = (await import('pg')).default
    const query = Client.prototype.query
    let sent = 0
    Client.prototype.query = function (this: pg.Client, ...args: never[]) {
      sent++
      return (query as (...given: never[]) => never).apply(this, args)
    } as typeof query
    try {
      await advised()
    } finally {
      Client.prototype.query = query
    }
    return sent
  }

  describe.runIf(community)('the columnstore', () => {
    test('few rows a market: merged, or no longer grouped by', async () => {
      await client.query("select set_chunk_time_interval('arxdb.candles', interval '30 days')")
      await client.query("select arxdb.ensure_partitions('candles', '2024-01-01', '2025-01-01')")
      await client.query(
        `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
           select m, t, 1, 1, 1, 1 from generate_series(1, 200) m,
             generate_series(timestamptz '2024-01-01', '2024-12-25', '8 hours') t`,
      )
      await client.query('analyze arxdb.candles')
      // 90 rows a market in 30 days.
      const written = { candles: { mergeTo: 'never' } }
      const merged = (await advised({ written })).rows
      expect(setting(merged, 'segment_by')).toMatchObject({ advised: 'market_id', change: false })
      expect(setting(merged, 'merge_to')).toMatchObject({ now: 'never', advised: '360d', change: true })
      const dropped = (await advised({ written: { candles: { mergeTo: 'never', retainFor: '100d' } } })).rows
      expect(setting(dropped, 'segment_by')).toMatchObject({ advised: 'none', change: true })
      expect(setting(dropped, 'order_by')).toMatchObject({ advised: 'market_id, timestamp', change: true })
      expect(setting((await advised()).rows, 'segment_by')).toMatchObject({ change: false })
    })

    test('compressed chunks count as what they were', async () => {
      await load(20, 300)
      await client.query('analyze arxdb.candles')
      const before = setting((await advised()).rows, 'chunk_interval')
      await client.query(
        "alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id')",
      )
      await client.query("select compress_chunk(c) from show_chunks('arxdb.candles') c")
      await client.query('analyze arxdb.candles')
      const after = setting((await advised()).rows, 'chunk_interval')
      const figures = (row: AdviceRow) => /^([\d,]+) rows a day of (\d+) bytes/.exec(row.reason)!.slice(1).map(Number)
      expect(figures(after)[0]! / figures(before)[0]!).toBeCloseTo(1, 1)
      expect(figures(after)[1]! / figures(before)[1]!).toBeCloseTo(1, 1)
      expect(setting((await advised()).rows, 'segment_by').actual).toBeNull()
    })

    test('late imports put compression off, history does not', async () => {
      await load(2, 100)
      const first = setting((await advised()).rows, 'compress_after')
      expect(first).toMatchObject({ now: '3d', advised: '3d', confident: false, n: 0 })
      expect(first.reason).toContain('nothing tells when its rows came')
      await imported(5, '5 days', '6 days')
      expect(setting((await advised()).rows, 'compress_after')).toMatchObject({ change: false, n: 5, confident: false })
      await imported(30, '5 days', '6 days')
      await imported(40, '1 day', '3000 days')
      await imported(40, '1000 days', '1030 days')
      const late = setting((await advised()).rows, 'compress_after')
      expect(late).toMatchObject({ now: '3d', advised: '6d', change: true, n: 35 })
      expect(late.reason).toContain('99.5 % of rows came within')
    })

    test('rows that say when they were seen are evidence too', async () => {
      await load(30, 60, '2025-06-30T00:00:00Z', "t + interval '4 days 3 hours'")
      expect(setting((await advised()).rows, 'compress_after')).toMatchObject({
        now: '3d',
        advised: '5d',
        change: true,
      })
    })
  })

  test('a schema and a table whose names need quotes are found, by the name that a config has', async () => {
    const made = 'create table "my.schema"."My Ticks" ("At" timestamptz not null, coin text, price numeric)'
    await client.query('create schema "my.schema"')
    if (tier.name === 'plain')
      await client.query(`${made} partition by range ("At");
        create table "my.schema".part partition of "my.schema"."My Ticks" for values from ('2024-01-01') to ('2024-07-01')`)
    else
      await client.query(
        `${made}; select create_hypertable('"my.schema"."My Ticks"', by_range('At', interval '180 days'))`,
      )
    await client.query(`create index on "my.schema"."My Ticks" (coin, "At");
      insert into "my.schema"."My Ticks"
        select t, c::text, 1 from generate_series(1, 20) c, generate_series(timestamptz '2024-01-05', '2024-06-20', '1 hour') t`)
    const table = '"my.schema".My Ticks'
    const [row] = (await advised({ tables: ['"my.schema"."My Ticks"'], memory: '4MB' })).rows
    expect(row).toMatchObject({ table, setting: 'chunk_interval' })
    expect(row!.n).toBeGreaterThan(50_000)
    // Plain PostgreSQL keeps arxdb's own tables only.
    if (tier.name === 'plain') return
    const entry = JSON.parse(row!.entry!)
    expect(Object.keys(entry.policy)).toEqual([table])
    const pasted = await advised({ tables: [table], written: entry.policy, memory: '4MB' })
    expect(setting(pasted.rows, 'chunk_interval', table)).toMatchObject({ now: row!.advised, change: false })
  })

  test('a role that may only watch is advised, and told what it could not look at', async () => {
    await load(20, 100)
    const prefix = `advise_${tier.name}_`
    await client.query(grants(prefix))
    try {
      await client.query(`alter role ${prefix}monitor login`)
      const there = new URL(database.url)
      there.username = `${prefix}monitor`
      const env = { DATABASE_URL: there.href, HOME: '/nowhere' }
      for (const verb of ['advise', 'show', 'plan']) {
        const ended = await session(['policy', verb, '--json'], { env })
        expect(ended, `${verb}: ${ended.stderr}`).toMatchObject({ code: 0 })
      }
      const { stdout, stderr } = await session(['policy', 'advise', 'candles', '--json'], { env })
      expect(JSON.parse(stdout)[0]).toMatchObject({ table: 'arxdb.candles', setting: 'chunk_interval' })
      expect(stderr).toContain(
        'no rows were sampled of arxdb.analytics, arxdb.candles, arxdb.prices: this role may not',
      )
      // The planner's estimates are for all to see.
      await client.query('analyze arxdb.candles')
      const later = JSON.parse((await session(['policy', 'advise', 'candles', '--json'], { env })).stdout)
      expect(later[0].n).toBeGreaterThan(40_000)
    } finally {
      for (const role of ['ingest', 'analyst', 'monitor', 'backup'])
        await client.query(`drop owned by ${prefix}${role}; drop role ${prefix}${role}`)
    }
  })

  test('on the command line', async () => {
    await load(40, 200)
    await client.query('analyze arxdb.candles')
    const env = { DATABASE_URL: database.url }
    const argv = ['policy', 'advise', 'candles', '--memory', '4MB']
    const told = await session(argv, { env })
    expect(told.code).toBe(0)
    expect(told.stderr).toContain('in arxdb.json: {"policy":{"candles":{"chunkInterval":"7d"')
    const json = await session([...argv, '-o', 'json'], { env })
    expect(json.stderr).not.toContain('in arxdb.json')
    const [row] = JSON.parse(json.stdout)
    expect(row).toMatchObject({ table: 'arxdb.candles', setting: 'chunk_interval', advised: '7d', change: true })
    expect(JSON.parse(row.entry)).toEqual({ policy: { candles: { chunkInterval: '7d' } } })
    expect((await session(['policy', 'advise', 'nothing'], { env })).code).toBe(1)
  })
})
