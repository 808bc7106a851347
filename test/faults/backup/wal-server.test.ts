// A server of its own that archives by `arxdb wal push`, and recoveries from that archive by `arxdb wal fetch`.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { readArchive } from '../../../src/backup/wal/archive.ts'
import { archiveCommand, restoreCommand, type SetupFacts, shellWord } from '../../../src/backup/wal/setup.ts'
import { freePort } from '../../../src/embedded/sockets.ts'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { type Clusters, clusters, log, sql, url } from '../../backup/clusters.ts'
import { startAtTerminal } from '../../e2e/at-terminal.ts'
import { arxdb } from '../../e2e/spawn.ts'
import { withClient } from '../../servers/databases.ts'
import { type Found, findPostgres } from '../../servers/postgres.ts'

let found: Found
let folder: string
let repo: string
let facts: SetupFacts
let running: Clusters

/** Until the server says that everything up to now is archived. */
async function archived(port: number): Promise<void> {
  const { wal } = await sql<{ wal: string }>(
    port,
    'create table if not exists switches ()',
    'select pg_walfile_name(pg_switch_wal()) as wal',
  )
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    const { last } = await sql<{ last: string | null }>(port, 'select last_archived_wal as last from pg_stat_archiver')
    if (last !== null && last.slice(0, 24) >= wal) return
    if (Date.now() > end) throw new Error(`${wal} is not archived:\n${log(production)}`)
  }
}

let production: string
let port: number
let backup: string
let backupEnd: string
const COMMITS = 6

beforeAll(async () => {
  found = await findPostgres()
  running = clusters(found)
  // A blank, a quote and a per cent sign: what a shell and PostgreSQL make of them is part of the promise.
  folder = mkdtempSync('/tmp/arxdb-wal-server-')
  chmodSync(folder, 0o755)
  repo = join(folder, "100% Bob's repo")
  production = join(folder, 'production')
  backup = join(folder, 'backup')
  for (const path of [repo, join(folder, 'home')]) {
    mkdirSync(path)
    running.own(path)
  }
  running.own(folder)
  await (await openRepository({ repo, s3: {} }, 'make')).close()
  running.ownAll(repo)
  facts = {
    ...{ node: process.execPath, script: join(packageRoot(), 'bin/arxdb.js'), repo, keyFile: undefined },
    ...{ encrypt: false, compression: 'zstd', s3: [] },
  }
  running.pg('initdb', [
    '-D',
    production,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '-N',
    '--wal-segsize=1',
  ])
  const started = await running.startServer(production, {
    archive_mode: 'on',
    archive_command: archiveCommand(facts),
    wal_level: 'replica',
    max_wal_size: '64MB',
  })
  expect(started.up, log(production)).toBe(true)
  port = started.port
  await sql(port, 'create table t (n int, filler text)')
  // A backup by hand: the session that began it has to end it.
  await withClient(url(port), async (client) => {
    await client.query("select pg_backup_start('base', true)")
    cpSync(production, backup, {
      recursive: true,
      filter: (path) => !/(postmaster\.(pid|opts)|pg_wal\/.+)$/.test(path),
    })
    const { rows } = await client.query('select labelfile, lsn::text from pg_backup_stop(true)')
    writeFileSync(join(backup, 'backup_label'), rows[0].labelfile)
    backupEnd = rows[0].lsn
  })
  running.ownAll(backup)
  chmodSync(backup, 0o700)
  for (let n = 1; n <= COMMITS; n++) {
    await sql(port, `insert into t select ${n}, repeat('x', 1000) from generate_series(1, 1500)`)
    await archived(port)
  }
}, 120_000)

afterAll(() => {
  running?.stopAll()
  rmSync(folder, { recursive: true, force: true })
  found?.discard()
})

const objects = (timeline = '00000001'): readonly string[] => {
  const system = readdirSync(join(repo, 'wal'))[0]!
  const place = join(repo, 'wal', system, timeline)
  return readdirSync(place)
    .filter((name) => name.length === 24)
    .sort()
    .map((name) => join(place, name))
}

/** A new copy of the backup, to be recovered from the archive. */
function copy(name: string, settings: string): string {
  const data = join(folder, name)
  execFileSync('cp', ['-a', backup, data])
  writeFileSync(join(data, settings), '')
  running.own(join(data, settings))
  return data
}

const recover = (name: string, more: Readonly<Record<string, string>> = {}) =>
  running.startServer(copy(name, 'recovery.signal'), {
    restore_command: restoreCommand(facts),
    archive_mode: 'off',
    hot_standby: 'off',
    ...more,
  })

