// What takes the room, against the server's own functions, on every tier.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../src/core/result.ts'
import { type ChunkSizesRow, type IndexSizesRow, indexSizes, type SizesRow, sizes } from '../../src/core/sizes.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { grants } from '../../src/migrate/grants.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

/** Half a year of candles of 20 markets, and the last of them ends within the month before. */
const NOW = '2025-01-01T00:00:00Z'
const DAYS = 180
const MARKETS = 20

/** Everything that holds the user's rows, wherever it lies. */
const ALL_BYTES = `
  select sum(pg_total_relation_size(c.oid))::float8 as bytes, sum(pg_indexes_size(c.oid))::float8 as index_bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and (n.nspname in ('arxdb', 'public', 'own "s') or n.nspname = '_timescaledb_internal'
      and c.relname ~ '^(_hyper_|compress_hyper_|_materialized|_compressed)')`

describe.each(tiers())('on $name', (tier) => {
  const packs = tier.name === 'community'
  let database: TestDatabase
  let client: pg.Client

  const asking = async <T>(
    body: (engine: Awaited<ReturnType<typeof openEngine>>) => Promise<T>,
    user?: string,
  ): Promise<T> => {
    const connection = { ...database.connection, ...(user ? { user } : {}) }
    const engine = await openEngine({ connection, limits: DEFAULT_LIMITS })
    return await body(engine).finally(() => engine.close())
  }
  const tables = (table?: string, user?: string) =>
    asking((engine) => sizes(engine, { now: NOW, table }), user) as Promise<Result<SizesRow>>
  const chunks = (table?: string) =>
    asking((engine) => sizes(engine, { now: NOW, table, chunks: true })) as Promise<Result<ChunkSizesRow>>
  const indexes = (table?: string): Promise<Result<IndexSizesRow>> => asking((engine) => indexSizes(engine, { table }))
  const one = async (table: string): Promise<SizesRow> => {
    const { rows } = await tables(table)
    expect(rows).toHaveLength(1)
    return rows[0]!
  }
  const number = async (sql: string): Promise<number> => Number(Object.values((await client.query(sql)).rows[0])[0])

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    await client.query(`set timezone = 'UTC'; set client_min_messages = error`)
    if (tier.name === 'plain')
      await client.query("update arxdb.partitioning set width = '20 days' where table_name = 'candles'")
    else await client.query("select set_chunk_time_interval('arxdb.candles', interval '20 days')")
    await client.query(`
      select arxdb.ensure_partitions('candles', timestamptz '${NOW}' - interval '${DAYS} days', '${NOW}');
      create index "by close" on arxdb.candles (close) where close > 0;
      create index "by close, dear" on arxdb.candles (close) where close > 10;
      insert into arxdb.candles (market_id, timestamp, open, high, low, close)
        select m, t, 1.5, 2, 1, 1.25 from generate_series(timestamptz '${NOW}' - interval '${DAYS} days', timestamptz '${NOW}' - interval '1 day', '1 day') t,
          generate_series(1, ${MARKETS}) m;
      create schema "own ""s";
      create table "own ""s"."T" (a int primary key, b text) with (autovacuum_enabled = off);
      alter table "own ""s"."T" alter b set storage external;
      insert into "own ""s"."T" select i, repeat(md5(i::text), 300) from generate_series(1, 200) i;
      create materialized view public.seen as select a from "own ""s"."T";
      create table public.hashed (a int, at timestamptz) partition by hash (a);
      create table public.hashed_0 partition of public.hashed for values with (modulus 2, remainder 0) partition by range (at);
      create table public.hashed_0_all partition of public.hashed_0 for values from (minvalue) to (maxvalue);
      create table public.hashed_1 partition of public.hashed for values with (modulus 2, remainder 1);
      create index on public.hashed (at);
      insert into public.hashed select i, now() from generate_series(1, 500) i;
    `)
    if (packs) {
      await client.query(
        "alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id', timescaledb.compress_orderby = 'timestamp')",
      )
      await client.query(
        "select compress_chunk(c) from (select c from show_chunks('arxdb.candles') c order by 1 limit 4) x",
      )
      await client.query(
        "create materialized view public.weeks with (timescaledb.continuous) as select market_id, time_bucket('7 days', timestamp) as week, max(high) from arxdb.candles group by 1, 2 with no data",
      )
      await client.query(`call refresh_continuous_aggregate('public.weeks', null, '${NOW}')`)
    }
  })

  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  test('what nobody has analysed has no known number of rows, and is named', async () => {
    const { rows, notes } = await tables('T')
    expect(rows[0]).toMatchObject({
      table: '"own ""s"."T"',
      kind: 'table',
      rows: null,
      rows_estimated: null,
      chunks: null,
    })
    expect(rows[0]!.bytes_per_row).toBeNull()
    expect(notes).toEqual([
      { level: 'warn', text: expect.stringMatching(/never analysed; run ANALYZE "own ""s"\."T"$/) },
    ])
    expect((await one('candles')).rows).toBeNull()
  })

  test('an empty table has none, and nobody has to count them', async () => {
    const { rows, notes } = await tables('arxdb.rollups')
    expect(rows[0]).toMatchObject({ rows: 0, rows_estimated: false, bytes_per_row: null })
    expect(notes).toEqual([])
    expect(await one('prices')).toMatchObject({ rows: 0, chunks: 0, growth_per_day: null })
  })

  describe('after ANALYZE', () => {
    beforeAll(() => client.query('analyze'))

    test('rows are as many as there are', async () => {
      expect(await one('candles')).toMatchObject({ rows: DAYS * MARKETS, rows_estimated: true })
      expect(await one('hashed')).toMatchObject({ kind: 'partitioned', rows: 500, chunks: 2, growth_per_day: null })
      expect(await one('seen')).toMatchObject({ kind: 'materialized', rows: 200 })
      expect((await chunks('candles')).rows.reduce((sum, row) => sum + row.rows!, 0)).toBe(DAYS * MARKETS)
      const { notes } = await tables()
      expect(notes.filter(({ level }) => level === 'warn')).toEqual([])
    })

    test('each byte is counted, once', async () => {
      const { rows } = await tables()
      const sum = (of: (row: SizesRow) => number) => rows.reduce((all, row) => all + of(row), 0)
      const { rows: truth } = await client.query(ALL_BYTES)
      expect(sum((row) => row.total_bytes)).toBe(truth[0].bytes)
      expect(sum((row) => row.index_bytes)).toBe(truth[0].index_bytes)
      for (const row of rows)
        expect(row.table_bytes + row.index_bytes + row.toast_bytes, row.table).toBe(row.total_bytes)
      expect(rows.map((row) => row.total_bytes)).toEqual(rows.map((row) => row.total_bytes).sort((a, b) => b - a))
      expect(new Set(rows.map((row) => row.table)).size).toBe(rows.length)
      expect((await one('T')).toast_bytes).toBeGreaterThan(100_000)
    })

    test("a table's bytes are what the server says", async () => {
      const candles = await one('arxdb.candles')
      expect(candles.total_bytes).toBe(
        await number(
          tier.name === 'plain'
            ? "select sum(pg_total_relation_size(relid)) from pg_partition_tree('arxdb.candles')"
            : "select hypertable_size('arxdb.candles')",
        ),
      )
      expect(candles.kind).toBe(tier.name === 'plain' ? 'partitioned' : 'hypertable')
      const each = (await chunks('candles')).rows
      expect(each).toHaveLength(candles.chunks!)
      const own = await number("select pg_total_relation_size('arxdb.candles')")
      expect(each.reduce((sum, row) => sum + row.total_bytes, own)).toBe(candles.total_bytes)
      const starts = each.map((row) => Date.parse(row.range_start!))
      expect(starts).toEqual([...starts].sort((a, b) => b - a))
      expect(each.map((row) => row.range_end).slice(1)).toEqual(each.map((row) => row.range_start).slice(0, -1))
    })

    test("all indexes together are the tables' index bytes", async () => {
      for (const table of ['candles', 'hashed', 'T', undefined]) {
        const bytes = (await tables(table)).rows.reduce((sum, row) => sum + row.index_bytes, 0)
        expect(
          (await indexes(table)).rows.reduce((sum, row) => sum + row.bytes, 0),
          table ?? 'all',
        ).toBe(bytes)
      }
      const { rows } = await indexes('candles')
      const names = ['by close', 'by close, dear', 'candles_pkey', ...(packs ? ['(columnstore)'] : [])]
      expect(rows.map((row) => row.index).sort()).toEqual(names.sort())
      const { chunks: parts } = await one('candles')
      const size = (index: string) => rows.find((row) => row.index === index)!.bytes
      expect(size('by close')).toBeGreaterThan(size('by close, dear'))
      expect(rows.find((row) => row.index === 'by close')).toMatchObject({
        parts,
        unique: false,
        table: 'arxdb.candles',
      })
      expect((await indexes('hashed')).rows).toMatchObject([{ index: 'hashed_at_idx', parts: 2 }])
    })

    test('compression is told where there is any, else null', async () => {
      const row = await one('candles')
      if (!packs) {
        const none = { compressed_chunks: null, before_bytes: null, compressed_bytes: null, ratio: null }
        expect(row).toMatchObject(none)
        expect((await chunks('candles')).rows.every((each) => each.compressed === null)).toBe(true)
        return
      }
      const { rows } = await client.query(
        "select sum(before_compression_total_bytes)::float8 as before, sum(after_compression_total_bytes)::float8 as after from chunk_compression_stats('arxdb.candles')",
      )
      const { before, after } = rows[0]
      expect(row).toMatchObject({
        compressed_chunks: 4,
        before_bytes: before,
        compressed_bytes: after,
        ratio: Math.round((100 * before) / after) / 100,
      })
      expect((await chunks('candles')).rows.map((each) => each.compressed).filter(Boolean)).toHaveLength(4)
      expect(await one('prices')).toMatchObject({ compressed_chunks: 0, before_bytes: null, ratio: null })
    })

    test.runIf(packs)('a continuous aggregate stands by its own name', async () => {
      const row = await one('weeks')
      expect(row).toMatchObject({ table: 'public.weeks', kind: 'aggregate' })
      const inner = await number(
        "select hypertable_size(format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass) from timescaledb_information.continuous_aggregates",
      )
      expect(row.total_bytes).toBe(inner)
    })

    test('growth is of what ended in the last 30 days, over its days', async () => {
      const each = (await chunks('candles')).rows
      const month = Date.parse(NOW) - 30 * 86_400_000
      const recent = each.filter(
        (row) => Date.parse(row.range_end!) <= Date.parse(NOW) && Date.parse(row.range_end!) > month,
      )
      expect(recent.length).toBeGreaterThan(0)
      expect(recent.length).toBeLessThan(each.length)
      const ms = Date.parse(recent[0]!.range_end!) - Date.parse(recent.at(-1)!.range_start!)
      const bytes = recent.reduce((sum, row) => sum + row.total_bytes, 0)
      expect((await one('candles')).growth_per_day).toBe(Math.round(bytes / (ms / 86_400_000)))
    })

    test('of what is long over, nobody can tell how it grows', async () => {
      const later = await asking((engine) => sizes(engine, { now: '2026-06-01T00:00:00Z', table: 'candles' }))
      expect((later.rows[0] as SizesRow).growth_per_day).toBeNull()
    })

    test('a role that may only watch sees the same', async () => {
      const prefix = `sizes_${tier.name}_`
      await client.query(grants(prefix))
      try {
        await client.query(`alter role ${prefix}monitor login`)
        // What an index was scanned for meanwhile aside.
        expect((await tables(undefined, `${prefix}monitor`)).rows).toEqual((await tables()).rows)
        const seen = await asking((engine) => indexSizes(engine, {}), `${prefix}monitor`)
        expect(seen.rows.map(({ index, bytes }) => ({ index, bytes }))).toEqual(
          (await indexes()).rows.map(({ index, bytes }) => ({ index, bytes })),
        )
      } finally {
        for (const role of ['ingest', 'analyst', 'monitor', 'backup'])
          await client.query(`drop owned by ${prefix}${role}; drop role ${prefix}${role}`)
      }
    })
  })

  test('a table that is not there is told, with those near it', async () => {
    await expect(tables('candels')).rejects.toMatchObject({ code: 'no-such-table', hint: 'near it: candles' })
    await expect(indexes('candels')).rejects.toMatchObject({ code: 'no-such-table' })
    expect((await chunks('T')).rows).toEqual([])
  })

  test('a table that grew since it was analysed is reckoned by its pages', async () => {
    await client.query('create table public.grown (a int); insert into public.grown select generate_series(1, 10000)')
    await client.query('analyze public.grown')
    await client.query('insert into public.grown select generate_series(1, 30000)')
    const { rows } = await one('grown')
    expect(Math.abs(rows! / 40_000 - 1)).toBeLessThan(0.05)
  })
})
