import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import {
  assertClean,
  assertVerified,
  baseline,
  directoriesOf,
  down,
  grants,
  plan,
  planDown,
  planRepair,
  planText,
  repair,
  status,
  up,
  verify,
} from '../../src/migrate/service.ts'
import type { UpReport } from '../../src/migrate/up.ts'
import { failure, type Project, project, removeFolders } from '../faults/migrate/project.ts'
import { describeTiers, emptyDatabase, type TestDatabase } from '../servers/databases.ts'

afterAll(removeFolders)

describeTiers('migrate', (tier) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await emptyDatabase(tier)
  })
  afterEach(() => database.drop())

  const states = async (p: Project) => (await status(p.wish())).rows.map((r) => `${r.version} ${r.state}`)
  const exists = async (p: Project, table: string) =>
    (await p.rows<{ there: boolean }>(`select to_regclass('${table}') is not null as there`))[0]!.there

  it('applies in order, once, and tells it after the commit', async () => {
    const p = project(database, { '0001_a.sql': 'create table a (x int)', '0002_b.sql': 'create table b (x int)' })
    expect(await states(p)).toEqual(['0001 pending', '0002 pending'])
    expect(await exists(p, 'arxdb.migrations')).toBe(false)
    const seen: string[] = []
    const asked = p.wish({
      onEvent: (event) => seen.push(event.kind),
    })
    expect(await up(asked)).toMatchObject({ tier: tier.name, applied: ['mine/0001_a', 'mine/0002_b'], upToDate: 0 })
    expect(seen.filter((kind) => kind !== 'extension')).toEqual(['applying', 'applied', 'applying', 'applied'])
    expect(await up(p.wish())).toMatchObject({ applied: [], upToDate: 2 })
    const found = await status(p.wish())
    expect(() => assertClean(found)).not.toThrow()
    expect(found.rows[0]!.applied_at).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  it('rolls a failed file back whole and says file, line, column, SQLSTATE, and what stands', async () => {
    const p = project(database, {
      '0001_a.sql': 'create table a (x int)',
      '0002_b.sql': "-- Ünïcode.\ncreate table b (x int);\nselect 'é' from a\n  where nope = 1;",
      '0003_c.sql': 'create table c (x int)',
    })
    const asked = p.wish()
    const error = await failure(up(asked))
    expect(error.message).toBe('0002_b.sql:4:9: column "nope" does not exist')
    expect(error.detail).toContain('SQLSTATE 42703 at "where nope = 1;"')
    expect(error.detail).toContain('mine/0002_b is rolled back; committed: mine/0001_a')
    expect(asked.events.filter((e) => e.kind === 'applied')).toHaveLength(1)
    expect(await exists(p, 'b')).toBe(false)
    expect(await p.ledger()).toEqual(['0001 applied 1/1'])
  })

  it('blames the file when a deferred constraint fails at the commit', async () => {
    const p = project(database, {
      '0001_a.sql':
        'create table a (x int primary key, y int references a deferrable initially deferred); insert into a values (1, 2)',
    })
    const asked = p.wish()
    const error = await failure(up(asked))
    expect(error.message).toMatch(/^0001_a\.sql: .*violates foreign key/)
    expect(asked.events.map((e) => e.kind)).not.toContain('applied')
    expect(await p.ledger()).toEqual([])
  })

  it('names an edited file and exits 3; comments and layout are no edit; repair takes it with a reason', async () => {
    const p = project(database, { '0001_a.sql': "create table a (x text default 'a b')", '0002_b.sql': 'select 1' })
    await up(p.wish())
    p.write(
      '0001_a.sql',
      "-- explained\ncreate table a (\n  x text default 'a b' -- why\n);\r\n-- arxdb: down\ndrop table a;",
    )
    expect(await states(p)).toEqual(['0001 applied', '0002 applied'])
    p.write('0001_a.sql', "create table a (x text default 'a  b')")
    p.remove('0002_b.sql')
    p.write('0003_c.sql', 'create table c (x int)')
    expect(await states(p)).toEqual(['0001 edited', '0002 missing', '0003 pending'])
    const report = await status(p.wish())
    expect(() => assertClean(report)).toThrow(/edited: mine\/0001_a; missing: mine\/0002_b; pending: mine\/0003_c/)
    expect(await failure(up(p.wish()))).toMatchObject({
      code: 'edited',
      exit: 3,
      message: 'changed after it was applied: mine/0001_a',
    })
    expect(await exists(p, 'c')).toBe(false)
    expect((await failure(repair({ ...p.wish(), note: ' ' }))).exit).toBe(2)
    expect(await planRepair(p.wish())).toHaveLength(2)
    await repair({ ...p.wish(), note: 'two blanks are right' })
    expect(await states(p)).toEqual(['0001 applied', '0003 pending'])
    expect(
      await p.rows(
        'select action, version, note, repaired_by is not null as by from arxdb.migration_repairs order by 2',
      ),
    ).toEqual([
      { action: 'checksum', version: '0001', note: 'two blanks are right', by: true },
      { action: 'forget', version: '0002', note: 'two blanks are right', by: true },
    ])
    expect((await up(p.wish())).applied).toEqual(['mine/0003_c'])
  })

  it('refuses a file below what is applied unless told', async () => {
    const p = project(database, { '0002_b.sql': 'select 1' })
    await up(p.wish())
    p.write('0001_a.sql', 'create table a (x int)')
    expect(await states(p)).toEqual(['0001 out-of-order', '0002 applied'])
    expect(await failure(up(p.wish()))).toMatchObject({ code: 'out-of-order', exit: 3 })
    expect((await up(p.wish({ outOfOrder: true }))).applied).toEqual(['mine/0001_a'])
  })

  it('resumes a no-transaction file at the statement that failed, after the fix', async () => {
    const p = project(database, {
      '0001_t.sql': 'create table t as select 1 as a union all select 1; create table log (n int)',
    })
    await up(p.wish())
    const head = '-- arxdb: no-transaction\ninsert into log values (1);\n'
    p.write('0002_i.sql', `${head}create unique index concurrently t_a on t (a);\ninsert into log values (3);`)
    const error = await failure(up(p.wish()))
    expect(error.message).toMatch(/^0002_i\.sql:3:1: could not create unique index "t_a"/)
    expect(error.detail).toContain('SQLSTATE 23505')
    expect(error.detail).toContain('statement 2 of 3 of mine/0002_i did not complete, those before it are committed')
    const [, partial] = (await status(p.wish())).rows
    expect(partial).toMatchObject({
      state: 'partial',
      applied_at: null,
      note: expect.stringContaining('1 of 3 statements are done; statement 2 failed'),
    })
    p.write('0002_i.sql', `${head.replace('(1)', '(9)')}select 1; select 2`)
    expect(await failure(up(p.wish()))).toMatchObject({ code: 'edited' })
    p.write('0002_i.sql', `${head}create index concurrently t_a on t (a);\ninsert into log values (3);`)
    const asked = p.wish()
    await up(asked)
    expect(asked.told()).toContain('resuming mine/0002_i at statement 2 of 3')
    expect(asked.told()).toContain('dropped the invalid index public.t_a')
    expect(await p.rows('select n from log order by n')).toEqual([{ n: 1 }, { n: 3 }])
    expect(await p.rows("select indisvalid, indisunique from pg_index where indexrelid = 't_a'::regclass")).toEqual([
      { indisvalid: true, indisunique: false },
    ])
    expect(await states(p)).toEqual(['0001 applied', '0002 applied'])
  })

  it('drops no valid index and no index of another table', async () => {
    const p = project(database, {
      '0001_t.sql': 'create table t (a int); create index t_a on t (a); create schema s; create table s.t (a int)',
    })
    await up(p.wish())
    p.write(
      '0002_i.sql',
      '-- arxdb: no-transaction\ncreate index concurrently t_a on s.t (a); create index concurrently t_a on t (a)',
    )
    expect((await failure(up(p.wish()))).detail).toContain('SQLSTATE 42P07')
    expect(await exists(p, 'public.t_a')).toBe(true)
    expect(await exists(p, 's.t_a')).toBe(true)
  })

  it('a dry run runs everything and leaves nothing', async () => {
    const p = project(database, { '0001_a.sql': 'create table a (x int)', '0002_b.sql': 'insert into a values (1)' })
    const done = await up(p.wish({ dryRun: true }))
    expect(done).toMatchObject({ applied: ['mine/0001_a', 'mine/0002_b'], dryRun: true })
    expect(await exists(p, 'a')).toBe(false)
    expect(await p.rows("select nspname from pg_namespace where nspname ~ 'arxdb|timescale'")).toEqual([])
    p.write('0002_b.sql', 'insert into a values (nope)')
    expect((await failure(up(p.wish({ dryRun: true })))).message).toMatch(/^0002_b\.sql:1:23: column "nope"/)
  })

  it.each([
    ['-- arxdb: no-transaction\nselect 1', /0001_a\.sql is marked no-transaction, so a dry run cannot roll it back/],
    ['create table a (x int); CoMMit; select 1', /0001_a\.sql:1: "commit" in a migration/],
    ['/* x */ END; create table a (x int)', /0001_a\.sql:1: "end" in a migration/],
  ])('a dry run refuses what it could not take back: %s', async (sql, message) => {
    const p = project(database, { '0001_a.sql': sql })
    const error = await failure(up(p.wish({ dryRun: true })))
    expect(error.exit).toBe(2)
    expect(error.message).toMatch(message)
    expect(await exists(p, 'a')).toBe(false)
    expect(await exists(p, 'arxdb.migrations')).toBe(false)
  })

  it('hints at the directive when a statement cannot run in a transaction', async () => {
    const p = project(database, { '0001_a.sql': 'create table a (x int); create index concurrently i on a (x)' })
    expect(await failure(up(p.wish()))).toMatchObject({ hint: expect.stringContaining('no-transaction') })
  })

  it('keeps what one file sets away from the next', async () => {
    const p = project(database, {
      '0001_a.sql': "set search_path = 'pg_catalog'",
      '0002_b.sql': 'create table b (x int)',
    })
    await up(p.wish())
    expect(await exists(p, 'public.b')).toBe(true)
  })

  it('chooses variants by the tier, which stays as recorded', async () => {
    const p = project(database, {
      '0001_a.timescaledb.sql': 'create table with_timescaledb ()',
      '0001_a.postgres.sql': 'create table with_postgres ()',
      '0002_only.timescaledb.sql': 'create table only_timescaledb ()',
    })
    await up(p.wish({ tier: 'plain' }))
    expect([await exists(p, 'with_postgres'), await exists(p, 'only_timescaledb')]).toEqual([true, false])
    expect(await p.rows('select tier, timescaledb from arxdb.schema_tier')).toEqual([
      { tier: 'plain', timescaledb: null },
    ])
    expect(await states(p)).toEqual(['0001 applied'])
    expect(await failure(up(p.wish({ tier: 'apache' })))).toMatchObject({ exit: 5 })
    await p.rows("update arxdb.schema_tier set tier = 'community'")
    if (tier.name !== 'community') {
      expect(await failure(status(p.wish()))).toMatchObject({
        exit: 5,
        message: expect.stringContaining('made for tier community, and the server now offers'),
      })
    }
  })

  it('makes the schema for what the server offers', async () => {
    const p = project(database, {
      '0001_a.timescaledb.sql': 'create table with_timescaledb ()',
      '0001_a.postgres.sql': 'create table with_postgres ()',
    })
    expect((await up(p.wish())).tier).toBe(tier.name)
    expect(await exists(p, tier.name === 'plain' ? 'with_postgres' : 'with_timescaledb')).toBe(true)
    expect(await p.rows('select tier from arxdb.schema_tier')).toEqual([{ tier: tier.name }])
  })

  it('checks what files require before the first one runs', async () => {
    const p = project(database, {
      '0001_a.sql': 'create table a (x int)',
      '0002_b.sql': '-- arxdb: requires postgresql >= 99\nselect 1',
    })
    expect(await failure(up(p.wish()))).toMatchObject({
      exit: 5,
      message: expect.stringContaining('0002_b.sql requires postgresql >= 99'),
    })
    expect(await exists(p, 'a')).toBe(false)
    p.write('0002_b.sql', '-- arxdb: requires postgresql >= 15\nselect 1')
    expect((await up(p.wish())).applied).toHaveLength(2)
  })

  it('verify runs the checks of what is applied, read-only, and sees drift', async () => {
    const p = project(database, {
      '0001_a.sql': 'create table a (x int);\n-- arxdb: verify\nselect count(*) = 0 from a;\nselect x from a;',
      '0002_b.sql': 'select 1;\n-- arxdb: verify\ninsert into a values (1);',
    })
    await up(p.wish())
    const ask = () => verify(p.wish())
    const found = await ask()
    expect(found.checks).toBe(3)
    expect(found.problems).toMatchObject([
      { migration: 'mine/0002_b', problem: 'verify', line: 3, message: expect.stringContaining('read-only') },
    ])
    expect(() => assertVerified(found)).toThrow(/1 problem: mine\/0002_b/)
    p.write('0002_b.sql', 'select 1')
    await p.rows('insert into a values (7)')
    expect((await ask()).problems).toMatchObject([{ migration: 'mine/0001_a', message: 'the check answers false' }])
    await p.rows('truncate a')
    expect((await ask()).problems).toEqual([])
    p.write('0002_b.sql', 'select 2')
    expect((await ask()).problems).toMatchObject([{ migration: 'mine/0002_b', problem: 'edited' }])
  })

  it('verify does not call it drift when it may not look', async () => {
    const sql = 'select 1;\n-- arxdb: verify\ndo $$ begin raise insufficient_privilege; end $$;'
    const p = project(database, { '0001_a.sql': sql })
    await up(p.wish())
    expect(await failure(verify(p.wish()))).toMatchObject({ code: 'no-privilege', exit: 1 })
  })

  it('a failure after many statements tells of them in few words', async () => {
    const many = Array.from({ length: 40 }, () => 'select 1;').join('\n')
    const p = project(database, { '0001_a.sql': `-- arxdb: no-transaction\n${many}\nselect 1 / 0;` })
    expect((await failure(up(p.wish()))).detail).toMatch(/; committed: mine\/0001_a statements 1 to 40$/)
    expect((await failure(up(p.wish()))).detail).toMatch(/; nothing was committed by this run$/)
  })

  it('baseline marks without running', async () => {
    const p = project(database, { '0001_a.sql': 'create table a (x int)', '0002_b.sql': 'create table b (x int)' })
    const asked = { ...p.wish(), to: '1', source: 'mine' }
    expect(await baseline({ ...asked, dryRun: true })).toEqual(['mine/0001_a'])
    expect(await states(p)).toEqual(['0001 pending', '0002 pending'])
    expect((await failure(baseline({ ...asked, to: '7' }))).exit).toBe(2)
    expect(await baseline(asked)).toEqual(['mine/0001_a'])
    expect(await states(p)).toEqual(['0001 baseline', '0002 pending'])
    expect((await up(p.wish())).applied).toEqual(['mine/0002_b'])
    expect([await exists(p, 'a'), await exists(p, 'b')]).toEqual([false, true])
  })

  it('down takes back newest first, and needs every way back before it begins', async () => {
    const way = (t: string) => `create table ${t} (x int);\n-- arxdb: down\ndrop table ${t};`
    const p = project(database, {
      '0001_a.sql': 'create table a (x int)',
      '0002_b.sql': way('b'),
      '0003_c.sql': way('c'),
    })
    await up(p.wish())
    expect(await planDown({ ...p.wish(), to: '1' })).toMatchObject({ migrations: ['mine/0003_c', 'mine/0002_b'] })
    expect(await down(p.wish())).toEqual(['mine/0003_c'])
    expect(await failure(down({ ...p.wish(), to: '0' }))).toMatchObject({ code: 'no-down', detail: 'nothing was run' })
    expect([await exists(p, 'b'), await exists(p, 'c')]).toEqual([true, false])
    p.write('0002_b.sql', `create table b (x int);\n-- arxdb: down\ndrop table b; select 1 / 0;`)
    expect(await failure(down(p.wish()))).toMatchObject({
      message: expect.stringMatching(/^0002_b\.sql:3:15: division by zero/),
    })
    expect(await exists(p, 'b')).toBe(true)
    expect(await p.ledger()).toEqual(['0001 applied 1/1', '0002 applied 1/1'])
    p.write('0002_b.sql', way('b'))
    p.write('0001_a.sql', way('a'))
    expect(await down({ ...p.wish(), to: '0' })).toEqual(['mine/0002_b', 'mine/0001_a'])
    expect(await p.rows('select * from arxdb.schema_tier')).toEqual([])
  })

  it('plan gives the SQL, its transactions, locks and sizes, and changes nothing', async () => {
    const p = project(database, { '0001_t.sql': 'create table t as select generate_series(1, 1000) as a; analyze t' })
    await up(p.wish())
    p.write('0002_i.sql', '-- Index.\ncreate index t_a on t (a);')
    p.write('0003_i.sql', '-- arxdb: no-transaction\ncreate index concurrently t_b on t (a);')
    const steps = await plan(p.wish())
    expect(steps).toMatchObject([
      {
        version: '0002',
        line: 2,
        transaction: 'one',
        relation: 't',
        lock: expect.stringMatching(/^ShareLock/),
        estimated_rows: 1000,
        sql: 'create index t_a on t (a)',
      },
      { version: '0003', transaction: 'own', lock: expect.stringMatching(/^ShareUpdateExclusiveLock/) },
    ])
    expect(steps[0]!.bytes).toBeGreaterThan(8000)
    const text = planText(steps)
    expect(text).toMatch(
      /-- mine\/0002_i: one transaction.*\nbegin;\n-- ShareLock.*\(t, now \d+ bytes.*\ncreate index t_a on t \(a\);\ncommit;/,
    )
    expect(text).toMatch(/-- mine\/0003_i: no transaction.*\n-- Share.*\ncreate index concurrently/)
    expect(await states(p)).toEqual(['0001 applied', '0002 pending', '0003 pending'])
  })

  it('does not judge sources whose directory was not given', async () => {
    const p = project(database, { '0001_a.sql': 'select 1' })
    const other = project(database, { '0001_z.sql': 'select 2' })
    await up(p.wish())
    const asked = p.wish({ directories: [{ source: 'other', path: other.path }] })
    expect((await up(asked)).applied).toEqual(['other/0001_z'])
    const found = await status(asked)
    expect(found.strangers).toEqual(['mine'])
    expect(() => assertClean(found)).not.toThrow()
  })

  it("brings arxdb's own schema up, verifies it, grants on it, and takes it back", async () => {
    const p = project(database)
    const own = () => p.wish({ directories: directoriesOf({}) })
    const done: UpReport = await up(own())
    expect(done.applied.length).toBeGreaterThan(2)
    const found = await verify(own())
    expect(found.problems).toEqual([])
    expect(found.checks).toBeGreaterThan(0)
    const prefix = `arx_${database.connection.database}_`.slice(-40).replace(/^[^a-z]+/, 'r')
    await p.rows(grants(prefix))
    await p.rows(
      `set role ${prefix}ingest; insert into public.crypto_prices (coin_id, symbol, exchange_id, last_updated, usd_price) values ('bitcoin', 'BTC', 'kraken', '2026-01-01', 1); select arxdb.ensure_partitions('prices', '2026-01-01', '2026-01-02')`,
    )
    await p.rows(`set role ${prefix}analyst; select * from public.crypto_prices; select * from arxdb.prices`)
    await expect(p.rows(`set role ${prefix}analyst; delete from arxdb.prices`)).rejects.toMatchObject({ code: '42501' })
    await expect(p.rows(`set role ${prefix}ingest; delete from arxdb.migrations`)).rejects.toMatchObject({
      code: '42501',
    })
    await p.rows(`set role ${prefix}monitor; select * from arxdb.migrations`)
    await expect(p.rows(`set role ${prefix}monitor; select * from arxdb.prices`)).rejects.toMatchObject({
      code: '42501',
    })
    const roles = ['ingest', 'analyst', 'monitor', 'backup'].map((r) => prefix + r).join(', ')
    await p.rows(`drop owned by ${roles}; drop role ${roles}`)
    await down({ ...own(), to: '0' })
    expect(await p.rows("select version from arxdb.migrations where source = 'arxdb'")).toEqual([])
    expect(await exists(p, 'arxdb.markets')).toBe(false)
    await up(own())
  })
})
