// Through PgBouncer in transaction mode: every transaction may meet another server, and nothing of a session lasts.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { up } from '../../../src/migrate/service.ts'
import { connectionOf } from '../../servers/connection.ts'
import { emptyDatabase, type TestDatabase, urlOf, withClient } from '../../servers/databases.ts'
import { failure, project, removeFolders, spawnUp, until } from './project.ts'

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find(existsSync)

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** PgBouncer refuses to run as root; any account but that will do. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}

async function startPooler(server: string): Promise<{ url: string; stop(): void }> {
  const folder = mkdtempSync('/tmp/arxdb-pooler-')
  const { hostname, port, username } = new URL(server)
  const own = await freePort()
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: own,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 4,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]\n* = host=${hostname} port=${port} user=${username}\n[pgbouncer]\n${lines.join('\n')}\n`,
  )
  const { uid, gid } = account()
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  chmodSync(folder, 0o755)
  const child: ChildProcess = spawn(PGBOUNCER!, [file], { ...account(), stdio: 'ignore', cwd: '/' })
  const url = `postgres://postgres@127.0.0.1:${own}/postgres`
  for (let tries = 0; ; tries++) {
    const up = await withClient(url, async () => true).catch(() => false)
    if (up) break
    if (tries > 100) throw new Error('pgbouncer did not start')
    await sleep(50)
  }
  return {
    url,
    stop: () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

describe.skipIf(!PGBOUNCER || !process.env.ARXDB_TEST_PLAIN_URL)('behind a pooler in transaction mode', () => {
  let direct: TestDatabase
  let pooled: TestDatabase
  let pooler: Awaited<ReturnType<typeof startPooler>>
  beforeEach(async () => {
    direct = await emptyDatabase('plain')
    pooler = await startPooler(direct.url)
    const url = urlOf(pooler.url, direct.connection.database)
    pooled = { ...direct, url, connection: connectionOf(url) }
  })
  afterEach(async () => {
    pooler.stop()
    await direct.drop()
  })
  afterAll(removeFolders)

  it('three at once apply each file once, concurrent index builds included, and leave no setting behind', async () => {
    const p = project(pooled, {
      '0001_a.sql': 'create table t as select g as a from generate_series(1, 1000) g; select pg_sleep(0.2)',
      '0002_i.sql': '-- arxdb: no-transaction\ncreate index concurrently t_a on t (a); insert into t values (0)',
    })
    const children = await Promise.all([spawnUp(p), spawnUp(p), spawnUp(p)])
    expect(await Promise.all(children.map((c) => c.ended)), children.map((c) => c.output()).join('---\n')).toEqual([
      0, 0, 0,
    ])
    expect(await p.ledger()).toEqual(['0001 applied 2/2', '0002 applied 2/2'])
    expect(await p.rows('select count(*)::int as n from t')).toEqual([{ n: 1001 }])
    const settings = `select current_setting('lock_timeout') as l, current_setting('client_connection_check_interval') as c,
      current_setting('application_name') like '%arxdb%' as a`
    for (let i = 0; i < 4; i++) expect(await p.rows(settings)).toEqual([{ l: '0', c: '0', a: false }])
  })

  it('the lock is held and named while a file runs, and Ctrl-C cancels through the pooler', async () => {
    const p = project(pooled, { '0001_a.sql': 'select pg_sleep(60)' })
    const holder = await spawnUp(p)
    await until(
      p,
      "select 1 from pg_stat_activity where query = 'select pg_sleep(60)' and datname = current_database()",
    )
    expect(await failure(up(p.wish({ lockWaitMs: 300 })))).toMatchObject({
      exit: 6,
      detail: expect.stringContaining('0001_a'),
    })
    holder.process.kill('SIGINT')
    expect(await holder.ended).toBe(130)
    expect((await failure(up(p.wish({ statementTimeoutMs: 200 })))).message).toContain('statement timeout')
  })
})
