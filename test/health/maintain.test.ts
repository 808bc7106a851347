// Upkeep of real databases: what is due is done, what was left unfinished is found, and nothing else is touched.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { session as run } from '../cli/session.ts'
import { fillCandles } from '../engines/policy-scene.ts'
import { makeProgram, type Program } from '../faults/ingest/program.ts'
import { connectionOf } from '../servers/connection.ts'
import { describeTiers } from '../servers/databases.ts'
import { migrateTemplate } from '../servers/migrate.ts'
import { type OwnCluster, startCluster } from './own-cluster.ts'
import { session } from './scene.ts'

interface Row {
  readonly step: string
  readonly table: string
  readonly outcome: string
  readonly due: number
  readonly done: number
  readonly left: number
  readonly bytes: number | null
  readonly detail: string | null
}

describeTiers('maintain', ({ name: tierName }) => {
  let cluster: OwnCluster
  let client: pg.Client
  let program: Program
  beforeAll(async () => {
    // By itself the server would do what is looked for here.
    cluster = await startCluster(tierName, ['autovacuum=off', 'max_locks_per_transaction=256'])
    await migrateTemplate(connectionOf(cluster.url))
    ;[client, program] = await Promise.all([session(cluster.url), makeProgram()])
    if (tierName !== 'plain') await client.query('select _timescaledb_functions.stop_background_workers()')
    expect(await maintained()).toMatchObject({ code: 0 })
  }, 180_000)
  afterAll(async () => {
    program?.remove()
    await client?.end()
    cluster?.remove()
  })

  const env = () => ({ DATABASE_URL: cluster.url, HOME: '/nowhere' })

  /** A session that is idle tells its counts only after some seconds. */
  const told = () => client.query('select pg_stat_force_next_flush()')

  async function maintained(...flags: readonly string[]) {
    if (client) await told()
    const ended = await run(['maintain', ...flags, '--json'], { env: env() })
    return { ...ended, rows: ended.stdout.startsWith('[') ? (JSON.parse(ended.stdout) as Row[]) : [] }
  }

  async function dry(): Promise<string> {
    await told()
    return (await run(['maintain', '--dry-run'], { env: env() })).stdout
  }

  const one = async <T>(sql: string, params: readonly unknown[] = []): Promise<T> =>
    (await client.query(sql, [...params])).rows[0]

  async function until(sql: string): Promise<void> {
    for (const end = Date.now() + 20_000; (await client.query(sql)).rowCount === 0; await sleep(20))
      if (Date.now() > end) throw new Error(`never: ${sql}`)
  }

  const indexes = async (like: string): Promise<Record<string, boolean>> => {
    const { rows } = await client.query(
      'select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname like $1 order by 1',
      [like],
    )
    return Object.fromEntries(rows.map(({ relname, indisvalid }) => [relname, indisvalid]))
  }

  /** Unfinished, because two rows have one value; with `mended` the values are made different afterwards. */
  async function unfinished(table: string, mended = false): Promise<void> {
    await client.query(
      `create table ${table} (i int, n int); insert into ${table} values (1, 1), (1, 2), (2, 3); analyze ${table}`,
    )
    await expect(client.query(`create unique index concurrently ${table}_i on ${table} (i)`)).rejects.toMatchObject({
      code: '23505',
    })
    if (mended) await client.query(`update ${table} set i = n + 10`)
    if (mended) await client.query(`vacuum analyze ${table}`)
  }

  test('nothing is due twice', async () => {
    expect((await maintained()).stderr).toContain('nothing is due')
    expect(await dry()).toBe('')
  })

  test('dead rows of every chunk are vacuumed, told once, and rollups are made anew', {
    timeout: 120_000,
  }, async () => {
    const width = "interval '10 days'"
    await client.query(
      tierName === 'plain'
        ? `update arxdb.partitioning set width = ${width} where table_name = 'candles'`
        : `select set_chunk_time_interval('arxdb.candles', ${width})`,
    )
    const now = Date.now()
    const at = (days: number) => new Date(now - days * 86_400_000).toISOString()
    await fillCandles(client, { timeframe: '1h', from: at(60), to: at(0), every: '10 minutes' })
    await client.query(`delete from arxdb.candles where extract(minute from timestamp) < 35`)
    const sql = await dry()
    expect(sql).toMatch(/^-- rollups of \d+ ranges? of time are made anew$/m)
    expect(sql).toMatch(/^vacuum \(analyze\) .*; -- [\d,]+ dead rows$/m)
    const { code, rows } = await maintained()
    expect(code).toBe(0)
    const vacuum = rows.find((row) => row.step === 'vacuum' && row.table === 'arxdb.candles')!
    expect(vacuum).toMatchObject({ outcome: 'done', left: 0, detail: null })
    expect(vacuum.due).toBeGreaterThanOrEqual(6)
    expect(vacuum.done).toBe(vacuum.due)
    expect(rows.find(({ step }) => step === 'refresh')).toMatchObject({ outcome: 'done', table: 'arxdb.rollups' })
    const dead = `select coalesce(sum(n_dead_tup), 0)::int as n from pg_stat_user_tables where relname ~ 'candles|_hyper_'`
    expect(await one(dead)).toEqual({ n: 0 })
    expect(await one('select count(*)::int as n from arxdb.rollup_dirty')).toEqual({ n: 0 })
    const whole = `select count(*) > 0 as seen from pg_stats where schemaname = 'arxdb' and tablename = 'candles' and inherited`
    expect(await one(whole)).toEqual({ seen: true })
    expect((await maintained()).rows).toEqual([])
  })

  test('what --dry-run prints is what is done', async () => {
    await client.query('create table plain_rows (i int); insert into plain_rows select generate_series(1, 1000)')
    await client.query('delete from plain_rows where i > 500')
    const lines = (await dry()).trim().split('\n')
    expect(lines).toEqual(['vacuum (analyze) public.plain_rows; -- 500 dead rows'])
    for (const line of lines) await client.query(line)
    expect(await dry()).toBe('')
  })

  test('dead rows that somebody still sees are told of', async () => {
    const reader = await session(cluster.url)
    await reader.query('begin isolation level repeatable read; select count(*) from plain_rows')
    await client.query('delete from plain_rows where i > 100')
    const { code, rows } = await maintained()
    expect(code).toBe(0)
    expect(rows).toMatchObject([
      {
        step: 'vacuum',
        table: 'public.plain_rows',
        detail: 'public.plain_rows: 400 dead rows still seen by an older transaction or a standby',
      },
    ])
    await reader.query('commit')
    await reader.end()
    expect((await maintained()).rows).toMatchObject([{ step: 'vacuum', detail: null }])
  })

  test('a unique index that duplicates keep from being built is reported, and nothing is left beside it', async () => {
    await unfinished('twice')
    await expect(client.query('reindex index concurrently twice_i')).rejects.toMatchObject({ code: '23505' })
    expect(await indexes('twice%')).toEqual({ twice_i: false, twice_i_ccnew: false })
    const { code, rows, stderr } = await maintained()
    expect(code).toBe(1)
    expect(rows.filter(({ table }) => table === 'public.twice')).toMatchObject([
      { step: 'clean', outcome: 'done' },
      { step: 'reindex', outcome: 'failed', detail: expect.stringContaining('Key (i)=(1) is duplicated') },
    ])
    expect(stderr).toContain('warning: reindex public.twice: public.twice_i: could not create unique index')
    expect(await indexes('twice%')).toEqual({ twice_i: false })
    await client.query('update twice set i = n')
    expect((await maintained()).rows.filter(({ step }) => step === 'reindex')).toMatchObject([{ outcome: 'done' }])
    expect(await indexes('twice%')).toEqual({ twice_i: true })
    await client.query('drop table twice')
  })

  test('what only looks like a leftover stays', async () => {
    await client.query('create table named (i int, n int); insert into named values (1, 1), (1, 2); analyze named')
    await client.query('create index kept_ccnew on named (i); create index kept on named (i)')
    await expect(client.query('create unique index concurrently lonely_ccold on named (i)')).rejects.toMatchObject({
      code: '23505',
    })
    expect(await dry()).toMatch(/^reindex index concurrently public\.lonely_ccold; /)
    await maintained()
    expect(await indexes('%\\_cc%')).toEqual({ kept_ccnew: true, lonely_ccold: false })
    await client.query('drop table named')
  })

  test('an index that somebody is building is left to them', async () => {
    await client.query('create table busy (i int); insert into busy values (1); analyze busy')
    const writer = await session(cluster.url)
    await writer.query('begin; insert into busy values (2)')
    const builder = await session(cluster.url)
    const built = builder.query('create index concurrently busy_i on busy (i)')
    await until(`select from pg_class where relname = 'busy_i'`)
    const { rows, code } = await maintained()
    expect(rows.filter(({ step }) => step === 'reindex')).toMatchObject([
      {
        table: 'public.busy',
        outcome: 'skipped',
        detail: expect.stringMatching(/^public\.busy_i: pid \d+ is at work on public\.busy$/),
      },
    ])
    expect(code).toBe(0)
    await writer.query('commit')
    await built
    await Promise.all([writer.end(), builder.end()])
    expect(await indexes('busy%')).toEqual({ busy_i: true })
    await client.query('drop table busy')
  })

  test('a table in use is left, and the others are done', async () => {
    await client.query('create table held (i int); insert into held select generate_series(1, 500); delete from held')
    await client.query('create table free (i int); insert into free select generate_series(1, 500); delete from free')
    const holder = await session(cluster.url)
    await holder.query('begin; lock table held in share mode')
    const { code, rows } = await maintained('--lock-timeout', '100ms')
    await holder.query('rollback')
    await holder.end()
    expect(code).toBe(1)
    expect(Object.fromEntries(rows.map(({ table, outcome }) => [table, outcome]))).toEqual({
      ...{ 'public.held': 'locked', 'public.free': 'done' },
    })
    expect((await maintained()).rows).toMatchObject([{ table: 'public.held', outcome: 'done' }])
  })

  test('no step begins after the budget, and the next run goes on', async () => {
    await client.query('insert into held select generate_series(1, 500); delete from held')
    const none = await maintained('--budget', '0')
    expect(none).toMatchObject({ code: 0, stderr: expect.stringContaining('the budget is used up: 1 left') })
    expect(none.rows).toMatchObject([{ outcome: 'over budget', due: 1, done: 0, left: 1 }])
    expect((await maintained('--budget', '1h')).rows).toMatchObject([{ outcome: 'done' }])
  })

  test('killed in the middle of a rebuild, refused beside another, and cleaned up by the next', {
    timeout: 120_000,
  }, async () => {
    await unfinished('killed', true)
    const reader = await session(cluster.url)
    // A rebuild waits for its snapshot, with the new index in its place beside the old one.
    await reader.query('begin isolation level repeatable read; select count(*) from killed')
    const running = program.arxdb(['maintain'], env())
    await until(
      `select from pg_index i join pg_class c on c.oid = i.indexrelid where relname = 'killed_i_ccnew' and indisready`,
    )
    const second = await maintained()
    expect(second).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/another arxdb maintain is at work.*held by pid \d+, arxdb\/maintain/),
    })
    running.child.kill('SIGKILL')
    await running.ended
    await until(`select where not exists (select from pg_stat_activity where application_name = 'arxdb/maintain')`)
    expect(await indexes('killed%')).toEqual({ killed_i: false, killed_i_ccnew: false })
    await reader.query('commit')
    await reader.end()
    const next = await maintained()
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(next.rows.filter(({ table }) => table === 'public.killed')).toMatchObject([
      { step: 'clean', outcome: 'done' },
      { step: 'reindex', outcome: 'done' },
    ])
    expect(await indexes('killed%')).toEqual({ killed_i: true })
    await client.query('drop table killed')
  })

  test('Ctrl-C in the middle of a rebuild leaves nothing that the next run does not clean', {
    timeout: 120_000,
  }, async () => {
    await unfinished('broken_off', true)
    const reader = await session(cluster.url)
    await reader.query('begin isolation level repeatable read; select count(*) from broken_off')
    const running = program.arxdb(['maintain'], env())
    await until(
      `select from pg_index i join pg_class c on c.oid = i.indexrelid where relname = 'broken_off_i_ccnew' and indisready`,
    )
    running.child.kill('SIGINT')
    const ended = await running.ended
    expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining('arxdb maintain goes on from there') })
    await reader.query('commit')
    await reader.end()
    expect(await maintained()).toMatchObject({ code: 0 })
    expect(await indexes('broken_off%')).toEqual({ broken_off_i: true })
    await client.query('drop table broken_off')
  })

  test('a rebuild that waits in vain for an old transaction leaves one copy at most, and the next run none', {
    timeout: 60_000,
  }, async () => {
    await unfinished('waited', true)
    const reader = await session(cluster.url)
    await reader.query('begin isolation level repeatable read; select count(*) from waited')
    const { code, rows } = await maintained('--rebuild-timeout', '300ms')
    expect(code).toBe(1)
    expect(rows.filter(({ step }) => step === 'reindex')).toMatchObject([{ outcome: 'locked' }])
    await reader.query('commit')
    await reader.end()
    expect(await maintained()).toMatchObject({ code: 0 })
    expect(await indexes('waited%')).toEqual({ waited_i: true })
    await client.query('drop table waited')
  })

  test('an index much larger than what is in it is rebuilt, on the chunk where there are chunks', {
    timeout: 120_000,
  }, async () => {
    await client.query(
      `create table ticks (at timestamptz not null, market int not null, price float8)${tierName === 'plain' ? ' partition by range (at)' : ''}`,
    )
    await client.query(
      tierName === 'plain'
        ? `create table ticks_2025 partition of ticks for values from ('2025-01-01') to ('2026-01-01')`
        : `select create_hypertable('ticks', 'at', chunk_time_interval => interval '1 year')`,
    )
    await client.query('create index ticks_market on ticks (market, at)')
    await client.query(
      `insert into ticks select timestamptz '2025-03-01' + g * interval '1 second', g % 7, g from generate_series(1, 500000) g`,
    )
    await client.query('delete from ticks where price > 20000')
    const size = `select sum(pg_relation_size(c.oid))::int as bytes from pg_class c where c.relkind = 'i' and c.relname ~ 'ticks.*market'`
    const before = (await one<{ bytes: number }>(size)).bytes
    const { code, rows, stderr } = await maintained()
    expect(code, stderr).toBe(0)
    const reindex = rows.find((row) => row.step === 'reindex' && row.table === 'public.ticks')!
    expect(reindex).toMatchObject({ outcome: 'done', left: 0 })
    expect(reindex.bytes).toBeGreaterThan(8_000_000)
    expect((await one<{ bytes: number }>(size)).bytes).toBeLessThan(before / 5)
    const used = await client.query('set enable_seqscan = off; explain select * from ticks where market = 3')
    expect(JSON.stringify(used)).toMatch(/ticks_\w*market/)
    expect((await maintained()).rows).toEqual([])
    await client.query('reset enable_seqscan; drop table ticks')
  })

  test('a role does what is its own, and says whose the rest is', async () => {
    await client.query('create role keeper login; create table theirs (i int); alter table theirs owner to keeper')
    await client.query('insert into theirs select generate_series(1, 500); delete from theirs')
    await client.query('insert into held select generate_series(1, 500); delete from held')
    await told()
    const ended = await run(['maintain', '--json'], {
      env: { ...env(), DATABASE_URL: cluster.url.replace('postgres@', 'keeper@') },
    })
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(ended.stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ table: 'public.theirs', outcome: 'done' }),
        expect.objectContaining({
          table: 'public.held',
          outcome: 'skipped',
          detail: 'public.held: it belongs to postgres',
        }),
      ]),
    )
    await client.query('drop table theirs')
  })
})
