import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { status, up } from '../../../src/migrate/service.ts'
import { describeTiers, emptyDatabase, type TestDatabase, withClient } from '../../servers/databases.ts'
import { failure, project, removeFolders, spawnUp, until } from './project.ts'

afterAll(removeFolders)

describeTiers('a run that dies', (tier) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await emptyDatabase(tier)
  })
  afterEach(() => database.drop())

  it('by SIGKILL in a transaction leaves no lock and nothing of the file, and the next run does it', async () => {
    const p = project(database, {
      '0001_a.sql': 'create table a (x int)',
      '0002_b.sql': 'create table b (x int); select pg_sleep(300); create table c (x int)',
    })
    const child = await spawnUp(p)
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(300)' and state = 'active' and datname = current_database()",
    )
    child.process.kill('SIGKILL')
    expect(await child.ended).toBe('SIGKILL')
    // The server notices by itself: client_connection_check_interval.
    await until(
      p,
      "select 1 where not exists (select from pg_stat_activity where query like '%pg_sleep(300)' and datname = current_database() and pid <> pg_backend_pid())",
    )
    expect(
      await p.rows(
        "select 1 from pg_locks where locktype = 'advisory' and objid = 1651337575 and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([])
    expect(await p.ledger()).toEqual(['0001 applied 1/1'])
    expect(await p.rows("select to_regclass('b') as b")).toEqual([{ b: null }])
    p.write('0002_b.sql', 'create table b (x int); create table c (x int)')
    expect((await up(p.wish())).applied).toEqual(['mine/0002_b'])
  })

  it('by SIGKILL between statements outside a transaction resumes at the one that was running', async () => {
    const p = project(database, {
      '0001_a.sql':
        '-- arxdb: no-transaction\ncreate table a (x int); insert into a values (1); select pg_sleep(300); insert into a values (3)',
    })
    const child = await spawnUp(p)
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(300)' and state = 'active' and datname = current_database()",
    )
    child.process.kill('SIGKILL')
    await child.ended
    await until(
      p,
      "select 1 where not exists (select from pg_stat_activity where query like '%pg_sleep(300)' and datname = current_database() and pid <> pg_backend_pid())",
    )
    expect(await p.ledger()).toEqual(['0001 partial 2/4'])
    p.write(
      '0001_a.sql',
      '-- arxdb: no-transaction\ncreate table a (x int); insert into a values (1); select 0; insert into a values (3)',
    )
    await up(p.wish())
    expect(await p.rows('select x from a order by x')).toEqual([{ x: 1 }, { x: 3 }])
    expect(await p.ledger()).toEqual(['0001 applied 4/4'])
  })

  it('by SIGKILL in a concurrent index build rebuilds the index it left invalid', async () => {
    const p = project(database, { '0001_t.sql': 'create table t as select 1 as a' })
    await up(p.wish())
    p.write('0002_i.sql', '-- arxdb: no-transaction\ncreate index concurrently t_a on t (a)')
    await withClient(database.url, async (blocker) => {
      // An old transaction that wrote to the table: the build waits for it, half done.
      await blocker.query('begin; insert into t values (2)')
      const child = await spawnUp(p)
      await until(p, 'select 1 from pg_stat_progress_create_index where datname = current_database()')
      child.process.kill('SIGKILL')
      await child.ended
      await until(
        p,
        'select 1 where not exists (select from pg_stat_progress_create_index where datname = current_database())',
      )
      await blocker.query('commit')
    })
    const found = await status(p.wish())
    expect(found.rows.map((r) => r.state)).toEqual(['applied', 'partial'])
    expect(found.invalidIndexes.map((i) => i.index_name)).toEqual(['public.t_a'])
    const asked = p.wish()
    await up(asked)
    expect(asked.told()).toContain('dropped the invalid index public.t_a')
    expect(await p.rows("select 1 from pg_index where indexrelid = 't_a'::regclass and indisvalid")).toHaveLength(1)
    expect((await status(p.wish())).invalidIndexes).toEqual([])
  })

  it('just after an index was built, before that was written down, takes the index as done', async () => {
    const p = project(database, { '0001_t.sql': 'create table t as select 1 as a' })
    await up(p.wish())
    p.write('0002_i.sql', '-- arxdb: no-transaction\ncreate index concurrently t_a on t (a); select 1 / 0')
    await failure(up(p.wish()))
    // The ledger as a kill between the build and its record leaves it.
    await p.rows(`update arxdb.migrations set statements_done = 0, note = 'statement 1 started',
      checksum = encode(sha256(''), 'hex') where version = '0002'`)
    p.write('0002_i.sql', '-- arxdb: no-transaction\ncreate index concurrently t_a on t (a); select 1')
    expect((await up(p.wish())).applied).toEqual(['mine/0002_i'])
  })

  it('when its lock connection is cut stops before the next commit and says so', async () => {
    const p = project(database, {
      '0001_a.sql': 'create table a (x int); select pg_sleep(1.5)',
      '0002_b.sql': 'create table b (x int)',
    })
    const running = failure(up(p.wish()))
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(1.5)' and state = 'active' and datname = current_database()",
    )
    await p.rows(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 1651337575 and database = (select oid from pg_database where datname = current_database()) and granted",
    )
    const error = await running
    expect(error).toMatchObject({ code: 'lock-lost', exit: 1 })
    expect(error.detail).toContain('mine/0001_a is rolled back')
    expect(await p.ledger()).toEqual([])
  })

  it('when its working connection is cut says what is committed', async () => {
    const p = project(database, { '0001_a.sql': 'create table a (x int)', '0002_b.sql': 'select pg_sleep(60)' })
    const running = failure(up(p.wish()))
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active' and datname = current_database()",
    )
    await p.rows(
      "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)' and datname = current_database()",
    )
    const error = await running
    expect(error.detail).toContain('committed: mine/0001_a')
    expect(error.detail).toContain('mine/0002_b is rolled back')
    expect(await p.ledger()).toEqual(['0001 applied 1/1'])
  })

  it('by Ctrl-C cancels on the server within a second and tells what stands', async () => {
    const p = project(database, { '0001_a.sql': 'create table a (x int)', '0002_b.sql': 'select pg_sleep(60)' })
    const child = await spawnUp(p)
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active' and datname = current_database()",
    )
    const start = Date.now()
    child.process.kill('SIGINT')
    expect(await child.ended).toBe(130)
    expect(Date.now() - start).toBeLessThan(3000)
    expect(child.output()).toContain('mine/0002_b is rolled back; committed: mine/0001_a')
    expect(
      await p.rows(
        "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active' and datname = current_database()",
      ),
    ).toEqual([])
  })
})
