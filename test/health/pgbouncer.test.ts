// pgbouncer.ini for a real server, read by a real PgBouncer, through which arxdb works; and one that is set otherwise.
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/embedded/sockets.ts'
import { unprivilegedAccount } from '../../src/programs/account.ts'
import { session } from '../cli/session.ts'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../servers/databases.ts'

const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find(existsSync)
const [tier] = tiers()
const why = PGBOUNCER ? (tier ? '' : 'no server') : 'no pgbouncer here: apt-get install pgbouncer'

describe.skipIf(why !== '')(`tune pgbouncer${why && ` (skipped: ${why})`}`, () => {
  const folder = mkdtempSync('/tmp/arxdb-pooler-')
  const stops: (() => Promise<void>)[] = []
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier!)
    await withClient(database.url, (client) =>
      client.query(
        `do $$ begin create role pooled login password 'secret'; exception when duplicate_object then null; end $$`,
      ),
    )
  })
  afterAll(async () => {
    for (const stop of stops) await stop()
    rmSync(folder, { recursive: true, force: true })
    await database?.drop()
  })

  const arxdb = (...argv: readonly string[]) =>
    session(argv, { env: { DATABASE_URL: database.url, HOME: folder }, cwd: folder })

  /** PgBouncer with that file, and a port and folders of the test's own. */
  async function start(name: string, ini: string, settings: readonly string[] = []): Promise<string> {
    const port = await freePort()
    const file = join(folder, `${name}.ini`)
    const users = join(folder, 'users')
    // As the comment in the file says; the suite's superuser has no password.
    const verifier = await withClient(database.url, async (client) => {
      const { rows } = await client.query(
        `select format('"%s" "%s"', rolname, rolpassword) as line from pg_authid where rolname = 'pooled'`,
      )
      return rows[0].line as string
    })
    writeFileSync(users, `${verifier}\n"admin" "secret"\n`)
    writeFileSync(file, ini)
    const own = [`listen_port = ${port}`, 'unix_socket_dir =', 'logfile =', 'pidfile =', `auth_file = ${users}`]
    appendFileSync(file, [...own, 'admin_users = admin', ...settings, ''].join('\n'))
    const account = process.geteuid?.() === 0 ? unprivilegedAccount() : undefined
    for (const path of [folder, file, users]) {
      chmodSync(path, path === folder ? 0o755 : 0o644)
      if (account) chownSync(path, account.uid, account.gid)
    }
    const child = spawn(PGBOUNCER!, [file], {
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
      cwd: '/',
      stdio: 'pipe',
    })
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    stops.push(async () => {
      child.kill('SIGKILL')
      await ended
    })
    const url = `postgres://admin:secret@127.0.0.1:${port}/pgbouncer`
    for (const end = Date.now() + 15_000; ; await sleep(50)) {
      if (await withClient(url, (client) => client.query('show version')).then(Boolean, () => false)) break
      if (Date.now() > end || child.exitCode !== null) throw new Error(`pgbouncer did not start: ${said}`)
    }
    expect(said).not.toMatch(/WARNING|ERROR/)
    writeFileSync(join(folder, '.pgpass'), `127.0.0.1:${port}:*:admin:secret\n127.0.0.1:${port}:*:pooled:secret\n`, {
      mode: 0o600,
    })
    return `127.0.0.1:${port}`
  }

  test('the file is understood, arxdb works through it, and --check finds nothing', { timeout: 60_000 }, async () => {
    const out = await arxdb('tune', 'pgbouncer', '--cpus', '2', '--out', join(folder, 'made.ini'))
    expect(out, out.stderr).toMatchObject({ code: 0, stdout: '' })
    const ini = readFileSync(join(folder, 'made.ini'), 'utf8')
    expect(ini).toMatch(/^pool_mode = transaction$/m)
    expect(ini).toMatch(/^max_db_connections = 157$/m)
    const place = await start('made', ini)
    const checked = await arxdb(
      'tune',
      'pgbouncer',
      '--cpus',
      '2',
      '--check',
      `postgres://admin@${place}/pgbouncer`,
      '--json',
    )
    expect(checked, checked.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('are right as they are') })

    await withClient(database.url, (client) =>
      client.query('grant usage on schema arxdb to pooled; grant select on all tables in schema arxdb to pooled'),
    )
    const pooled = `postgres://pooled@${place}/${database.connection.database}`
    const through = (...argv: readonly string[]) =>
      session([...argv, '--url', pooled], { env: { HOME: folder }, cwd: folder })
    for (const question of [
      ['coverage'],
      ['coins'],
      ['sizes'],
      ['health', 'connections'],
      ['tune', '--memory', '1GB', '--cpus', '2'],
    ]) {
      const answer = await through(...question)
      expect(answer, `${question}: ${answer.stderr}`).toMatchObject({ code: 0 })
    }
    // What is limited by a session's settings needs a session.
    expect(await through('maintain')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('a pooler stands between'),
    })
  })

  test("one that is set otherwise is told what differs, the seed's values among it", { timeout: 60_000 }, async () => {
    const { stdout } = await arxdb('tune', 'pgbouncer', '--cpus', '2')
    const place = await start('other', stdout, ['pool_mode = statement', 'max_client_conn = 100', 'query_timeout = 30'])
    const checked = await arxdb('tune', 'pgbouncer', '--cpus', '2', '--check', `postgres://admin@${place}`, '--json')
    expect(checked, checked.stderr).toMatchObject({ code: 3 })
    const rows = JSON.parse(checked.stdout) as {
      setting: string
      current: string
      differs: boolean
      seed: string | null
    }[]
    expect(rows.filter(({ differs }) => differs).map(({ setting, current }) => [setting, current])).toEqual([
      ['pool_mode', 'statement'],
      ['max_client_conn', '100'],
      ['query_timeout', '30'],
    ])
    expect(rows.find(({ setting }) => setting === 'default_pool_size')).toMatchObject({ current: '20', seed: '25' })
  })

  test('what is no PgBouncer, or not its administrator, is said so', async () => {
    const elsewhere = new URL(database.url)
    const server = await arxdb(
      'tune',
      'pgbouncer',
      '--cpus',
      '2',
      '--check',
      `postgres://postgres@${elsewhere.host}/postgres`,
    )
    expect(server).toMatchObject({ code: 4, stderr: expect.stringContaining('pgbouncer') })
    const place = await start('users', (await arxdb('tune', 'pgbouncer', '--cpus', '2')).stdout)
    const user = await arxdb('tune', 'pgbouncer', '--cpus', '2', '--check', `postgres://pooled@${place}/pgbouncer`)
    expect(user.code).not.toBe(0)
    expect(user.stderr).toMatch(/admin_users or stats_users|not allowed/)
  })
})