test('everything is archived, without a gap, and status finds nothing amiss', async () => {
  const repository = await openRepository({ repo, s3: {} }, 'must exist')
  const [archive] = await readArchive(repository)
  await repository.close()
  expect(archive).toMatchObject({ segmentBytes: 1 << 20, broken: [] })
  expect(archive!.timelines.get(1)!.runs).toHaveLength(1)
  expect(archive!.stored.size).toBeGreaterThan(10)
  const status = await arxdb(['wal', 'status', '--repo', repo, '--url', url(port), '--check', '-o', 'json'])
  expect(status, status.stderr).toMatchObject({ code: 0 })
  const { failed } = await sql<{ failed: string }>(port, 'select failed_count::text as failed from pg_stat_archiver')
  expect(failed).toBe('0')
})

test('the doctor finds what is wrong with this server, and nothing about its archiving', async () => {
  const said = await arxdb(['backup', 'doctor', '--kind', 'base', '--repo', repo, '--url', url(port), '-o', 'json'])
  expect(said, said.stderr).toMatchObject({ code: 3 })
  const rows = JSON.parse(said.stdout) as { check: string; state: string; detail: string }[]
  const of = (state: string) => rows.filter((row) => row.state === state).map(({ check }) => check)
  expect(of('problem')).toEqual(['fsync'])
  expect(of('ok')).toEqual(
    expect.arrayContaining(['repository', 'archive_command', 'archiver', 'wal_level', 'pg_hba.conf']),
  )
})

test('what an archived file says is enough to have it back without arxdb', () => {
  const last = objects().at(-1)!
  const plain = execFileSync('sh', ['-c', `tail -n +2 "$1" | zstd -d -c`, 'sh', last], { maxBuffer: 1 << 24 })
  expect(plain.length).toBe(1 << 20)
})

test("files that waited are pushed in a batch, and archive_status stays the server's own", async () => {
  await sql(port, "alter system set archive_command = 'false'", 'select pg_reload_conf()')
  await sql(port, `insert into t select 0, repeat('y', 1000) from generate_series(1, 12000)`, 'select pg_switch_wal()')
  const status = join(production, 'pg_wal/archive_status')
  const waiting = readdirSync(status)
    .filter((name) => name.endsWith('.ready'))
    .sort()
  expect(waiting.length).toBeGreaterThan(9)
  const before = objects().length
  const one = await arxdb(['-v', 'wal', 'push', join(production, 'pg_wal', waiting[0]!.slice(0, 24)), '--repo', repo])
  expect(one, one.stderr).toMatchObject({ code: 0, stderr: expect.stringMatching(/stored, 8 more/) })
  expect(objects().length).toBe(before + 9)
  expect(
    readdirSync(status)
      .filter((name) => name.endsWith('.ready'))
      .sort(),
  ).toEqual(expect.arrayContaining(waiting))
  const lag = await arxdb(['wal', 'status', '--repo', repo, '--url', url(port)])
  expect(lag, lag.stderr).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/the archiver fails at|segments behind/),
  })
  running.ownAll(repo)
  await sql(port, `delete from t where n = 0`, 'alter system reset archive_command', 'select 1')
  await sql(
    port,
    `alter system set archive_command = '${archiveCommand(facts).replaceAll("'", "''")}'`,
    'select pg_reload_conf()',
  )
  await archived(port)
})

const commits = async (at: number) =>
  (
    await sql<{ seen: string }>(
      at,
      "select string_agg(n::text, ',' order by n) as seen from (select distinct n from t) as x",
    )
  ).seen
const ALL = Array.from({ length: COMMITS }, (_, i) => i + 1).join(',')

