// Indexes with something wrong, made on a real server, seen through the program, and gone after what it said was typed.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IndexFinding } from '../../src/core/index-findings.ts'
import { indexFindings } from '../../src/core/indexes.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { freePort } from '../../src/embedded/sockets.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { clusters } from '../backup/clusters.ts'
import { arxdb } from '../e2e/spawn.ts'
import { describeTiers, migratedDatabase, type TestDatabase, tiers, withClient } from '../servers/databases.ts'
import { findPostgres } from '../servers/postgres.ts'
import { ownServer } from './own-server.ts'

interface Answer {
  readonly rows: readonly IndexFinding[]
  readonly stderr: string
}

async function asked(url: string, ...argv: readonly string[]): Promise<Answer> {
  const { code, stdout, stderr } = await arxdb(['indexes', '--min-size', '0', '--json', ...argv], { ARXDB_URL: url })
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return { rows: JSON.parse(stdout), stderr }
}

const of = ({ rows }: Answer, table: string) => rows.filter((row) => row.table === `public.${table}`)

describeTiers('indexes', (tier) => {
  const parts = tier.name === 'plain' ? 'partition' : 'chunk'
  let database: TestDatabase
  const run = (...texts: readonly string[]): Promise<void> =>
    withClient(database.url, async (client) => {
      for (const text of texts) await client.query(text)
    })
  /** A table of four chunks or partitions, a day each. */
  const spread = (name: string, more: string): Promise<void> =>
    run(
      `create table public.${name} (at timestamptz not null, ${more})${tier.name === 'plain' ? ' partition by range (at)' : ''}`,
      ...(tier.name === 'plain'
        ? [1, 2, 3, 4].map(
            (day) =>
              `create table public.${name}_p${day} partition of public.${name} for values from ('2025-01-0${day}Z') to ('2025-01-0${day + 1}Z')`,
          )
        : [
            `select create_hypertable('public.${name}', 'at', chunk_time_interval => interval '1 day', create_default_indexes => false)`,
          ]),
    )
  const rows = (n: number) =>
    `generate_series(timestamptz '2025-01-01Z', timestamptz '2025-01-04 23:00Z', interval '4 days' / ${n}) as at`

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await run('select pg_stat_reset()')
  })
  afterAll(() => database?.drop())

  test('unused: one row for all chunks, and none for what keeps rows unique', async () => {
    await spread('ticks', 'id int, price float8, primary key (id, at)')
    await run(
      'create index ticks_price on public.ticks (price)',
      'create index ticks_used on public.ticks (price, id)',
      `insert into public.ticks select at, 1, 2 from ${rows(400)}`,
    )
    const found = await asked(database.url, '--kind', 'unused', '--min-age', '1ms')
    const both = [...of(found, 'ticks')].sort((a, b) => a.index!.localeCompare(b.index!))
    expect(both).toMatchObject([
      {
        index: 'public.ticks_price',
        finding: expect.stringMatching(new RegExp(`^no scan in 0 d, .*, on 4 ${parts}s$`)),
      },
      { index: 'public.ticks_used', try: `set lock_timeout = '5s'; drop index public.ticks_used` },
    ])
    expect(found.rows.filter(({ index }) => /_pkey|_key$/.test(index!))).toEqual([])
    // Scans of chunks count for the table's index.
    await run(
      `set enable_seqscan = off; set enable_bitmapscan = off; select price, id from public.ticks where price = 2 and id = 1 and at < '2025-01-02Z'`,
      `set enable_seqscan = off; select * from public.ticks where price = 3`,
    )
    const after = of(await asked(database.url, '--kind', 'unused', '--min-age', '1ms'), 'ticks')
    expect(after.length).toBeLessThan(2)
    await run('drop index public.ticks_price', 'drop index public.ticks_used')
    expect(of(await asked(database.url, '--kind', 'unused', '--min-age', '1ms'), 'ticks')).toEqual([])
  })

  test('unused is not judged from young statistics, and by default not below 10 MB', async () => {
    await run('create table public.small (a int); create index small_a on public.small (a)')
    const young = await asked(database.url)
    expect(young.stderr).toMatch(
      /^warning: unused indexes are not judged: use is counted for .* only, here; wait until it is 14 d/m,
    )
    expect(young.rows.filter(({ kind }) => kind === 'unused')).toEqual([])
    const engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS, only: 'server' })
    try {
      const then = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
      const query = { minBytes: 0, minAge: 14 * 86_400_000, elsewhere: [], kinds: ['unused' as const] }
      const small = async (days: number, minBytes = 0) =>
        (await indexFindings(engine, { ...query, minBytes, now: then(days) })).rows.filter(
          ({ index }) => index === 'public.small_a',
        )
      expect(await small(13)).toEqual([])
      expect(await small(15)).toMatchObject([
        { finding: expect.stringContaining('no scan in 15 d'), try: 'drop index concurrently public.small_a' },
      ])
      expect(await small(15, 10e6)).toEqual([])
    } finally {
      await engine.close()
      await run('drop table public.small')
    }
  })

  test('twice the same, the beginning of another, and what only looks like it', async () => {
    await run(`
      create table public.pairs (a int primary key, b int, c text, d int);
      create index same_1 on public.pairs (b, d); create index same_2 on public.pairs (b, d);
      create index short on public.pairs (c);
      create index long on public.pairs (c, d);
      create index again on public.pairs (a);
      create index down on public.pairs (c desc, a);
      create index pattern on public.pairs (c text_pattern_ops);
      create index partial on public.pairs (c) where b > 0;
      create index hashed on public.pairs using hash (c);
      create unique index uniquely on public.pairs (b);
      create index carries on public.pairs (d) include (c);
      create index carried on public.pairs (d, a)`)
    const found = of(await asked(database.url), 'pairs').map(({ kind, index, finding }) => [
      kind,
      index,
      finding.split(',')[0],
    ])
    expect(found.sort()).toEqual([
      ['duplicate', 'public.again', 'the same as public.pairs_pkey'],
      ['duplicate', 'public.same_2', 'the same as public.same_1'],
      ['redundant', 'public.short', 'the beginning of public.long'],
    ])
    for (const { try: text } of of(await asked(database.url), 'pairs')) await run(text)
    expect(of(await asked(database.url), 'pairs')).toEqual([])
    await run('drop table public.pairs')
  })

  test('twice the same on a table of chunks is one row', async () => {
    await spread('doubled', 'v int')
    await run(
      `insert into public.doubled select at, 1 from ${rows(8)}`,
      // Of chunks that come later TimescaleDB leaves the second one out.
      'create index doubled_1 on public.doubled (v)',
      'create index doubled_2 on public.doubled (v)',
    )
    const found = of(await asked(database.url), 'doubled')
    expect(found).toMatchObject([
      { kind: 'duplicate', index: 'public.doubled_2', finding: expect.stringMatching(new RegExp(`, on 4 ${parts}s$`)) },
    ])
    await run(...found[0]!.try.split('; '))
    expect(of(await asked(database.url), 'doubled')).toEqual([])
    await run('drop table public.doubled')
  })

  test('a foreign key that no index begins with', async () => {
    await run(
      'create table public.parents (a int, b int, primary key (a, b)); create table public.children (x int, y int, foreign key (x, y) references public.parents on delete cascade)',
    )
    await spread('events', 'x int, y int')
    await run('alter table public.events add constraint events_of foreign key (x, y) references public.parents')
    const found = await asked(database.url, '--kind', 'unindexed-key')
    expect(of(found, 'children')).toMatchObject([
      {
        index: null,
        finding: 'children_x_y_fkey (x, y) references public.parents, and no index begins with it',
        try: 'create index concurrently on public.children (x, y)',
        why: expect.stringContaining('to delete or change there too'),
      },
    ])
    expect(of(found, 'events')).toHaveLength(1)
    await run('create index on public.children (x) where y > 0', 'create index on public.children (y)')
    expect(of(await asked(database.url, '--kind', 'unindexed-key'), 'children')).toHaveLength(1)
    await run('create index on public.children (y, x)', of(found, 'events')[0]!.try)
    const after = await asked(database.url, '--kind', 'unindexed-key')
    expect([...of(after, 'children'), ...of(after, 'events')]).toEqual([])
    await run('drop table public.events', 'drop table public.children, public.parents')
  })

  test('a table that is read from end to end again and again', async () => {
    await run('create table public.scanned as select i, i % 7 as v from generate_series(1, 20000) i')
    // By another session: what this one inserted would be counted twice.
    await run('analyze public.scanned')
    const reads = (n: number) =>
      run(...Array.from({ length: n }, () => 'select sum(v) from public.scanned where i = 5'))
    await reads(20)
    expect(of(await asked(database.url, '--kind', 'sequential'), 'scanned')).toEqual([])
    await reads(60)
    expect(of(await asked(database.url, '--kind', 'sequential'), 'scanned')).toMatchObject([
      {
        index: null,
        finding: expect.stringMatching(/^read from end to end about (7|8)\d times \(\d+ scans\), /),
        try: 'arxdb slow',
      },
    ])
    await run('select pg_stat_reset()', 'analyze public.scanned')
    expect(of(await asked(database.url, '--kind', 'sequential'), 'scanned')).toEqual([])
    await run('drop table public.scanned')
  })

  test('an index that is mostly empty, by an estimate; on a table of chunks as one', async () => {
    await run(
      'create table public.hollow (i int primary key, n numeric)',
      'insert into public.hollow select i, i from generate_series(1, 200000) i',
    )
    await spread('thick', 'i int')
    await run(
      'create index thick_i on public.thick (i)',
      `insert into public.thick select at, (random() * 1e6)::int from ${rows(240_000)}`,
    )
    const bloat = async () => {
      const found = await asked(database.url, '--kind', 'bloated', '--min-size', '500kB')
      return { hollow: of(found, 'hollow'), thick: of(found, 'thick'), stderr: found.stderr }
    }
    await run('vacuum analyze public.hollow', 'vacuum analyze public.thick')
    expect(await bloat()).toMatchObject({ hollow: [], thick: [] })
    await run('delete from public.hollow where i % 10 <> 0', `delete from public.thick where i % 10 <> 0`)
    await run('vacuum analyze public.hollow', 'vacuum analyze public.thick')
    const { hollow, thick } = await bloat()
    expect(hollow).toMatchObject([
      {
        index: 'public.hollow_pkey',
        finding: expect.stringMatching(/^about (8|9)\d% empty by estimate: /),
        try: 'reindex index concurrently public.hollow_pkey',
      },
    ])
    expect(thick).toMatchObject([
      {
        index: 'public.thick_i',
        finding: expect.stringMatching(new RegExp(`^about [5-9]\\d% empty by estimate: .*, on 4 ${parts}s$`)),
      },
    ])
    // The server's own measure agrees.
    const { rows: real } = await withClient(database.url, async (client) => {
      await client.query('create extension pgstattuple')
      return client.query(`select avg_leaf_density from pgstatindex('public.hollow_pkey')`)
    })
    expect(real[0].avg_leaf_density).toBeLessThan(20)
    await run(
      hollow[0]!.try,
      thick[0]!.try.replace(/^.*: /, ''),
      'vacuum analyze public.hollow',
      'vacuum analyze public.thick',
    )
    expect(await bloat()).toMatchObject({ hollow: [], thick: [] })
  })

  test('who may not read a table is told that nothing was estimated of it', async () => {
    const role = `indexes_${tier.name}`
    await run(`create role ${role} login`, 'create table public.closed (i int primary key)')
    await run('insert into public.closed select generate_series(1, 100000)', 'analyze public.closed')
    try {
      const { rows, stderr } = await asked(database.url.replace('postgres@', `${role}@`), '--kind', 'bloated')
      expect(rows).toEqual([])
      expect(stderr).toContain('not estimated how empty: public.closed_pkey')
    } finally {
      await run(`drop role ${role}`)
    }
  })

  test('as many statements for many chunks as for few; --sql is what runs', async () => {
    const names = async () => {
      const all: string[] = []
      const engine = await openEngine({
        connection: database.connection,
        limits: DEFAULT_LIMITS,
        only: 'server',
        onStatement: ({ name }) => all.push(name),
      })
      await indexFindings(engine, { minBytes: 0, minAge: 0, elsewhere: [], now: new Date().toISOString() })
      await engine.close()
      return all
    }
    const few = await names()
    await run(`select arxdb.ensure_partitions('candles', '2020-01-01Z', '2025-01-01Z')`)
    expect(await names()).toEqual(few)
    expect(few).toEqual([
      'slow/extension',
      'indexes/standing',
      'indexes/hypertables',
      'indexes/usage',
      'indexes/tables',
      'indexes/keys',
    ])
    const sql = await arxdb(['indexes', '--sql'], { ARXDB_URL: database.url })
    await run(sql.stdout)
  })

  test('wrong flags', async () => {
    for (const flags of [
      ['--kind', 'useless'],
      ['--min-size', 'much'],
      ['--min-age', '3'],
    ])
      expect((await arxdb(['indexes', ...flags], { ARXDB_URL: database.url })).code, flags.join(' ')).toBe(2)
  })
})

