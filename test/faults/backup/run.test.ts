// `backup run` beside another one, killed, interrupted, hooked: one at a time, and nothing half done is ever a backup.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { momentOf, newLabel } from '../../../src/backup/label.ts'
import { arxdbBeside, type Outcome, runBeside } from '../../servers/beside.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../../servers/databases.ts'

const base = mkdtempSync(join(tmpdir(), 'arxdb-run-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let made = 0

// Kind copy needs no client program, so every tier's server can be asked from here.
describeTiers('backup run', (tier) => {
  let database: TestDatabase
  let home: string
  let repo: string
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, (client) =>
      client.query(
        'create table public.slow (i int, t text); insert into slow select i, md5(i::text) from generate_series(1, 200000) i',
      ),
    )
  })
  afterAll(() => database?.drop())
  beforeEach(() => {
    home = join(base, `h${made++}`)
    repo = join(home, 'repo')
    mkdirSync(repo, { recursive: true })
  })

  const words = (...more: string[]) => [
    'backup',
    'run',
    '--kind',
    'copy',
    '--repo',
    repo,
    '--url',
    database.url,
    ...more,
  ]
  const env = (more: Record<string, string> = {}) => ({ ARXDB_BACKUP_KEY: join(home, 'key'), ...more })
  const run = (...more: string[]): Promise<Outcome> => runBeside('plain', words(...more), home, { env: env() })
  const list = async (): Promise<readonly { label: string; status: string }[]> => {
    const args = ['backup', 'list', '--repo', repo, '-o', 'json']
    return JSON.parse((await runBeside('plain', args, home, { env: env() })).stdout)
  }

  /** A run that stands still in its `before` hook, holding both locks. */
  async function holding(): Promise<ChildProcess> {
    const config = join(home, 'standing.json')
    const standing = join(home, 'stands')
    writeFileSync(config, JSON.stringify({ backup: { hooks: { before: `touch ${standing}; sleep 60` } } }))
    chmodSync(config, 0o600)
    const [file, ...args] = arxdbBeside('plain', words('--config', config))
    const { PATH = '' } = process.env
    const child = spawn(file!, args, {
      cwd: home,
      env: { PATH, HOME: home, ...env() },
      stdio: 'ignore',
      detached: true,
    })
    for (let waited = 0; !readdirSync(home).includes('stands'); waited += 20) {
      if (waited > 20_000 || child.exitCode !== null) throw new Error('the first run does not stand')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return child
  }

  test('a second one is refused and names the first; a killed one leaves nothing locked', async () => {
    const first = await holding()
    const second = await run()
    expect(second).toMatchObject({ code: 6, stdout: '' })
    expect(second.stderr).toMatch(new RegExp(`held by arxdb backup run, pid ${first.pid} on \\S+, since 20`))
    const json = await run('-o', 'json')
    expect(JSON.parse(json.stderr.trim().split('\n').at(-1)!).error).toMatchObject({ code: 'lease-busy', exit: 6 })
    // Into another repository it is the database's own lock that says no.
    const other = join(home, 'other')
    mkdirSync(other)
    const elsewhere = await run('--repo', other)
    expect(elsewhere).toMatchObject({ code: 6, stdout: '' })
    expect(elsewhere.stderr).toMatch(/another arxdb backup run is at work on this database/)
    process.kill(-first.pid!, 'SIGKILL')
    await once(first, 'exit')
    const third = await run('-o', 'json')
    expect(third, third.stderr).toMatchObject({ code: 0 })
    expect(await list()).toMatchObject([{ status: 'good' }])
  }, 60_000)

  test('killed while it copies: the next run is well, and what was half done is no backup', async () => {
    const [file, ...args] = arxdbBeside('plain', words())
    const { PATH = '' } = process.env
    for (const delay of [150, 400, 700]) {
      const child = spawn(file!, args, { cwd: home, env: { PATH, HOME: home, ...env() }, stdio: 'ignore' })
      setTimeout(() => child.kill('SIGKILL'), delay)
      await once(child, 'exit')
      for (const { status } of await list().catch(() => [])) expect(status).toBe('good')
    }
    const next = await run()
    expect(next, next.stderr).toMatchObject({ code: 0 })
    const checked = await runBeside('plain', ['backup', 'verify', '--all', '--repo', repo], home, { env: env() })
    expect(checked, checked.stderr).toMatchObject({ code: 0 })
    const { rows } = await withClient(database.url, (client) =>
      client.query(
        "select count(*)::int as n from pg_locks l join pg_database d on d.oid = l.database where l.locktype = 'advisory' and d.datname = current_database()",
      ),
    )
    expect(rows[0].n).toBe(0)
  }, 60_000)

  test('interrupted: 130, and nothing published', async () => {
    const first = await holding()
    process.kill(-first.pid!, 'SIGINT')
    const [code] = await once(first, 'exit')
    expect(code).toBe(130)
    expect(await list()).toEqual([])
  }, 60_000)

  test('a deadline ends it with 124, a hook that fails with 1, and both are on record', async () => {
    const late = await run('--deadline', '1ms')
    expect(late).toMatchObject({ code: 124 })
    expect(late.stderr).toMatch(/was not ready after 0.001 s/)
    const config = join(home, 'hooks.json')
    const told = join(home, 'told')
    const heard: string[] = []
    const server = createServer((request, response) => {
      heard.push(request.url!)
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const heartbeat = `http://127.0.0.1:${(server.address() as AddressInfo).port}/beat`
    const configure = (hooks: object) => writeFileSync(config, JSON.stringify({ backup: { heartbeat, hooks } }))
    configure({ before: 'echo not today; exit 3', failed: `echo "$ARXDB_MESSAGE" > ${told}` })
    const refused = await run('--config', config)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/the before hook .*not today/)
    expect(readFileSync(told, 'utf8')).toMatch(/before hook/)
    configure({ after: `echo "$ARXDB_LABEL" > ${told}` })
    const well = await run('--config', config, '-o', 'json')
    expect(well, well.stderr).toMatchObject({ code: 0 })
    expect(readFileSync(told, 'utf8').trim()).toBe(JSON.parse(well.stdout)[0].label)
    expect(heard).toEqual(['/beat/fail', '/beat'])
    server.close()
    const scheduled = await runBeside('plain', ['schedule', 'list', '--repo', repo, '-o', 'json'], home, { env: env() })
    expect(JSON.parse(scheduled.stdout)).toContainEqual(expect.objectContaining({ job: 'run', outcome: 'ok' }))
  }, 60_000)

  test('a password is in no argument, output or manifest', async () => {
    const url = new URL(database.url)
    url.password = 'hunter2hunter2'
    const told = ['backup', 'run', '--kind', 'copy', '--repo', repo, '-v', '-o', 'json']
    const ended = await runBeside('plain', told, home, { env: env({ ARXDB_URL: url.href }) })
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stdout + ended.stderr).not.toContain('hunter2')
    for (const label of readdirSync(join(repo, 'backups'))) {
      expect(readFileSync(join(repo, 'backups', label, 'manifest.json'), 'utf8')).not.toContain('hunter2')
    }
  })
})

test('labels never go back, whatever the clock does', () => {
  const later = new Date('2026-01-02T00:00:00Z')
  const first = newLabel('dump', later, undefined)
  const second = newLabel('base', new Date('2026-01-01T23:00:00Z'), first)
  expect(second > first).toBe(true)
  expect(new Date(momentOf(second)).toISOString()).toBe('2026-01-02T00:00:01.000Z')
  expect(newLabel('dump', new Date('2026-01-03T00:00:00Z'), second).startsWith('20260103T000000Z-dump-')).toBe(true)
})
