// Which statements take the time, on servers that count them, through the program itself.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SlowRow } from '../../src/core/slow.ts'
import { grown, type Snapshot } from '../../src/core/slow-counters.ts'
import { fingerprint } from '../../src/statements/fingerprint.ts'
import { arxdb, type Finished, start } from '../e2e/spawn.ts'
import { describeTiers, emptyDatabase, urlOf, withClient } from '../servers/databases.ts'
import type { OwnServer } from '../servers/server.ts'
import { ownServer } from './own-server.ts'
import { session } from './scene.ts'

describeTiers('statements that are not counted', (tier) => {
  test('exit 5, and what to type', async () => {
    const database = await emptyDatabase(tier)
    try {
      const { code, stderr } = await arxdb(['slow'], { ARXDB_URL: database.url })
      expect(code).toBe(5)
      expect(stderr).toContain('this server has not loaded')
      expect(stderr).toMatch(
        /try: add pg_stat_statements to shared_preload_libraries .* create extension pg_stat_statements/,
      )
    } finally {
      await database.drop()
    }
  })
})

describeTiers('slow', (tier) => {
  let server: OwnServer
  let folder: string
  let url: string

  const slow = (argv: readonly string[], from = url): Promise<Finished> =>
    arxdb(['slow', ...argv], { ARXDB_URL: from, XDG_STATE_HOME: folder })
  const asked = async (
    argv: readonly string[] = [],
    from = url,
  ): Promise<{ rows: readonly SlowRow[]; stderr: string }> => {
    const { code, stdout, stderr } = await slow(['--limit', '500', '--json', ...argv], from)
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    return { rows: JSON.parse(stdout), stderr }
  }
  const sleeps = (rows: readonly SlowRow[]) => rows.filter(({ query }) => /^select pg_sleep\(/.test(query))
  const run = (...texts: readonly string[]): Promise<void> =>
    withClient(url, async (client) => {
      for (const text of texts) await client.query(text)
    })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'arxdb-slow-'))
    server = await ownServer(tier.name, ['pg_stat_statements'], [])
    await withClient(server.url, (client) => client.query('create database market'))
    url = urlOf(server.url, 'market')
    expect(await arxdb(['migrate'], { ARXDB_URL: url })).toMatchObject({ code: 0 })
  }, 120_000)
  afterAll(() => {
    server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('loaded, and not made in this database: exit 5, and what to type', async () => {
    const { code, stderr } = await slow([])
    expect({ code, stderr }).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('create extension pg_stat_statements'),
    })
    await run('create schema "stat s"', 'create extension pg_stat_statements schema "stat s"')
    expect((await slow([])).code).toBe(0)
  })

  describe('counted', () => {
    beforeEach(() => run('select "stat s".pg_stat_statements_reset()'))

    test('by total, by mean, by calls; with what was found in memory', async () => {
      await run(...Array.from({ length: 3 }, () => 'select pg_sleep(0.1)'))
      await run('create table if not exists public.numbers as select generate_series(1, 10000) as n')
      for (let i = 0; i < 40; i++) await run('select count(*) from public.numbers')
      const { rows, stderr } = await asked()
      expect(stderr).toMatch(/^counted since 20\S+Z$/m)
      expect(stderr).toContain('which application ran a statement is not counted')
      const [sleep] = sleeps(rows)
      expect(sleep).toMatchObject({
        statement: null,
        query: 'select pg_sleep($1)',
        calls: 3,
        rows: 3,
        hit: null,
        running: null,
      })
      expect(sleep!.total).toBeGreaterThanOrEqual(0.3)
      expect(sleep!.mean).toBeCloseTo(sleep!.total / 3, 6)
      expect(sleep!.slowest).toBeGreaterThanOrEqual(0.1)
      expect(rows[0]!.total).toBe(Math.max(...rows.map(({ total }) => total)))
      expect(rows.reduce((sum, { share }) => sum + share!, 0)).toBeCloseTo(1, 6)
      const count = rows.find(({ query }) => query === 'select count(*) from public.numbers')
      expect(count).toMatchObject({ calls: 40, hit: expect.any(Number) })
      expect(count!.hit).toBeGreaterThan(0.9)
      expect((await asked(['--by', 'calls'])).rows[0]!.calls).toBeGreaterThanOrEqual(40)
      const means = (await asked(['--by', 'mean'])).rows.map(({ mean }) => mean)
      expect(means).toEqual([...means].sort((a, b) => b - a))
      expect((await asked(['--limit', '2'])).rows).toHaveLength(2)
    })

    test("arxdb's own are known by name, whatever the server took out of their texts", async () => {
      for (const argv of [['sizes'], ['sizes', '--indexes'], ['coins'], ['locks'], ['policy', 'show']])
        expect((await arxdb(argv, { ARXDB_URL: url })).code).toBe(0)
      const { rows } = await asked(['--own'])
      const names = rows.map(({ statement }) => statement)
      expect(names).toEqual(
        expect.arrayContaining([
          'engine/server',
          'sizes/relations',
          'sizes/indexes',
          'markets/coins',
          'locks/waiting',
          'policy/tables',
        ]),
      )
      expect(names).not.toContain(null)
      for (const { query } of rows) expect(query).not.toMatch(/^--/)
    })

    test('what runs at this moment is told with the name of its application', async () => {
      const client = await session(url)
      await client.query(`set application_name = 'arxdb/twap'`)
      await client.query('select pg_sleep(0.01)')
      const sleeping = client.query('select pg_sleep(60.0)').catch(() => {})
      const [row] = sleeps((await asked()).rows)
      expect(row).toMatchObject({ running: 'arxdb/twap 1', calls: 1 })
      await run(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'arxdb/twap'`)
      await sleeping
      expect(sleeps((await asked()).rows)[0]).toMatchObject({ running: null })
    })

    test('since the last look: only what came since; a reset is noticed, and nothing is ever negative', async () => {
      await run(...Array.from({ length: 5 }, () => 'select pg_sleep(0.01)'))
      const first = await asked(['--since-last'])
      expect(first.stderr).toContain('the first look')
      expect(sleeps(first.rows)[0]!.calls).toBe(5)
      await run('select pg_sleep(0.01)', 'select pg_sleep(0.01)')
      const next = await asked(['--since-last'])
      expect(next.stderr).toMatch(/^counted since the last look at 20\S+Z$/m)
      expect(sleeps(next.rows)[0]).toMatchObject({ calls: 2, slowest: null, since: expect.stringMatching(/^20/) })
      expect(sleeps((await asked(['--since-last'])).rows)).toEqual([])
      // A look without the flag neither uses nor moves what is remembered.
      expect(sleeps((await asked()).rows)[0]!.calls).toBe(7)
      await run('select pg_sleep(0.01)', 'select "stat s".pg_stat_statements_reset()', 'select pg_sleep(0.01)')
      const after = await asked(['--since-last'])
      expect(after.stderr).toMatch(/^warning: the statistics were reset at 20\S+Z: counted from there$/m)
      expect(sleeps(after.rows)[0]!.calls).toBe(1)
      for (const row of after.rows)
        for (const value of Object.values(row)) if (typeof value === 'number') expect(value).toBeGreaterThanOrEqual(0)
    })

    test('a text of a megabyte with line ends and escapes stays one short line', async () => {
      await run(
        `select count(*) as "\u001b[31m|\\" /* \n\t\u0007 */ from public.coins_of_${'x'.repeat(3)} -- ${'y'.repeat(1 << 20)}`.replace(
          'public.coins_of_xxx',
          'arxdb.coins',
        ),
      )
      const row = (await asked()).rows.find(({ query }) => query.includes('31m'))
      expect(row!.query).toMatch(/^select count\(\*\) as " \[31m\|\\"/)
      expect(row!.query).not.toMatch(/\p{Cc}/u)
      expect(row!.query.length).toBeLessThanOrEqual(200)
    })

    test("others' statements are hidden from a role without pg_monitor, which is told what to ask for", async () => {
      await run('create role looker login', 'grant usage on schema "stat s" to looker')
      await run('select pg_sleep(0.01)')
      const { rows, stderr } = await asked([], url.replace('postgres@', 'looker@'))
      expect(stderr).toContain("others' statements are hidden from looker: grant pg_monitor to it")
      expect(sleeps(rows)).toEqual([])
      await run('grant pg_monitor to looker')
      const seen = await asked([], url.replace('postgres@', 'looker@'))
      expect(seen.stderr).not.toContain('hidden')
      expect(sleeps(seen.rows)).toHaveLength(1)
      await run('revoke all on schema "stat s" from looker', 'drop role looker')
    })

    test('`indexes` names the statement that reads a large table from end to end', async () => {
      await run('create table public.scanned as select i, i % 7 as v from generate_series(1, 20000) i')
      await run('analyze public.scanned')
      const sequential = async () => {
        const { code, stdout } = await arxdb(['indexes', '--kind', 'sequential', '--min-size', '0', '--json'], {
          ARXDB_URL: url,
        })
        expect(code).toBe(0)
        return (JSON.parse(stdout) as { table: string }[]).filter(({ table }) => table === 'public.scanned')
      }
      expect(await sequential()).toEqual([])
      await run(...Array.from({ length: 80 }, () => 'select sum(v) from public.scanned where i = 5'))
      expect(await sequential()).toMatchObject([
        {
          why: expect.stringContaining('select sum(v) from public.scanned where i = $1 (80 calls)'),
          try: expect.stringContaining('explain (analyze, buffers)'),
        },
      ])
      await run('drop table public.scanned')
      expect(await sequential()).toEqual([])
    })

    test('--sql is what runs; --watch tells what came between its rounds', async () => {
      const { stdout } = await slow(['--sql'])
      expect(stdout).toMatch(/pg_stat_statements\(false\)/)
      const { child, finished } = start(['slow', '--since-last', '--watch', '300ms', '--json'], {
        ARXDB_URL: url,
        XDG_STATE_HOME: folder,
      })
      setTimeout(() => child.kill('SIGINT'), 2_500)
      const ended = await finished
      expect(ended.code).toBe(130)
      const rounds = new Set(
        ended.stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { asked_at: string }).asked_at),
      )
      expect(rounds.size).toBeGreaterThan(1)
    })
  })

  test('older versions of the extension, as upgrades leave them', async () => {
    const { rows } = await withClient(url, (client) =>
      client.query(`select current_setting('server_version_num')::int as n`),
    )
    const old = rows[0].n >= 170_000 ? ['1.11'] : ['1.8', '1.9', '1.10']
    for (const version of old) {
      await run(
        'drop extension pg_stat_statements',
        `create extension pg_stat_statements schema "stat s" version '${version}'`,
        'select pg_sleep(0.01)',
      )
      expect(sleeps((await asked()).rows), version).toHaveLength(1)
      expect((await slow(['--since-last'])).code, version).toBe(0)
    }
    const tooOld = rows[0].n >= 170_000 ? '1.10' : '1.7'
    await run(
      'drop extension pg_stat_statements',
      `create extension pg_stat_statements schema "stat s" version '${tooOld}'`,
    )
    const refused = await slow([])
    expect(refused).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('alter extension pg_stat_statements update'),
    })
    await run('alter extension pg_stat_statements update')
    expect((await slow([])).code).toBe(0)
  })

  test("--explain: the plan of arxdb's own statements, run only when asked for", async () => {
    const generic = await slow(['--explain', 'twap/window'])
    expect(generic).toMatchObject({ code: 0, stderr: expect.stringMatching(/^planned for any markets, staleness, /) })
    expect(generic.stdout).toMatch(/^-- Time-weighted average price/)
    expect(generic.stdout).not.toContain('actual time')
    const given = await slow([
      '--explain',
      'sizes/relations',
      '--param',
      'table=candles',
      '--param',
      'each=false',
      '--analyze',
    ])
    expect(given).toMatchObject({ code: 0, stderr: 'null stood for now\n' })
    expect(given.stdout).toContain('actual time')
    expect(await slow(['--explain', 'twap/windw'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('twap/window'),
    })
    expect(await slow(['--explain', 'twap/window', '--param', 'x=1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('markets=int[]'),
    })
    expect(await slow(['--explain', 'ingest/finish-import', '--analyze'])).toMatchObject({ code: 6 })
    expect((await slow(['--explain', 'migrate/create-migrations'])).code).toBe(2)
  })
})

const counted = (queryid: string, calls: number, since: string | null = null) => ({
  ...{ queryid, since, calls, seconds: calls, rows: calls, hit: 0, read: 0, temporary: 0, wal: 0, io_seconds: 0 },
})
const before: Snapshot = {
  ...{ at: '2026-01-02T00:00:00Z', statsReset: '2026-01-01T00:00:00Z', evictions: 0 },
  statements: { a: counted('a', 10), b: counted('b', 10), c: counted('c', 10), d: counted('d', 10) },
}

test('growth: what fell or began since counts from its new start', () => {
  const now = [
    counted('a', 12),
    counted('b', 3),
    counted('c', 10),
    counted('d', 11, '2026-01-03T00:00:00Z'),
    counted('e', 4),
  ]
  const { rows, reset, anew } = grown(now, before, before.statsReset)
  expect({ reset, anew }).toEqual({ reset: false, anew: 2 })
  expect(rows.map(({ queryid, calls, seconds }) => [queryid, calls, seconds])).toEqual([
    ['a', 2, 2],
    ['b', 3, 3],
    ['d', 11, 11],
    ['e', 4, 4],
  ])
  expect(grown(now, before, '2026-01-04T00:00:00Z')).toMatchObject({ reset: true, anew: 0, rows: now })
})

test.each([
  [
    "select -1, 'it''s -- no comment', true -- a\n from t where a in (1, 2, $3) /* b */ limit 5;",
    'select $1, $2, $3 from t where a in ($4 /*, ... */) limit $5',
  ],
  ["select a in ('b'::regtype, 'c'::regtype)", 'select a in ($1 /*, ... */)'],
  ["select extract(epoch from a - interval '1 day')", 'select extract($1 from a - interval $2)'],
  ['-- Title\n-- @params -\nselect a - 1, null::text from "T 1"', 'select a - $1, $2::text from "T 1"'],
])('%j is known again as %j', (text, kept) => expect(fingerprint(text)).toBe(fingerprint(kept)))

test('and other statements are not', () => {
  expect(fingerprint('select a from t')).not.toBe(fingerprint('select b from t'))
  expect(fingerprint('select 1 from "T 1"')).not.toBe(fingerprint('select 1 from "T 2"'))
})
