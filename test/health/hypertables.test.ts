// Checks of hypertables and their chunks.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { checked, session } from './scene.ts'
import { describeCommunity, describeTimescaledb, plantJob, startJobs, stopJobs, until } from './timescaledb-scene.ts'

/** A hypertable of days, with rows an hour apart from `from` to `to` days ago. */
async function days(client: pg.Client, name: string, from: number, to: number, value = 'i'): Promise<void> {
  await client.query(`create table public.${name} (time timestamptz not null, i int not null, v text)`)
  await client.query(`select create_hypertable('public.${name}', by_range('time', interval '1 day'))`)
  await client.query(
    `insert into public.${name} select t, n, ${value}::text from generate_series(
       date_trunc('day', now()) - $1 * interval '1 day', date_trunc('day', now()) - $2 * interval '1 day', interval '1 hour')
       with ordinality g(t, n) cross join lateral (select n::int as i) x`,
    [from, to],
  )
}

describeTimescaledb('hypertables', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await session(database.url)
    await stopJobs(client)
    await days(client, 'ticks', 9, 0)
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const seen = (name: string, thresholds = {}) =>
    checked(database.connection, name, { thresholds: { [name]: thresholds } })

  test('chunk-count', async () => {
    expect(await seen('chunk-count')).toMatchObject([
      { state: 'OK', value: 10, text: expect.stringMatching(/public\.ticks: 10 chunks, new ones 1 d wide$/) },
    ])
    expect(await seen('chunk-count', { warn: 10, crit: 1000 })).toMatchObject([
      { state: 'WARNING', object: 'public.ticks', try: expect.stringContaining('set_chunk_time_interval') },
    ])
  })

  test('chunk-size', async () => {
    expect(await seen('chunk-size')).toMatchObject([{ state: 'OK', object: 'public.ticks' }])
    const [big] = await seen('chunk-size', { warn: 0.0001, crit: 0.0002 })
    // That of yesterday: the one of today is being filled.
    const { rows } = await client.query(
      `select format('%I.%I', chunk_schema, chunk_name) as chunk,
              pg_total_relation_size(format('%I.%I', chunk_schema, chunk_name)::regclass)::float8 as bytes
         from timescaledb_information.chunks where range_end <= now() order by range_end desc limit 1`,
    )
    expect(big).toMatchObject({
      ...{ state: 'CRITICAL', text: expect.stringContaining(`the newest full chunk, ${rows[0].chunk}, is`) },
      value: (100 * rows[0].bytes) / 4294967296,
    })
  })

  test('interval-drift', async () => {
    expect(await seen('interval-drift')).toMatchObject([{ state: 'OK', object: 'public.ticks', value: 1 }])
    await client.query("select set_chunk_time_interval('public.ticks', interval '1 hour')")
    expect(await seen('interval-drift')).toMatchObject([
      {
        ...{ state: 'CRITICAL', value: 24 },
        text: expect.stringMatching(
          /^the newest chunk is 24 h wide, set are 60 min; it ends .*; 10 chunks of 10 of another/,
        ),
      },
    ])
    await client.query("select set_chunk_time_interval('public.ticks', interval '1 day')")
    expect(await seen('interval-drift')).toMatchObject([{ state: 'OK' }])
  })

  test('future-chunks', async () => {
    expect(await seen('future-chunks')).toMatchObject([{ state: 'OK', text: 'no chunk begins in the future' }])
    // Made ahead, as loads do.
    await client.query("insert into public.ticks values (now() + interval '2 days', 1)")
    expect(await seen('future-chunks')).toMatchObject([{ state: 'OK', value: 0, object: 'public.ticks' }])
    // Milliseconds read as seconds.
    await client.query('insert into public.ticks values (to_timestamp(extract(epoch from now()) * 1000), 1)')
    const [bad] = await seen('future-chunks')
    expect(bad).toMatchObject({
      state: 'CRITICAL',
      text: expect.stringMatching(/begins [0-9,]+ d ahead, at 5\d{4}-.*holds rows$/),
    })
    const { rows } = await client.query(bad!.try!)
    expect(rows).toHaveLength(2)
    await client.query("delete from public.ticks where time > now() + interval '100 days'")
    await client.query("select drop_chunks('public.ticks', newer_than => now() + interval '100 days')")
    expect(await seen('future-chunks')).toMatchObject([{ state: 'OK' }])
  })

  test('root-rows', async () => {
    expect(await seen('root-rows')).toMatchObject([{ state: 'OK' }])
    // Older versions refuse it by a trigger, which a restore by pg_restore --disable-triggers does not have.
    await client.query('set session_replication_role = replica; set timescaledb.restoring = on')
    await client.query("insert into public.ticks values (now(), 1), (now() - interval '1 s', 2)")
    await client.query('set timescaledb.restoring = off; reset session_replication_role')
    const [bad] = await seen('root-rows')
    expect(bad).toMatchObject({ object: 'public.ticks', value: 8192, text: expect.stringContaining('the root itself') })
    expect(['CRITICAL', 'WARNING']).toContain(bad!.state)
    await until('statistics tell of the rows', async () => (await seen('root-rows'))[0]!.state === 'CRITICAL')
    // A role that may read nothing sees it too.
    const role = `arxdb_blind_${process.pid}_${tier.name}`
    await client.query(`create role ${role} login`)
    expect(await checked({ ...database.connection, user: role }, 'root-rows')).toMatchObject([
      { state: 'CRITICAL', text: expect.stringMatching(/^2 rows in the root itself/) },
    ])
    await client.query(`drop role ${role}`)
    const count = async () => (await client.query('select count(*)::int as n from public.ticks')).rows[0].n
    const before = await count()
    // What it says to type puts it right.
    await client.query(bad!.try!)
    expect(await count()).toBe(before + 2)
    expect(await seen('root-rows')).toMatchObject([
      { state: 'OK', text: 'no hypertable has rows outside of its chunks' },
    ])
  })

  test('restoring', async () => {
    expect(await seen('restoring')).toMatchObject([{ state: 'OK', text: 'timescaledb.restoring is off' }])
    const name = (await client.query('select current_database() as name')).rows[0].name
    await client.query('select timescaledb_pre_restore()')
    const [bad] = await seen('restoring')
    expect(bad).toMatchObject({
      state: 'CRITICAL',
      text: `timescaledb.restoring is on for database ${name}, and no pg_restore is at work`,
    })
    const restore = await session(database.url)
    await restore.query("set application_name = 'pg_restore'")
    expect(await seen('restoring')).toMatchObject([
      { state: 'WARNING', text: expect.stringContaining('pg_restore is at work') },
    ])
    await restore.end()
    await client.query('select timescaledb_post_restore()')
    expect(await seen('restoring')).toMatchObject([{ state: 'OK' }])
  })

  test('extension-version', async () => {
    const [fine] = await seen('extension-version')
    expect(fine).toMatchObject({
      state: 'OK',
      text: expect.stringMatching(/^2\.\d+\.\d+, library and extension alike$/),
    })
    // As a dump of another version leaves it that was restored by hand: functions that call another library.
    const call = (from: string, to: string) =>
      client.query(
        "update pg_proc set probin = replace(probin, $1, $2) where oid = (select min(oid) from pg_proc where pronamespace = '_timescaledb_functions'::regnamespace and probin ~ 'timescaledb-2')",
        [from, to],
      )
    await call('timescaledb-2.', 'timescaledb-1.9.')
    expect(await seen('extension-version')).toMatchObject([
      {
        state: 'CRITICAL',
        text: expect.stringMatching(/^the extension is 2\..*, its functions call the library of 1\.9\./),
      },
    ])
    await client.query(
      "update pg_proc set probin = replace(probin, 'timescaledb-1.9.', 'timescaledb-2.') where probin ~ 'timescaledb-1.9'",
    )
    expect(await seen('extension-version')).toMatchObject([{ state: 'OK' }])
  })

  test('workers', async () => {
    // Other tests' databases have schedulers too, so that what is left of the places is not ours to say.
    const asked = { warn: -10_000, crit: -20_000 }
    await startJobs(client)
    const scheduler = async () => (await seen('workers', asked)).find(({ object }) => object === 'scheduler')
    await until('its scheduler runs', async () => {
      const { rows } = await client.query(
        "select from pg_stat_activity where datname = current_database() and application_name = 'TimescaleDB Background Worker Scheduler'",
      )
      return rows.length > 0
    })
    await plantJob(client, 1000)
    expect(await seen('workers', asked)).toMatchObject([
      { state: 'OK', object: null, text: expect.stringMatching(/^2 are well; nearest/) },
    ])
    expect(await scheduler()).toBeUndefined()
    await stopJobs(client)
    const gone = await scheduler()
    expect(gone).toMatchObject({ state: 'CRITICAL', text: expect.stringContaining('none of its 1 job is started') })
    await client.query(gone!.try!)
    await until('it runs again', async () => (await scheduler()) === undefined)
    await stopJobs(client)
    await client.query('delete from _timescaledb_config.bgw_job where id = 1000')
  })

  test('all of them while a restore goes on: none is OK that could not see', async () => {
    await client.query('select timescaledb_pre_restore()')
    for (const name of ['chunk-count', 'chunk-size', 'interval-drift', 'future-chunks', 'jobs-failed'])
      expect((await seen(name))[0]!.state, name).not.toBe('UNKNOWN')
    await client.query('select timescaledb_post_restore()')
    await stopJobs(client)
  })
})

