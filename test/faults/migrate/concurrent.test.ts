import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { up } from '../../../src/migrate/service.ts'
import { describeTiers, emptyDatabase, type TestDatabase, withClient } from '../../servers/databases.ts'
import { failure, project, removeFolders, spawnUp, until } from './project.ts'

/** What tells a finished index from one that only looks so. */
const VALID = (name: string) => `select 1 from pg_index where indexrelid = '${name}'::regclass and indisvalid`

afterAll(removeFolders)

describeTiers('several at once', (tier) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await emptyDatabase(tier)
  })
  afterEach(() => database.drop())

  it('three processes on a new database all succeed, and each file is applied once', async () => {
    const p = project(database, {
      '0001_a.sql': 'create table runs (v int); insert into runs values (1); select pg_sleep(0.3)',
      '0002_b.sql': 'insert into runs values (2); select pg_sleep(0.1)',
      '0003_c.sql':
        '-- arxdb: no-transaction\ncreate index concurrently runs_v on runs (v); insert into runs values (3)',
    })
    const children = await Promise.all([spawnUp(p), spawnUp(p), spawnUp(p)])
    const codes = await Promise.all(children.map((c) => c.ended))
    expect(codes, children.map((c) => c.output()).join('---\n')).toEqual([0, 0, 0])
    expect(await p.rows('select v from runs order by v')).toEqual([{ v: 1 }, { v: 2 }, { v: 3 }])
    expect(await p.ledger()).toEqual(
      ['0001 applied 1/1', '0002 applied 1/1', '0003 applied 1/1'].map((line, i) =>
        line.replace('1/1', ['3/3', '2/2', '2/2'][i]!),
      ),
    )
    expect(await p.rows(VALID('runs_v'))).toHaveLength(1)
    expect(children.map((c) => c.output().match(/done: (\d)/)![1]).sort()).toEqual(['0', '0', '3'])
  })

  it('a concurrent index build and a waiting replica do not deadlock', async () => {
    const p = project(database, { '0001_t.sql': 'create table t as select g as a from generate_series(1, 200000) g' })
    await up(p.wish())
    p.write(
      '0002_i.sql',
      '-- arxdb: no-transaction\ncreate index concurrently t_a on t (a); create index concurrently t_b on t ((a % 7))',
    )
    // Both pass the look without the lock; the second then polls through the whole build.
    const replicas = await Promise.all([spawnUp(p), spawnUp(p)])
    expect(await Promise.all(replicas.map((c) => c.ended)), replicas.map((c) => c.output()).join('---\n')).toEqual([
      0, 0,
    ])
    expect(await p.rows(VALID('t_a'))).toHaveLength(1)
    expect(await p.rows(VALID('t_b'))).toHaveLength(1)
  })

  it('the lock holds no snapshot, so no index build waits for it', async () => {
    const p = project(database, { '0001_slow.sql': 'select pg_sleep(3)' })
    const running = up(p.wish({ lockTimeoutMs: 150 }))
    await until(p, "select 1 from pg_stat_activity where query = 'select pg_sleep(3)' and datname = current_database()")
    // Long enough for the look at who blocks whom, which runs on the lock's connection.
    await new Promise((resolve) => setTimeout(resolve, 300))
    // A look has a snapshot while it runs, and until the statement after it: asked again, it has to be gone.
    const holder = async () => {
      const rows =
        await p.rows(`select a.state, a.backend_xmin, a.backend_xid from pg_locks l join pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and l.objid = 1651337575 and a.datname = current_database()`)
      return rows[0]
    }
    await expect
      .poll(holder, { timeout: 2_000 })
      .toEqual({ state: 'idle in transaction', backend_xmin: null, backend_xid: null })
    await running
  })

  it('a busy lock ends with exit 6 after the wait, and names who holds it and what it runs', async () => {
    const p = project(database, { '0001_slow.sql': 'select pg_sleep(30)' })
    const holder = await spawnUp(p)
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(30)' and state = 'active' and datname = current_database()",
    )
    const [{ pid }] = (await p.rows<{ pid: number }>(
      "select pid from pg_locks where locktype = 'advisory' and objid = 1651337575 and database = (select oid from pg_database where datname = current_database()) and granted",
    )) as [{ pid: number }]
    const asked = p.wish({ lockWaitMs: 400 })
    const error = await failure(up(asked))
    expect(error).toMatchObject({ code: 'lock-busy', exit: 6 })
    expect(error.detail).toContain(`pid ${pid}`)
    expect(error.detail).toContain('arxdb/migrate mine/0001_slow')
    expect(asked.events.filter((e) => e.kind === 'lock-waiting')).toHaveLength(1)
    holder.process.kill('SIGINT')
    expect(await holder.ended).toBe(130)
    expect(holder.output()).toContain('nothing was committed by this run')
    expect(
      await p.rows(
        "select 1 from pg_locks where locktype = 'advisory' and objid = 1651337575 and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([])
  })

  it('a table lock that is not free in time is tried again, naming who held it', async () => {
    const p = project(database, { '0001_t.sql': 'create table t (a int)' })
    await up(p.wish())
    p.write('0002_c.sql', 'create table before_it (a int); alter table t add column b int')
    await withClient(database.url, async (blocker) => {
      await blocker.query("set application_name = 'a long report'; begin; select * from t")
      const asked = p.wish({ lockTimeoutMs: 200 })
      const running = up(asked)
      await until(p, "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
      // Long enough for two timeouts, so that the retry is the one that succeeds.
      await new Promise((resolve) => setTimeout(resolve, 600))
      await blocker.query('commit')
      await running
      const retries = asked.events.filter((e) => e.kind === 'retrying')
      expect(retries.length).toBeGreaterThan(0)
      expect(asked.told()).toContain('a lock was not free in time; waited for pid')
      expect(asked.told()).toContain('(a long report)')
    })
    expect(await p.rows('select b from t')).toEqual([])
    expect(await p.ledger()).toEqual(['0001 applied 1/1', '0002 applied 2/2'])
  })

  it('gives up on a table lock after its attempts: exit 6, everything rolled back', async () => {
    const p = project(database, { '0001_t.sql': 'create table t (a int)' })
    await up(p.wish())
    p.write(
      '0002_c.sql',
      '-- arxdb: lock-timeout 100ms\ncreate table before_it (a int);\nalter table t add column b int',
    )
    await withClient(database.url, async (blocker) => {
      await blocker.query('begin; select * from t')
      const error = await failure(up(p.wish({ attempts: 2 })))
      expect(error).toMatchObject({ code: 'lock-timeout', exit: 6 })
      expect(error.message).toMatch(/^0002_c\.sql:3:1: canceling statement due to lock timeout/)
    })
    expect(await p.rows("select to_regclass('before_it') as there")).toEqual([{ there: null }])
    expect(await p.ledger()).toEqual(['0001 applied 1/1'])
  })
})
