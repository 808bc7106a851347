// The local server's decisions that need no server: homes, binaries, settings, stale process numbers.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findHome, homeAt, makeFolder } from '../../src/embedded/home.ts'
import { boundLog, logSince } from '../../src/embedded/log.ts'
import { processState, readPostmaster, serverPhase } from '../../src/embedded/postmaster.ts'
import type { Binaries } from '../../src/embedded/record.ts'
import { writeOwned } from '../../src/embedded/record.ts'
import { settings } from '../../src/embedded/settings.ts'
import { removeSocketFolder } from '../../src/embedded/sockets.ts'
import { canReach } from '../../src/programs/account.ts'
import { bestInstalled, inspect } from '../../src/programs/installed.ts'
import { serverEnv } from '../../src/programs/run.ts'

const ROOT = process.geteuid?.() === 0
const STRANGER = { name: 'stranger', uid: 54_321, gid: 54_321 }
let base: string

beforeEach(() => {
  base = mkdtempSync('/tmp/arxdb-unit-')
  chmodSync(base, 0o755)
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('the home', () => {
  const rootOf = (env: Record<string, string>) => findHome(env).root

  it('is ARXDB_HOME, else below XDG_DATA_HOME, else below HOME', () => {
    const all = { ARXDB_HOME: join(base, 'a'), XDG_DATA_HOME: join(base, 'x'), HOME: join(base, 'h') }
    const { ARXDB_HOME, ...noOwn } = all
    const { XDG_DATA_HOME, ...home } = noOwn
    expect(rootOf(all)).toBe(ARXDB_HOME)
    expect(rootOf(noOwn)).toBe(join(XDG_DATA_HOME, 'arxdb'))
    expect(rootOf(home)).toBe(join(base, 'h', '.local/share/arxdb'))
    expect(rootOf({ ...home, XDG_DATA_HOME: 'relative/is/ignored' })).toBe(join(base, 'h', '.local/share/arxdb'))
    expect(findHome({}).insteadOf ?? rootOf({})).toBe(join(userInfo().homedir, '.local/share/arxdb'))
  })

  it('has one name, whatever links lead to it', () => {
    mkdirSync(join(base, 'real'))
    symlinkSync(join(base, 'real'), join(base, 'link'))
    expect(rootOf({ ARXDB_HOME: join(base, 'link', 'deep', 'er') })).toBe(join(base, 'real', 'deep', 'er'))
  })

  it.runIf(ROOT)('is elsewhere for root only where the account cannot enter, one place per home', () => {
    mkdirSync(join(base, 'shut'), { mode: 0o700 })
    const [one, two] = ['one', 'two'].map((name) => findHome({ ARXDB_HOME: join(base, 'shut', name) }))
    expect(one).toMatchObject({ insteadOf: join(base, 'shut', 'one') })
    expect(one!.root).toMatch(/^\/var\/lib\/arxdb-/)
    expect(two!.root).not.toBe(one!.root)
    chmodSync(join(base, 'shut'), 0o711)
    expect(findHome({ ARXDB_HOME: join(base, 'shut', 'one') })).toMatchObject({ insteadOf: undefined })
  })

  it('lets an account pass by owner, group and other bits, each on its own', () => {
    const { uid, gid } = statSync(base)
    const inside = join(base, 'not', 'there', 'yet')
    const reach = (mode: number, who: { uid: number; gid: number }) => {
      chmodSync(base, mode)
      return canReach({ name: 'x', ...who }, inside)
    }
    expect(reach(0o701, STRANGER)).toBe(true)
    expect(reach(0o770, STRANGER)).toBe(false)
    expect(reach(0o710, { uid: STRANGER.uid, gid })).toBe(true)
    expect(reach(0o707, { uid: STRANGER.uid, gid })).toBe(false)
    expect(reach(0o700, { uid, gid: STRANGER.gid })).toBe(true)
    chmodSync(base, 0o755)
  })

  it('is made with its mode whatever the umask', () => {
    const before = process.umask(0o077)
    try {
      makeFolder(join(base, 'p', 'q'), 0o711)
    } finally {
      process.umask(before)
    }
    expect(statSync(join(base, 'p', 'q')).mode & 0o777).toBe(0o711)
    expect(statSync(join(base, 'p')).mode & 0o777).toBe(ROOT ? 0o755 : 0o700)
  })
})

describe('binaries', () => {
  /** A PostgreSQL of shell scripts: what inspection asks of one, it answers. */
  function fake(name: string, version: string, extra: readonly string[] = [], pgConfig = true): string {
    const prefix = join(base, name)
    const bin = join(prefix, 'bin')
    mkdirSync(bin, { recursive: true })
    const script = (file: string, body: string) =>
      writeFileSync(join(bin, file), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
    script('postgres', `echo "postgres (PostgreSQL) ${version} (Made up)"`)
    script('initdb', 'exit 1')
    const moved = { share: join(prefix, 'moved/share'), lib: join(prefix, 'moved/lib') }
    const usual = { share: join(prefix, 'share/postgresql'), lib: join(prefix, 'lib/postgresql') }
    const { share, lib } = pgConfig ? moved : usual
    if (pgConfig) script('pg_config', `echo ${share}; echo ${lib}`)
    for (const file of extra) {
      const path = file.endsWith('.control') ? join(share, 'extension', file) : join(lib, file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, '')
    }
    return bin
  }
  const APACHE = ['timescaledb.control', 'timescaledb.so', 'timescaledb-2.28.3.so']
  const COMMUNITY = [...APACHE, 'timescaledb-tsl-2.28.3.so']
  const on = (...bins: string[]) => ({ env: { PATH: [...bins, '/usr/bin', '/bin'].join(':') } })

  it('tell version and tier, also where the installation was moved or has no pg_config', async () => {
    expect(await inspect(fake('plain', '16.4'), on())).toMatchObject({ version: '16.4', major: 16, tier: 'plain' })
    expect(await inspect(fake('apache', '17.1', APACHE), on())).toMatchObject({ major: 17, tier: 'apache' })
    expect(await inspect(fake('tsl', '18beta1', COMMUNITY), on())).toMatchObject({
      version: '18beta1',
      major: 18,
      tier: 'community',
    })
    expect(await inspect(fake('bare', '15.9', COMMUNITY, false), on())).toMatchObject({ tier: 'community' })
    // A control file without the library would make postgres refuse to start.
    expect(await inspect(fake('half', '15.9', ['timescaledb.control']), on())).toMatchObject({ tier: 'plain' })
    expect(await inspect(join(base, 'nowhere'), on())).toBeUndefined()
    writeFileSync(join(fake('sick', '16.4'), 'postgres'), '#!/bin/sh\nexit 127\n')
    expect(await inspect(join(base, 'sick', 'bin'), on())).toBeUndefined()
  })

  it('with TimescaleDB come before newer ones without; too old ones do not count', async () => {
    const [old, plain] = [fake('old', '14.9', COMMUNITY), fake('plain', '99.1')]
    expect(await bestInstalled(on(old, plain))).not.toMatchObject({ bindir: old })
    const apache = fake('apache', '98.1', APACHE)
    expect(await bestInstalled(on(plain, apache))).toMatchObject({ bindir: apache, tier: 'apache' })
    // A link on PATH leads to the folder whose siblings matter.
    mkdirSync(join(base, 'links'))
    for (const name of ['postgres', 'initdb']) symlinkSync(join(apache, name), join(base, 'links', name))
    expect(await bestInstalled(on(join(base, 'links')))).toMatchObject({ bindir: apache })
  })

  it('see nothing of the caller but PATH and library paths', () => {
    const env = serverEnv({
      PATH: '/p',
      LD_LIBRARY_PATH: '/l',
      PGDATA: '/d',
      PGPORT: '1',
      LC_ALL: 'x',
      TZ: 'y',
      HOME: '/h',
    })
    expect(env).toEqual({ PATH: '/p', LD_LIBRARY_PATH: '/l', LC_ALL: 'C', TZ: 'UTC' })
  })
})

describe('settings', () => {
  const GB = 1024 ** 3
  const plain: Binaries = { bindir: '/b', source: 'installed', version: '15.1', major: 15, tier: 'plain' }
  const buffers = (bytes: number) => /shared_buffers = (\w+)/.exec(settings(plain, bytes))?.[1]

  it('take a modest share of the memory', () => {
    expect([GB / 2, 2 * GB, 64 * GB].map(buffers)).toEqual(['128MB', '256MB', '512MB'])
  })

  it('keep parallel queries out of a small /dev/shm', () => {
    expect(settings(plain, GB, true)).toContain('dynamic_shared_memory_type = sysv')
    expect(settings(plain, GB, false)).not.toContain('dynamic_shared_memory_type')
  })

  it('load TimescaleDB where it is, silent', () => {
    expect(settings(plain)).not.toContain('timescaledb')
    const text = settings({ ...plain, tier: 'apache' })
    expect(text).toContain("shared_preload_libraries = 'timescaledb'")
    expect(text).toContain('timescaledb.telemetry_level = off')
  })
})

describe('postmaster.pid', () => {
  const write = (lines: readonly (string | number)[]) => {
    const home = homeAt(base)
    mkdirSync(home.data, { recursive: true })
    writeFileSync(join(home.data, 'postmaster.pid'), `${lines.join('\n')}\n`)
    return home
  }

  it('is read in every stage of a start', () => {
    expect(readPostmaster(homeAt(base))).toBeUndefined()
    expect(readPostmaster(write([4711, '/d', 1_700_000_000]))).toMatchObject({ pid: 4711, status: 'starting' })
    const full = write([4711, '/d', 1_700_000_000, 5444, '/tmp/s', '127.0.0.1', ' 123 456 ', 'ready   '])
    expect(readPostmaster(full)).toEqual({
      pid: 4711,
      startedAt: 1_700_000_000,
      port: 5444,
      socket: '/tmp/s',
      status: 'ready',
    })
    expect(readPostmaster(write(['']))).toBeUndefined()
  })

  it('counts for nothing when its number belongs to another program now', () => {
    const home = write([process.pid, '/d', 1_700_000_000, 5444, '/tmp/s', '127.0.0.1', ' 1 2 ', 'ready   '])
    expect(processState(process.pid, home)).toBe('other')
    expect(serverPhase(home)).toBe('down')
    expect(processState(2 ** 22 + 1, home)).toBe('gone')
  })

  it.runIf(process.platform === 'linux')('sees a killed process that nobody waited for', async () => {
    // The shell starts a child, kills it, and becomes a program that never asks for its exit status.
    const child = spawn('sh', ['-c', 'sleep 60 & echo $!; kill -9 $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const pid = Number(await new Promise((resolve) => child.stdout.once('data', resolve)))
      await expect.poll(() => processState(pid, homeAt(base))).toBe('zombie')
    } finally {
      child.kill()
    }
  })
})

describe('files', () => {
  it('are written beside and renamed: a planted link is replaced, not followed', () => {
    const victim = join(base, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, join(base, 'server.json'))
    writeOwned(join(base, 'server.json'), 'mine', 0o600)
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    expect(readFileSync(join(base, 'server.json'), 'utf8')).toBe('mine')
    expect(statSync(join(base, 'server.json')).mode & 0o777).toBe(0o600)
  })

  it('of the log stay bounded', () => {
    const home = homeAt(base)
    mkdirSync(home.folder)
    writeFileSync(home.log, 'x'.repeat(11 * 1024 * 1024))
    boundLog(home)
    expect([statSync(home.log).size, statSync(`${home.log}.1`).size]).toEqual([0, 11 * 1024 * 1024])
    writeFileSync(home.log, 'before\nafter')
    boundLog(home)
    expect(logSince(home, 7)).toBe('after')
    expect(logSince(home, 1000)).toBe('before\nafter')
  })

  it('of a socket folder go only when there is nothing else in it', () => {
    const folder = join(base, 'sockets')
    mkdirSync(folder)
    for (const name of ['.s.PGSQL.5444', '.s.PGSQL.5444.lock', 'letter.txt']) writeFileSync(join(folder, name), '')
    const home = homeAt(base)
    expect(removeSocketFolder(folder, home)).toBe(false)
    rmSync(join(folder, 'letter.txt'))
    expect(removeSocketFolder(folder, home)).toBe(true)
    expect(removeSocketFolder(folder, home)).toBe(false)
  })
})