describeCommunity('compressed hypertables on community', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await session(database.url)
    await stopJobs(client)
    await client.query('set client_min_messages = error')
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const seen = async (name: string, table: string) =>
    (await checked(database.connection, name)).find(
      ({ object, text }) => object === table || (object === null && text.includes(table)),
    )

  test('compression-backlog and partial-chunks', async () => {
    await days(client, 'bars', 20, 0)
    expect(await checked(database.connection, 'compression-backlog')).toMatchObject([
      { state: 'OK', text: 'no hypertable has a compression policy' },
    ])
    expect(await checked(database.connection, 'partial-chunks')).toMatchObject([
      { state: 'OK', text: 'no chunk is compressed' },
    ])
    await client.query("alter table public.bars set (timescaledb.compress, timescaledb.compress_orderby = 'time')")
    const job = (await client.query("select add_compression_policy('public.bars', interval '2 days') as id")).rows[0].id
    const bad = await seen('compression-backlog', 'public.bars')
    expect(bad).toMatchObject({
      ...{ state: 'CRITICAL', try: `call run_job(${job})` },
      text: expect.stringMatching(
        /^1\d chunks should be compressed \(after 2 d, every 12 h\); the oldest waits for 1\d d$/,
      ),
    })
    await client.query(bad!.try!)
    expect(await checked(database.connection, 'compression-backlog')).toMatchObject([
      { state: 'OK', object: 'public.bars', value: 0 },
    ])
    expect(await checked(database.connection, 'partial-chunks')).toMatchObject([{ state: 'OK', value: 0 }])

    await client.query("insert into public.bars select now() - n * interval '1 day', 0 from generate_series(5, 19) n")
    expect(await checked(database.connection, 'partial-chunks')).toMatchObject([
      {
        state: 'CRITICAL',
        object: 'public.bars',
        text: expect.stringMatching(/^15 of \d+ compressed chunks took rows/),
        try: `call run_job(${job})`,
      },
    ])
    await client.query(`call run_job(${job})`)
    expect(await checked(database.connection, 'partial-chunks')).toMatchObject([{ state: 'OK', value: 0 }])

    // Without a policy a single one stays as it is.
    await client.query("select remove_compression_policy('public.bars')")
    await client.query("insert into public.bars values (now() - interval '10 days', 0)")
    const [alone] = await checked(database.connection, 'partial-chunks')
    expect(alone).toMatchObject({ state: 'WARNING', text: expect.stringContaining('no policy compresses them again') })
    await client.query(alone!.try!)
    expect(await checked(database.connection, 'partial-chunks')).toMatchObject([{ state: 'OK', value: 0 }])
  })

  test('compression-ratio', async () => {
    await client.query('create table public.noisy (time timestamptz not null, i int not null, v text)')
    await client.query("select create_hypertable('public.noisy', by_range('time', interval '1 day'))")
    await client.query("alter table public.noisy set (timescaledb.compress, timescaledb.compress_orderby = 'time')")
    const fill = (from: number, to: number, value: string) =>
      client.query(
        `insert into public.noisy select date_trunc('day', now()) - d * interval '1 day' + n * interval '5 s', n, ${value}
           from generate_series($1::int, $2::int) d cross join generate_series(1, 12000) n`,
        [to, from],
      )
    await fill(12, 8, "repeat('a', 60)")
    await client.query("select compress_chunk(c) from show_chunks('public.noisy') c")
    expect(await seen('compression-ratio', 'public.noisy')).toBeUndefined()
    await fill(7, 5, "repeat('a', 60)")
    await client.query("select compress_chunk(c, true) from show_chunks('public.noisy') c")
    expect(await seen('compression-ratio', 'public.noisy')).toMatchObject({
      state: 'OK',
      value: expect.closeTo(100, -1),
    })
    await fill(4, 2, 'md5(random()::text) || md5(random()::text)')
    await client.query("select compress_chunk(c, true) from show_chunks('public.noisy') c")
    const bad = await seen('compression-ratio', 'public.noisy')
    expect(bad).toMatchObject({
      state: 'CRITICAL',
      text: expect.stringMatching(/^the newest 3 chunks shrank [\d.]+x, the 8 before them [\d.]+x$/),
    })
  })
})
