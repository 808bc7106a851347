// Policies from the config into a database and back: applied once, drift seen, and done by `policy run`.
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { survey } from '../../src/policy/actual.ts'
import { applyPolicies } from '../../src/policy/apply.ts'
import { wordsOf } from '../../src/policy/ddl.ts'
import { differences } from '../../src/policy/differences.ts'
import { planPolicies } from '../../src/policy/plan.ts'
import { runPolicies } from '../../src/policy/run/run.ts'
import { LOCK } from '../../src/policy/run/work.ts'
import { showPolicies } from '../../src/policy/show.ts'
import { type WrittenPolicy, wantedPolicies } from '../../src/policy/wanted.ts'
import { takeLock } from '../../src/storage/lock.ts'
import { openSession, reading } from '../../src/storage/session.ts'
import { session } from '../cli/session.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { fillCandles } from './policy-scene.ts'

type Written = Readonly<Record<string, WrittenPolicy>>

describeTiers('policies', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  const signal = new AbortController().signal

  beforeEach(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    // The server's own jobs would be done, or fail for want of workers among so many databases, at their own time.
    if (tier.name !== 'plain') await client.query('select _timescaledb_functions.stop_background_workers()')
  })
  afterEach(async () => {
    await client.end()
    await database.drop()
  })

  const refuse = async (): Promise<void> => {
    throw new Error('not agreed')
  }
  const apply = (written: Written = {}, agree: () => Promise<void> = refuse) =>
    applyPolicies(database.connection, written, { signal, timeoutMs: 30_000, agree })
  const plan = (written: Written = {}) => planPolicies(database.connection, written, 30_000)
  const show = async (written: Written = {}, table = 'arxdb.candles') =>
    (await showPolicies(database.connection, written, 30_000)).rows.find((row) => row.table === table)!
  const run = (now?: string) =>
    runPolicies(database.connection, { signal, ...(now === undefined ? {} : { now: new Date(now) }) })
  const count = async (): Promise<number> =>
    (await client.query('select count(*)::int as n from arxdb.candles')).rows[0].n
  const fill = (from: string, to: string) => fillCandles(client, { timeframe: '1h', from, to, every: '1 hour' })
  const chunks = async (): Promise<number> => (await show()).chunks!

  test('a plan is empty after it was applied, and a second apply touches nothing', async () => {
    expect((await show()).state).toBe('unapplied')
    const first = await apply()
    expect(first.steps.map(({ setting }) => setting)).toContain('recorded')
    expect((await plan()).steps).toEqual([])
    expect((await apply()).steps).toEqual([])
    expect(await show()).toMatchObject({ state: 'ok', drift: null })
  })

  test.each<[string, Written]>([
    ['an interval', { candles: { chunkInterval: '14d' } }],
    ['an order', { candles: { orderBy: ['timestamp desc'], segmentBy: ['market_id'] } }],
    ['no segments, no merging', { prices: { segmentBy: [], mergeTo: 'never' } }],
    ['no compression', { candles: { compressAfter: 'never' } }],
    ['another age', { candles: { compressAfter: '36h' }, analytics: { compressAfter: '90m' } }],
    ['a retention', { prices: { retainFor: '90d' } }],
    ['one by timeframe', { candles: { retainFor: { '1m': '30d', '*': 'forever' } } }],
    [
      'rollups and their window',
      { candles: { rollups: false }, prices: { refreshWindow: { start: '30d', end: '10m' } } },
    ],
    ['a table left alone', { candles: { enabled: false } }],
  ])('what is said of %s is applied, kept, and taken back', async (_, written) => {
    await apply()
    expect((await plan(written)).steps.length).toBeGreaterThan(0)
    await apply(written, async () => {})
    expect((await plan(written)).steps).toEqual([])
    expect((await plan()).steps.length).toBeGreaterThan(0)
    await apply()
    expect((await plan()).steps).toEqual([])
  })

  test('what somebody changed by hand shows as drift, and is put right', async () => {
    await apply()
    if (tier.name === 'plain') {
      await client.query("update arxdb.partitioning set width = '1 day' where table_name = 'candles'")
      expect((await show()).drift).toBe('chunk_interval')
    } else {
      await client.query("select set_chunk_time_interval('arxdb.candles', interval '1 day')")
      expect((await show()).drift).toBe('chunk_interval')
    }
    expect(await show()).toMatchObject({ state: 'drift' })
    await apply()
    expect(await show()).toMatchObject({ state: 'ok', drift: null })
  })

  test.runIf(tier.name === 'community')(
    'so do a policy removed, one switched off, one changed and one added',
    async () => {
      await apply()
      const job =
        "select job_id from timescaledb_information.jobs where proc_name = 'policy_compression' and hypertable_name = 'candles'"
      for (const sql of [
        "call remove_columnstore_policy('arxdb.candles')",
        `select alter_job((${job}), scheduled => false)`,
        `select alter_job((${job}), config => (select config || '{"compress_after": "9 days"}' from timescaledb_information.jobs where job_id = (${job})))`,
      ]) {
        await client.query(sql)
        expect(await show(), sql).toMatchObject({ state: 'drift', drift: 'compress_after' })
        await apply()
        expect(await show(), sql).toMatchObject({ state: 'ok', actual_compress_after: 3 * 86_400 })
      }
      await client.query("select add_retention_policy('arxdb.candles', drop_after => interval '90 days')")
      expect(await show()).toMatchObject({ state: 'drift', drift: 'retain_for', actual_retain_for: '90d' })
      await apply()
      expect(await show()).toMatchObject({ state: 'ok', actual_retain_for: 'forever' })
    },
  )

  test('retention is not shortened unless somebody agrees, and the plan counts what goes', async () => {
    await fill('2024-01-01', '2024-12-31')
    await apply()
    const written: Written = { candles: { retainFor: '30d' } }
    const before = await count()
    const recorded = (await plan(written)).steps.find(({ setting }) => setting === 'recorded')!
    expect(recorded).toMatchObject({ shortens: true, rows_deleted: before, chunks: await chunks() })
    await expect(apply(written)).rejects.toThrow('not agreed')
    expect((await plan(written)).steps.length).toBeGreaterThan(0)
    expect((await plan()).steps).toEqual([])
    let asked = 0
    await apply(written, async () => void asked++)
    expect(asked).toBe(1)
    // Longer is no loss.
    await apply({ candles: { retainFor: '60d' } })
    expect(await count()).toBe(before)
  })

  test('what was applied is what runs, whatever the config says by then', async () => {
    await fill('2024-01-01', '2024-12-31')
    const before = await count()
    await run('2030-01-01')
    expect(await count()).toBe(before)
    await apply({ candles: { retainFor: '90d' } }, async () => {})
    const { deeds } = await run('2025-01-15')
    expect(deeds.find(({ step }) => step === 'expire')).toMatchObject({ outcome: 'done', table: 'arxdb.candles' })
    const { rows } = await client.query<{ oldest: string }>('select min(timestamp) as oldest from arxdb.candles')
    // 90 days before are in October; the chunk that they begin in stays.
    expect(Date.parse(rows[0]!.oldest)).toBeGreaterThan(Date.parse('2024-07-01'))
    expect(Date.parse(rows[0]!.oldest)).toBeLessThanOrEqual(Date.parse('2024-10-17'))
    const again = await run('2025-01-15')
    expect(again.deeds.find(({ step }) => step === 'expire')).toMatchObject({ outcome: 'nothing' })
  })

  test('what went is not answered from rollups that stayed', async () => {
    const market = await fill('2024-01-01', '2024-12-31')
    await run('2025-01-01')
    await apply({ candles: { retainFor: '90d' } }, async () => {})
    await run('2025-01-15')
    const rolled = `select count(*)::int as n from arxdb.rollups where market_id = $1
      and bucket < (select date_trunc('day', min(timestamp)) from arxdb.candles)`
    expect((await client.query(rolled, [market])).rows[0].n).toBe(0)
    const kept = 'select count(*)::int as n from arxdb.rollups where market_id = $1'
    expect((await client.query(kept, [market])).rows[0].n).toBeGreaterThan(50)
  })

  test('rollups are refreshed inside their window; what is outside is read raw', async () => {
    const market = await fill('2024-01-01', '2024-03-31')
    const dirty = async () =>
      (
        await client.query<{ since: string; until: string }>(
          'select min(since) as since, max(until) as until from arxdb.rollup_dirty where market_id = $1',
          [market],
        )
      ).rows[0]!
    const written: Written = { candles: { refreshWindow: { start: '40d', end: '20d' } } }
    await apply(written)
    await run('2024-04-01T12:00:00Z')
    // Days that the window's ends cut are left as well.
    expect(await dirty()).toEqual({ since: '2024-01-01T00:00:00Z', until: '2024-04-01T00:00:00Z' })
    const { rows } = await client.query(
      'select min(bucket) as first, max(bucket) as last from arxdb.rollups where market_id = $1 and width = 86400',
      [market],
    )
    expect(rows).toEqual([{ first: '2024-02-22T00:00:00Z', last: '2024-03-11T00:00:00Z' }])
    const ask = ['candles', 'COIN', '--every', '1d', '--from', '2024-01-01', '--to', '2024-04-01', '--json']
    const env = { DATABASE_URL: database.url, HOME: '/nowhere' }
    const rolled = await session(ask, { env })
    expect(JSON.parse(rolled.stdout)).toHaveLength(91)
    expect(JSON.parse(rolled.stdout)).toEqual(JSON.parse((await session([...ask, '--no-rollup'], { env })).stdout))
    await apply({ candles: { rollups: false } })
    expect((await run('2024-04-01T12:00:00Z')).deeds.find(({ step }) => step === 'rollups')).toMatchObject({ rows: 0 })
    await apply()
    await run('2024-04-01T12:00:00Z')
    expect(await dirty()).toEqual({ since: null, until: null })
  })

  test('expired timeframes go from chunks that others keep', async () => {
    const minutes = await fillCandles(client, {
      timeframe: '1m',
      from: '2024-01-01',
      to: '2024-12-31',
      every: '6 hours',
    })
    const daily = await fillCandles(client, { timeframe: '1d', from: '2024-01-01', to: '2024-12-31', every: '1 day' })
    const of = async (market: number): Promise<number> =>
      (await client.query('select count(*)::int as n from arxdb.candles where market_id = $1', [market])).rows[0].n
    const [before, held] = [await of(minutes), await of(daily)]
    const written: Written = { candles: { retainFor: { '1m': '30d' } } }
    // By the server's clock, long after: all of them.
    const planned = (await plan(written)).steps.find((step) => step.shortens && step.setting === 'recorded')
    expect(planned).toMatchObject({ table: 'arxdb.candles', rows_deleted: before, chunks: 0 })
    await apply(written, async () => {})
    const { deeds } = await run('2025-01-01')
    expect(await of(daily)).toBe(held)
    expect(await of(minutes)).toBeLessThan(before / 2)
    expect(deeds.find(({ step }) => step === 'expire')).toMatchObject({ chunks: 0, rows: before - (await of(minutes)) })
  })

  test.runIf(tier.name === 'community')('a chunk that is due for dropping is not due for compression too', async () => {
    const [from, to] = [-400, 0].map((days) => new Date(Date.now() + days * 86_400_000).toISOString())
    await fill(from!, to!)
    const all = await chunks()
    const stepsOf = async (written: Written) => {
      const { steps } = await plan(written)
      const of = (name: string) => steps.find(({ table, setting }) => table === 'arxdb.candles' && setting === name)
      return { dropped: of('recorded')?.chunks ?? 0, packed: of('compress_after'), rewritten: of('columnstore') }
    }
    const whole = (await stepsOf({})).packed!
    const { dropped, packed } = await stepsOf({ candles: { retainFor: '100d' } })
    expect(dropped).toBeGreaterThan(1)
    expect(dropped + packed!.chunks!).toBe(whole.chunks)
    expect(packed!.bytes!).toBeLessThan(whole.bytes!)
    expect(whole.chunks).toBeLessThan(all)
    // The same of chunks that would be compressed anew.
    await apply({ candles: { mergeTo: 'never' } })
    await run()
    const { compressed } = await show()
    const changed = await stepsOf({ candles: { retainFor: '100d', orderBy: ['timestamp desc'], mergeTo: 'never' } })
    expect(changed.rewritten!.chunks).toBe(compressed! - changed.dropped)
    expect(changed.dropped).toBeGreaterThan(0)
  })

  test('apply beside a run names the run', async () => {
    const lock = await takeLock(database.connection, LOCK, 'policy run')
    await expect(apply()).rejects.toMatchObject({
      ...{ code: 'lock-busy', exit: 6 },
      message: 'arxdb policy run is at work on this database',
    })
    await expect(run()).rejects.toMatchObject({ message: 'another arxdb policy run is at work on this database' })
    await lock.release()
    await apply()
  })

  test('a run that is the second says who is the first', async () => {
    const other = await openClient(database.connection)
    await other.query("begin; select pg_advisory_xact_lock(hashtextextended('arxdb.policy', 0))")
    await expect(run()).rejects.toMatchObject({ code: 'lock-busy', exit: 6, detail: expect.stringContaining('pid') })
    await other.end()
    await run()
  })

  test('a partition in use is left for the next time, and said', { timeout: 60_000 }, async () => {
    await fill('2024-01-01', '2024-03-31')
    await apply({ candles: { retainFor: '30d' } }, async () => {})
    const reader = await openClient(database.connection)
    await reader.query('begin; select count(*) from arxdb.candles')
    const { deeds } = await run('2026-01-01')
    expect(deeds.find(({ step }) => step === 'expire')).toMatchObject({
      outcome: 'locked',
      detail: expect.stringContaining('in use by others'),
    })
    expect(await count()).toBeGreaterThan(0)
    await reader.end()
    await run('2026-01-01')
    expect(await count()).toBe(0)
  })

  test('a table that is none, or no hypertable, is told of', async () => {
    await client.query('create table public.notes (at timestamptz not null, text text)')
    await expect(plan({ 'public.nothing': {} })).rejects.toMatchObject({ exit: tier.name === 'plain' ? 2 : 2 })
    await expect(plan({ 'public.notes': {} })).rejects.toMatchObject({ exit: tier.name === 'plain' ? 5 : 2 })
    expect((await show({ 'public.notes': {} }, 'public.notes')).state).toBe('unfit')
    await expect(plan({ ticks: {} })).rejects.toMatchObject({ exit: 2, message: expect.stringContaining('ticks') })
  })

  test.runIf(tier.name !== 'plain')('a hypertable of somebody else is kept like the others', async () => {
    await client.query('create table public."My Ticks" ("At" timestamp not null, coin text, price numeric)')
    await client.query(`select create_hypertable('public."My Ticks"', by_range('At', interval '1 day'))`)
    await client.query(
      `insert into public."My Ticks" select t, 'btc', 1 from generate_series(timestamp '2024-01-01', '2024-01-20', '1 hour') t`,
    )
    const written: Written = {
      'public.My Ticks': { chunkInterval: '2d', segmentBy: ['coin'], orderBy: ['At desc'], retainFor: '10d' },
    }
    await apply(written, async () => {})
    expect((await plan(written)).steps).toEqual([])
    await run('2024-01-21T00:00:01Z')
    const { rows } = await client.query('select min("At") as at from public."My Ticks"')
    expect(rows[0].at).toBe('2024-01-11T00:00:00')
    expect(await show(written, 'public.My Ticks')).toMatchObject({
      state: 'ok',
      compressed: tier.name === 'community' ? 3 : 0,
    })
    // Named no more, it is left alone.
    expect((await plan()).steps).toMatchObject([{ setting: 'recorded', wanted: null }])
    await apply()
    expect((await plan()).steps).toEqual([])
  })

  test.runIf(tier.name === 'plain')('partitions are there ahead of their rows', async () => {
    await apply()
    await run('2026-05-05T12:00:00Z')
    const at = (facts: string) => `select min(lower) as since, max(upper) as until from arxdb.partitions('${facts}')`
    for (const facts of ['prices', 'candles', 'analytics']) {
      const [row] = (await client.query<{ since: string; until: string }>(at(facts))).rows
      expect(Date.parse(row!.since)).toBeLessThanOrEqual(Date.parse('2026-05-05T12:00:00Z'))
      expect(Date.parse(row!.until)).toBeGreaterThan(Date.parse('2026-06-04T12:00:00Z'))
    }
    const again = await run('2026-05-05T12:00:00Z')
    expect(again.deeds.filter(({ step }) => step === 'ahead').map(({ outcome }) => outcome)).toEqual([
      'nothing',
      'nothing',
      'nothing',
    ])
  })

  test.runIf(tier.name === 'plain')('a DEFAULT partition is drained into those that belong', async () => {
    await fill('2024-01-01', '2024-01-02')
    await client.query('create table arxdb.candles_rest partition of arxdb.candles default')
    await client.query(
      `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
         select 1, t, 1, 1, 1, 1 from generate_series(timestamptz '2020-01-01', '2023-06-30', '5 days') t`,
    )
    const before = await client.query('select market_id, timestamp, close from arxdb.candles order by 1, 2')
    await run('2024-02-01')
    const after = await client.query('select market_id, timestamp, close from arxdb.candles order by 1, 2')
    expect(after.rows).toEqual(before.rows)
    expect((await client.query('select count(*)::int as n from arxdb.candles_rest')).rows[0].n).toBe(0)
    await apply({ candles: { retainFor: '90d' } }, async () => {})
    await run('2024-02-01')
    expect(
      Date.parse((await client.query('select min(timestamp) as at from arxdb.candles')).rows[0].at),
    ).toBeGreaterThan(Date.parse('2023-06-01'))
  })

  test.runIf(tier.name === 'community')('the words of both generations come to the same', async () => {
    await fill('2024-01-01', '2024-03-31')
    const session = await openSession(database.connection, { ...DEFAULT_LIMITS, command: 'test' })
    for (const columnstore of [false, true]) {
      const words = wordsOf({ columnstore })
      const wanted = wantedPolicies({}, 'community')
      const found = await reading(session, (run) => survey(session, run, wanted))
      for (const { sql } of differences({ ...found, columnstore })) await client.query(sql)
      expect((await plan()).steps).toEqual([])
      const [first] = (await client.query("select c::text as name from show_chunks('arxdb.candles') c order by 1")).rows
      const chunk: string = first.name
      const status = async () =>
        (await client.query('select _timescaledb_functions.chunk_status($1) as status', [chunk])).rows[0].status
      await client.query(words.compress(chunk))
      expect(await status()).toBe(1)
      // Again, where there is nothing to do.
      await client.query(words.compress(chunk))
      await client.query("update arxdb.candles set volume = 7 where timestamp = '2024-01-01T06:00:00Z'")
      expect(await status()).toBe(9)
      await client.query(words.compress(chunk))
      expect(await status()).toBe(1)
      await client.query('select decompress_chunk($1)', [chunk])
      await client.query(words.neverCompress('arxdb.candles'))
      expect((await show()).drift).toBe('compress_after')
    }
    await session.close()
  })

  test.runIf(tier.name === 'community')(
    'the backlog is compressed, and what was written to since is compressed again',
    async () => {
      await fill('2024-01-01', '2024-12-31')
      await apply()
      const before = await count()
      await run('2025-06-01')
      expect(await show()).toMatchObject({ backlog: 0, partial: 0, outdated: 0 })
      expect((await show()).compressed).toBe((await show()).chunks)
      expect((await show()).rows_estimate).toBeGreaterThan(before * 0.9)
      expect(await count()).toBe(before)
      await fillCandles(client, {
        timeframe: '1h',
        coin: 'late',
        from: '2024-03-01',
        to: '2024-03-05',
        every: '1 hour',
      })
      expect((await show()).partial).toBe(1)
      await run('2025-06-01')
      expect(await show()).toMatchObject({ partial: 0, backlog: 0 })
      const written: Written = { candles: { orderBy: ['timestamp desc'] } }
      const changed = (await plan(written)).steps.find(({ setting }) => setting === 'columnstore')!
      expect(changed.chunks).toBe((await show()).chunks)
      await apply(written)
      expect((await show(written)).outdated).toBe((await show()).chunks)
      await run('2025-06-01')
      expect(await show(written)).toMatchObject({ outdated: 0, state: 'ok' })
      expect(await count()).toBe(before + 97)
    },
  )
})