describe.skipIf(!tiers().some(({ name }) => name === 'plain'))('with a standby', () => {
  test('its scans count when it is asked; when it is not, that is said', async ({ skip }) => {
    const found = await findPostgres()
    const made = clusters(found)
    const { bindir } = found.installation
    if (!existsSync(join(bindir, 'pg_basebackup'))) return skip('no pg_basebackup here')
    const primary = await ownServer('plain', [], [])
    const folder = mkdtempSync(join(found.installation.temporary.here, `arxdb-test-${process.pid}-`))
    const data = join(folder, 'data')
    try {
      made.own(folder)
      await withClient(primary.url, (client) =>
        client.query(
          'create table t as select generate_series(1, 1000) i; create index t_i on t (i); select pg_stat_reset()',
        ),
      )
      const { port } = new URL(primary.url)
      made.pg('pg_basebackup', ['-h', '127.0.0.1', '-p', port, '-U', 'postgres', '-D', data, '-R', '-c', 'fast'])
      const there = await freePort()
      const settings = `-p ${there} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c max_locks_per_transaction=1024 -c max_worker_processes=32`
      made.pg('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start'])
      const standby = `postgres://postgres@127.0.0.1:${there}/postgres`
      const unused = ['--kind', 'unused', '--min-age', '1ms']
      const alone = await asked(primary.url, ...unused)
      expect(alone.rows).toMatchObject([{ index: 'public.t_i' }])
      expect(alone.stderr).toContain(
        '1 standby may use what is unused here, and count by themselves; ask them too: --also URL',
      )
      await withClient(standby, (client) => client.query('select pg_stat_reset()').catch(() => {}))
      const idle = await asked(primary.url, '--kind', 'unused', '--min-age', '0', '--also', standby)
      expect(idle.rows).toMatchObject([{ index: 'public.t_i', finding: expect.stringContaining('on 2 servers') }])
      await withClient(standby, (client) => client.query('set enable_seqscan = off; select * from t where i = 5'))
      const both = await asked(primary.url, '--kind', 'unused', '--min-age', '0', '--also', standby)
      expect(both.rows).toEqual([])
      expect(both.stderr).not.toContain('--also')
      expect((await asked(standby, ...unused)).stderr).toContain('this is a standby')
      const other = tiers()[0]!.url
      const refused = await arxdb(['indexes', '--also', other], { ARXDB_URL: primary.url })
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('is another cluster') })
      const down = await arxdb(['indexes', '--also', 'postgres://postgres@127.0.0.1:1/postgres'], {
        ARXDB_URL: primary.url,
      })
      expect(down.code).toBe(4)
    } finally {
      try {
        made.pg('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop'])
      } catch {
        // It never started.
      }
      primary.stop()
      found.discard()
      rmSync(folder, { recursive: true, force: true })
    }
  }, 120_000)
})