describe('recovery', () => {
  test('brings every commit back, and archives nothing', async () => {
    const before = objects().length
    const { port: at, up } = await recover('whole')
    expect(up).toBe(true)
    expect(await commits(at)).toBe(ALL)
    expect(objects().length).toBe(before)
  })

  /** In the middle of what is needed after the backup. */
  const middle = (): string => {
    const all = objects()
    const number = Number.parseInt(backupEnd.split('/')[1]!, 16) >> 20
    return all.find((path) => Number.parseInt(path.slice(-8), 16) >= number + 4)!
  }

  test.each([
    ['flipped', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 4 : byte)))],
    ['empty', () => Buffer.alloc(0)],
    ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ])('ends without promoting when a segment in the middle is %s', async (how, spoil) => {
    const path = middle()
    const good = readFileSync(path)
    writeFileSync(path, spoil(good))
    try {
      const { up } = await recover(`spoilt-${how}`)
      expect(up).toBe(false)
      expect(log(join(folder, `spoilt-${how}`))).toMatch(/FATAL: {2}could not restore file/)
    } finally {
      writeFileSync(path, good)
    }
  })

  test('ends without promoting when the repository goes away', async () => {
    renameSync(repo, `${repo}.gone`)
    try {
      expect((await recover('unmounted')).up).toBe(false)
    } finally {
      renameSync(`${repo}.gone`, repo)
    }
  })

  test('ends without promoting on a host where this arxdb is not', async () => {
    const gone = { ...facts, script: join(folder, 'gone/bin/arxdb.js') }
    expect((await recover('without', { restore_command: restoreCommand(gone) })).up).toBe(false)
    expect(log(join(folder, 'without'))).toMatch(/FATAL: {2}could not restore file/)
  })

  test('22: ends without promoting in front of a segment that is missing', async () => {
    const path = middle()
    renameSync(path, `${path}.gone`)
    try {
      expect((await recover('hole')).up).toBe(false)
      expect(log(join(folder, 'hole'))).toContain('that is a gap, and not the end of the archive')
      expect(log(join(folder, 'hole'))).toMatch(/FATAL: {2}could not restore file/)
    } finally {
      renameSync(`${path}.gone`, path)
    }
  }, 60_000)

  test('what exit 1 would have done: the same gap, taken for the end, loses commits without a word', async () => {
    const command = `test %f != ${middle().slice(-24)} || exit 1; ${restoreCommand(facts)}`
    const { port: at, up } = await recover('gap', { restore_command: command })
    expect(up).toBe(true)
    expect(await commits(at)).not.toBe(ALL)
  })
})

test('a server that was started at a terminal is not told that its WAL is archived by a --help', async () => {
  const data = join(folder, 'at-terminal')
  running.pg('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'])
  const at = await freePort()
  const command = `${[facts.node, facts.script].map(shellWord).join(' ')} wal push --help`
  const settings = {
    ...{ port: at, unix_socket_directories: '', fsync: 'off', archive_mode: 'on' },
    archive_command: command,
  }
  const server = startAtTerminal(
    [join(found.installation.bindir, 'postgres'), '-D', data].concat(
      Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ),
    found.installation.options,
  )
  try {
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) {
      if (await sql(at, 'select 1').catch(() => undefined)) break
    }
    await sql(at, 'create table t ()', 'select pg_switch_wal()')
    for (const end = Date.now() + 20_000; ; await sleep(100)) {
      const said = await sql<{ failed: string; archived: string }>(
        at,
        'select failed_count::text as failed, archived_count::text as archived from pg_stat_archiver',
      )
      expect(said.archived).toBe('0')
      if (said.failed !== '0') break
      expect(Date.now()).toBeLessThan(end)
    }
  } finally {
    running.stop(data)
    await server.ended
  }
})

test('a clone that archives too is refused, and what production archived stays', async () => {
  running.stop(production)
  const clone = join(folder, 'clone')
  execFileSync('cp', ['-a', production, clone])
  const settings = { archive_mode: 'on', archive_command: archiveCommand(facts) }
  const first = await running.startServer(production, settings)
  await sql(first.port, 'insert into t select 7, clock_timestamp()::text')
  await archived(first.port)
  const mine = new Map(objects().map((path) => [path, readFileSync(path)]))

  const second = await running.startServer(clone, settings)
  await sql(second.port, 'insert into t select 8, clock_timestamp()::text', 'select pg_switch_wal()')
  const refused = /error: .* has another (0{7}1[0-9A-F]{16}) already, and keeps it/
  for (const end = Date.now() + 20_000; !refused.test(log(clone)); await sleep(100)) {
    if (Date.now() > end) throw new Error(log(clone))
  }
  // The server says so once its command has ended.
  const failed = /archive command failed with exit code 6/
  for (const end = Date.now() + 20_000; !failed.test(log(clone)); await sleep(100)) {
    if (Date.now() > end) throw new Error(log(clone))
  }
  expect(log(clone)).toMatch(/there: sha256 [0-9a-f]{64}, archived .*; here: sha256 [0-9a-f]{64}/)
  for (const [path, bytes] of mine) expect(readFileSync(path).equals(bytes), path).toBe(true)
})
