// What `policy run` makes of chunks and partitions that are in its way: one does not keep the others from being done.
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { runPolicies } from '../../src/policy/run/run.ts'
import { showPolicies } from '../../src/policy/show.ts'
import type { WrittenPolicy } from '../../src/policy/wanted.ts'
import { session } from '../cli/session.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { fillCandles, policiesOf, writeDown } from './policy-scene.ts'

describeTiers('a run', (tier) => {
  let database: TestDatabase
  let client: pg.Client

  beforeEach(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    if (tier.name !== 'plain') await client.query('select _timescaledb_functions.stop_background_workers()')
  })
  afterEach(async () => {
    await client.end()
    await database.drop()
  })

  const run = async (now?: string) => {
    const options = { signal: new AbortController().signal, ...(now === undefined ? {} : { now: new Date(now) }) }
    return (await runPolicies(database.connection, options)).deeds
  }
  const keep = (written: WrittenPolicy) =>
    writeDown(client, policiesOf(tier.name, { candles: written })['arxdb.candles']!)
  const expired = async (now?: string) => (await run(now)).find(({ step }) => step === 'expire')!
  const count = async (): Promise<number> =>
    (await client.query('select count(*)::int as n from arxdb.candles')).rows[0].n
  /** Names of chunks, oldest first. */
  const chunks = async (): Promise<readonly string[]> => {
    const sql =
      tier.name === 'plain'
        ? "select format('arxdb.%I', partition) as name from arxdb.partitions('candles') order by lower"
        : "select format('%I.%I', chunk_schema, chunk_name) as name from timescaledb_information.chunks where hypertable_name = 'candles' order by range_start"
    return (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name)
  }

  test('goes past a chunk that cannot be dropped, and tells which and why', async () => {
    await fillCandles(client, { timeframe: '1h', from: '2024-01-01', to: '2024-12-31', every: '6 hours' })
    const [first, second, ...rest] = await chunks()
    expect(rest.length).toBeGreaterThan(1)
    await client.query(`create view public.keeps as select * from ${second}`)
    const held = (await client.query('select count(*)::int as n from public.keeps')).rows[0].n
    await keep({ retainFor: '30d' })
    const deed = await expired('2026-01-01')
    expect(deed).toMatchObject({ outcome: 'failed', chunks: 1 + rest.length })
    expect(deed.detail).toContain(`${second} could not be dropped: cannot drop table`)
    expect(deed.detail).toContain('view keeps')
    expect(deed.detail).not.toContain(first)
    expect(await count()).toBe(held)

    const env = { DATABASE_URL: database.url, HOME: '/nowhere' }
    const ended = await session(['policy', 'run', '--json'], { env })
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('view keeps') })
    const [told] = JSON.parse(ended.stdout).filter(({ step }: { step: string }) => step === 'expire')
    expect(told).toMatchObject({ outcome: 'failed' })
    // What comes after is done all the same.
    expect(JSON.parse(ended.stdout).at(-1)).toMatchObject({ step: 'rollups' })

    await client.query('drop view public.keeps')
    expect(await expired('2026-01-01')).toMatchObject({ outcome: 'done', chunks: 1, detail: null })
    expect(await count()).toBe(0)
  })

  test('names the first of many, and how many more there are', async () => {
    await fillCandles(client, { timeframe: '1h', from: '2023-01-01', to: '2024-12-31', every: '1 day' })
    const all = await chunks()
    for (const [index, chunk] of all.entries())
      await client.query(`create view public.keeps_${index} as select * from ${chunk}`)
    await keep({ retainFor: '30d' })
    const { outcome, chunks: dropped, detail } = await expired('2026-01-01')
    expect([outcome, dropped]).toEqual(['failed', 0])
    expect(detail).toContain(`; ${all.length - 3} more failed`)
  })

  test('takes expired timeframes from the chunks that let it', async () => {
    await fillCandles(client, { timeframe: '1m', from: '2024-01-01', to: '2024-12-31', every: '6 hours' })
    await fillCandles(client, { timeframe: '1d', from: '2024-01-01', to: '2024-12-31', every: '1 day' })
    const [, second] = await chunks()
    await client.query(`
      create function public.no() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$;
      create trigger no before delete on ${second} for each row execute function public.no()`)
    await keep({ retainFor: { '1m': '30d' } })
    const deed = await expired('2026-01-01')
    expect(deed).toMatchObject({ outcome: 'failed', detail: expect.stringMatching(/not this one/) })
    expect(deed.detail).toContain(second)
    const left = `select count(*)::int as n, count(distinct tableoid)::int as parts from arxdb.candles
      where market_id = (select market_id from arxdb.markets where timeframe = '1m')`
    expect((await client.query(left)).rows[0]).toMatchObject({ parts: 1 })
  })

  test.runIf(tier.name === 'plain')('finds a partition in whatever schema it stands', async () => {
    await fillCandles(client, { timeframe: '1h', from: '2024-01-01', to: '2024-12-31', every: '6 hours' })
    const [first] = await chunks()
    const shown = async () => (await showPolicies(database.connection, {}, 30_000)).rows[1]!
    const before = await shown()
    await client.query(`create schema "Old one"; alter table ${first} set schema "Old one"`)
    expect(await shown()).toMatchObject({ chunks: before.chunks, bytes: before.bytes, oldest: before.oldest })
    await keep({ retainFor: '30d' })
    expect(await expired('2026-01-01')).toMatchObject({ outcome: 'done', chunks: before.chunks })
    expect(await count()).toBe(0)
    expect((await client.query(`select from pg_class where relnamespace = '"Old one"'::regnamespace`)).rowCount).toBe(0)
  })

  test.runIf(tier.name === 'community')('makes indexes small again that rows which came late had grown', async () => {
    const span = { timeframe: '1m', from: '2024-01-01', to: '2024-02-15', every: '1 minute' }
    await fillCandles(client, { ...span, coin: 'first' })
    await client.query(
      "alter table arxdb.candles set (timescaledb.enable_columnstore = true, timescaledb.segmentby = 'market_id', timescaledb.orderby = 'timestamp')",
    )
    await keep({})
    await run('2025-01-01')
    await fillCandles(client, { ...span, coin: 'late' })
    const indexes = async (): Promise<number> => {
      const each = (await chunks()).map((chunk) => `pg_indexes_size('${chunk}')`)
      return Number((await client.query(`select ${each.join(' + ')} as bytes`)).rows[0].bytes)
    }
    expect(await indexes()).toBeGreaterThan(1024 * 1024)
    const packed = (await run('2025-01-01')).find(({ step }) => step === 'compress')
    expect(packed).toMatchObject({ outcome: 'done', detail: expect.stringMatching(/^indexes rebuilt of \d chunk/) })
    expect(await indexes()).toBeLessThan(256 * 1024)
    const again = (await run('2025-01-01')).find(({ step }) => step === 'compress')
    expect(again).toMatchObject({ outcome: 'nothing', detail: null })
    expect((await client.query('select count(*)::int as n from arxdb.candles')).rows[0].n).toBe(2 * 64_801)
  })

  test('drops what is from before our era', async () => {
    await fillCandles(client, { timeframe: '1h', from: '2024-01-01', to: '2024-01-31', every: '1 day' })
    const ides = '0044-03-15 00:00:00+00 BC'
    await fillCandles(client, { timeframe: '1m', from: ides, to: '0044-03-16 00:00:00+00 BC', every: '6 hours' })
    const all = await count()
    await keep({ retainFor: '36500d' })
    expect(await expired('2024-02-01')).toMatchObject({ outcome: 'done', chunks: 1 })
    expect(await count()).toBe(all - 5)
    const rest = await run('2024-02-01')
    expect(rest.map(({ outcome }) => outcome)).not.toContain('failed')
  })

  test('takes an expired timeframe from before our era out of what others keep', async () => {
    const span = { from: '0044-03-15 00:00:00+00 BC', to: '0044-03-16 00:00:00+00 BC', every: '6 hours' }
    await fillCandles(client, { timeframe: '1h', ...span })
    await fillCandles(client, { timeframe: '1m', ...span })
    await keep({ retainFor: { '1m': '36500d' } })
    expect(await expired('2024-02-01')).toMatchObject({ outcome: 'done', chunks: 0, rows: 5 })
    expect(await count()).toBe(5)
  })

  const dirty = async (): Promise<number> =>
    (await client.query('select count(*)::int as n from arxdb.rollup_dirty')).rows[0].n
  const put = (at: string) =>
    client.query(
      `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
         select market_id, $1, 1, 1, 1, 1 from arxdb.markets where timeframe = '1h'`,
      [at],
    )

  test.runIf(tier.name === 'plain').each(['minvalue', "'-infinity'"])(
    'drops a partition from %s on, and its rollups are put right',
    async (bound) => {
      const market = await fillCandles(client, {
        timeframe: '1h',
        from: '2024-01-01',
        to: '2024-12-31',
        every: '1 day',
      })
      const make = `create table arxdb.candles_old partition of arxdb.candles for values from (${bound}) to ('2010-01-01')`
      await client.query(make)
      await put('2009-05-05')
      await run('2025-01-01')
      const old = `select count(*)::int as n from arxdb.rollups where market_id = ${market} and bucket < '2010-01-01'`
      expect([await dirty(), (await client.query(old)).rows[0].n]).toEqual([0, 1])
      await keep({ retainFor: '3650d' })
      const deeds = await run('2025-01-01')
      expect(deeds.find(({ step }) => step === 'expire')).toMatchObject({ outcome: 'done', chunks: 1 })
      expect(deeds.find(({ step }) => step === 'rollups')).toMatchObject({ detail: null })
      expect((await client.query("select to_regclass('arxdb.candles_old') as there")).rows[0].there).toBeNull()
      expect([await dirty(), (await client.query(old)).rows[0].n]).toEqual([0, 0])
      // Nothing at all is before it: nothing is to be noted.
      await client.query(make)
      expect((await run('2025-01-01')).map(({ outcome }) => outcome)).not.toContain('failed')
    },
  )

  test.runIf(tier.name === 'plain')('makes no partitions ahead where one without an end is', async () => {
    await client.query(
      "create table arxdb.candles_rest partition of arxdb.candles for values from ('2024-01-01') to (maxvalue)",
    )
    const deeds = await run('2026-05-05T12:00:00Z')
    expect(deeds.filter(({ step }) => step === 'ahead')).toMatchObject([
      { table: 'arxdb.prices', outcome: 'done' },
      { table: 'arxdb.candles', outcome: 'nothing', detail: null },
      { table: 'arxdb.analytics', outcome: 'done' },
    ])
    // Before it there is room, up to where it begins.
    await fillCandles(client, { timeframe: '1h', from: '2023-12-25', to: '2024-02-01', every: '1 day' })
    const { rows } = await client.query("select lower, upper from arxdb.partitions('candles') order by 1")
    expect(rows.at(-2).upper).toBe('2024-01-01T00:00:00Z')
    expect(rows.at(-1)).toEqual({ lower: '2024-01-01T00:00:00Z', upper: 'infinity' })
    // It holds what is kept, and never ends.
    await keep({ retainFor: '30d' })
    expect(await expired('2026-05-05')).toMatchObject({ outcome: 'done', chunks: rows.length - 1 })
    expect((await showPolicies(database.connection, {}, 30_000)).rows[1]).toMatchObject({ newest: null })
  })
})
