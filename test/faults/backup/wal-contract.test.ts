// The exit codes that PostgreSQL acts upon, whatever goes wrong: after 1 to 125 from restore_command it promotes, after
// more than 125 from archive_command its archiver ends.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { walKey } from '../../../src/backup/wal/names.ts'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { dataDirectory, nameOf, ready, SYSTEM, segment } from '../../backup/wal-files.ts'
import { atTerminal } from '../../e2e/at-terminal.ts'
import { arxdb, program, start } from '../../e2e/spawn.ts'

let folder: string
let repo: string
let data: string
const name = nameOf({ number: 3 })
const absent = nameOf({ number: 99 })

/** As PostgreSQL would, in the data directory. */
const fetch = (wanted: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  arxdb(['wal', 'fetch', wanted, join(data, 'pg_wal/RECOVERYXLOG'), '--repo', repo, ...more], env)
const push = (path: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  arxdb(['wal', 'push', path, '--repo', repo, ...more], env)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-contract-'))
  repo = join(folder, 'repo')
  mkdirSync(repo)
  data = dataDirectory(join(folder, 'data'))
  await (await openRepository({ repo, s3: {} }, 'make')).close()
  const pushed = await push(join(data, 'pg_wal', ready(data, { number: 3 })))
  expect(pushed, pushed.stderr).toMatchObject({ code: 0 })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('fetch', () => {
  test('exits 0 with the file in its place, and nothing beside it', async () => {
    const done = await fetch(name)
    expect(done, done.stderr).toMatchObject({ code: 0 })
    const target = join(data, 'pg_wal/RECOVERYXLOG')
    expect(readFileSync(target)).toEqual(readFileSync(join(data, 'pg_wal', name)))
    rmSync(target)
    expect(readdirSync(join(data, 'pg_wal')).sort()).toEqual([name, 'archive_status'])
  })

  test.each([absent, '00000009.history', nameOf({ number: 3, timeline: 7 })])(
    'exits 1 for %s, which the repository says it has not',
    async (wanted) => {
      expect(await fetch(wanted)).toMatchObject({ code: 1, stderr: expect.stringContaining(wanted) })
    },
  )

  test('takes what is missing in front of more for a gap: 255, until it is acknowledged, and 1 for a standby', async () => {
    const place = mkdtempSync(join(folder, 'gap-'))
    await (await openRepository({ repo: place, s3: {} }, 'make')).close()
    const there = dataDirectory(join(place, 'data'))
    for (const wanted of [{ number: 3 }, { number: 5 }, { number: 6, timeline: 2 }]) {
      const pushed = await push(join(there, 'pg_wal', ready(there, wanted)), ['--repo', place, '--no-batch'])
      expect(pushed, pushed.stderr).toMatchObject({ code: 0 })
    }
    const gap = { code: 255, stderr: expect.stringContaining('that is a gap, and not the end of the archive') }
    const flags = ['--repo', place]
    const all = [nameOf({ number: 4 }), '00000002.history', nameOf({ number: 6 }), '00000003.history']
    const answers = await Promise.all(all.map((wanted) => fetch(wanted, flags)))
    expect(answers).toMatchObject([gap, gap, { code: 1 }, { code: 1 }])
    expect(await arxdb(['wal', 'status', '--repo', place, '--ack', all[0]!, '--no-server'])).toMatchObject({
      stderr: expect.not.stringContaining('--ack'),
    })
    expect(await fetch(all[0]!, flags)).toMatchObject({ code: 1 })
    writeFileSync(join(data, 'standby.signal'), '')
    try {
      expect(await fetch(all[1]!, flags)).toMatchObject({ code: 1 })
    } finally {
      rmSync(join(data, 'standby.signal'))
    }
  }, 60_000)

  test('waits for one that comes after those behind it, as in a batch it may', async () => {
    const place = mkdtempSync(join(folder, 'late-'))
    await (await openRepository({ repo: place, s3: {} }, 'make')).close()
    const there = dataDirectory(join(place, 'data'))
    const late = join(there, 'pg_wal', ready(there, { number: 4 }))
    const first = await push(join(there, 'pg_wal', ready(there, { number: 5 })), ['--repo', place, '--no-batch'])
    expect(first).toMatchObject({ code: 0 })
    const fetched = fetch(nameOf({ number: 4 }), ['--repo', place])
    await sleep(1_500)
    expect(await push(late, ['--repo', place, '--no-batch'])).toMatchObject({ code: 0 })
    expect(await fetched).toMatchObject({ code: 0 })
    rmSync(join(data, 'pg_wal/RECOVERYXLOG'))
  }, 60_000)

  /** A repository that somebody else's --repo was meant for: of another cluster, or begun and never archived to. */
  async function other(systemId?: string): Promise<readonly string[]> {
    const place = mkdtempSync(join(folder, 'other-'))
    await (await openRepository({ repo: place, s3: {} }, 'make')).close()
    if (systemId !== undefined) {
      const path = join(mkdtempSync(join(folder, 'segment-')), name)
      writeFileSync(path, segment({ number: 3, systemId }))
      expect(await push(path, ['--repo', place])).toMatchObject({ code: 0 })
    }
    return ['--repo', place]
  }
  test.each([
    ["another cluster's WAL", '7400000000000000002'],
    ['no WAL at all', undefined],
  ])('takes a repository with %s for the wrong one, whatever is asked for', async (_, systemId) => {
    const flags = await other(systemId)
    for (const wanted of [name, absent, '00000009.history']) {
      const told = expect.stringContaining(`holds no WAL of system ${SYSTEM}`)
      expect(await fetch(wanted, flags)).toMatchObject({ code: 255, stderr: told })
    }
  })

  const elsewhere = (place: string) => ['--repo', place]
  const cases: readonly (readonly [string, () => Promise<{ code: number | null }>])[] = [
    ['a repository that is not there', () => fetch(absent, elsewhere(join(folder, 'unmounted')))],
    ['a folder that is no repository', () => fetch(absent, elsewhere(folder))],
    ['no repository named', () => arxdb(['wal', 'fetch', absent, 'x'])],
    ['an unknown flag', () => fetch(absent, ['--no-such-flag'])],
    ['an argument too few', () => arxdb(['wal', 'fetch', absent])],
    ['an argument too many', () => fetch(absent, ['more'])],
    ['a flag before the command', () => arxdb(['-q', 'wal', 'fetch', absent, 'x', '--repo', '/nowhere'])],
    ['a config before the command', () => arxdb(['--config', '/nowhere', 'wal', 'fetch', absent, 'x'])],
    ['a flag within the command', () => arxdb(['wal', '--repo', 'push', 'fetch', absent, 'x'])],
    ['a deadline that is none', () => fetch(absent, ['--deadline', 'soon'])],
    ['a target that cannot be written', () => arxdb(['wal', 'fetch', name, '/nowhere/x', '--repo', repo])],
    ['a key file that is none', () => fetch(absent, ['--key-file', '/dev/null', '--system-id', 'x', '--repo', '/no'])],
    ['a bucket behind a closed port', () => fetch(absent, ['--s3-endpoint', 'http://127.0.0.1:1', ...s3()], S3_KEYS)],
    [
      'too old a Node',
      () => fetch(absent, [], preload("Object.defineProperty(process,'versions',{value:{node:'18.1.0'}})")),
    ],
    ['an exception from nowhere', () => fetch(absent, [], preload(late("throw new Error('x')")))],
    ['a promise that nobody watches', () => fetch(absent, [], preload(late("Promise.reject(new Error('x'))")))],
    ['somebody who exits with 1', () => fetch(absent, [], preload(late('process.exit(1)')))],
    ['a heap that is too small', () => fetch(name, [], { NODE_OPTIONS: '--max-old-space-size=1' })],
  ]
  test.each(cases)('exits with more than 125, or by a signal, after %s', async (_, run) => {
    const { code } = await run()
    expect(code === null || code > 125, `exit ${code}`).toBe(true)
  })

  test('exits with 255 when it is told to stop, and when it is killed by no code at all', async () => {
    await withSilentServer(async (endpoint, connected) => {
      const argv = ['wal', 'fetch', absent, 'x', '--s3-endpoint', endpoint, ...s3()]
      for (const [signal, expected] of [
        ['SIGTERM', 255],
        ['SIGINT', 255],
        ['SIGKILL', null],
      ] as const) {
        const running = start(argv, S3_KEYS)
        await connected()
        running.child.kill(signal)
        expect(await running.finished).toMatchObject({ code: expected })
      }
    })
  })
})

describe('push', () => {
  const file = (): string => join(data, 'pg_wal', name)
  const elsewhere = (place: string) => ['--repo', place]
  const cases: readonly (readonly [string, () => Promise<{ code: number | null }>])[] = [
    ['a repository that is not there', () => push(file(), elsewhere(join(folder, 'unmounted')))],
    ['a folder that is no repository', () => push(file(), elsewhere(folder))],
    ['a file that is not there', () => push(join(data, 'pg_wal', absent))],
    ['no repository named', () => arxdb(['wal', 'push', file()])],
    ['an unknown flag', () => push(file(), ['--no-such-flag'])],
    ['a flag before the command', () => arxdb(['-q', 'wal', 'push', file(), '--repo', '/nowhere'])],
    [
      'a key that is not there',
      () => push(join(data, 'pg_wal', ready(data, { number: 4 })), ['--encrypt', '--key-file', '/nowhere']),
    ],
    ['a bucket behind a closed port', () => push(file(), ['--s3-endpoint', 'http://127.0.0.1:1', ...s3()], S3_KEYS)],
    [
      'too old a Node',
      () => push(file(), [], preload("Object.defineProperty(process,'versions',{value:{node:'18.1.0'}})")),
    ],
    ['an exception from nowhere', () => push(file(), [], preload(late("throw new Error('x')")))],
    ['somebody who exits with 255', () => push(file(), [], preload(late('process.exit(255)')))],
  ]
  test.each(cases)('exits with 1 to 125 after %s', async (_, run) => {
    const { code } = await run()
    expect(code !== null && code > 0 && code < 126, `exit ${code}`).toBe(true)
  })

  test('exits with less than 126 when it is told to stop', async () => {
    await withSilentServer(async (endpoint, connected) => {
      const running = start(['wal', 'push', file(), '--s3-endpoint', endpoint, ...s3()], S3_KEYS)
      await connected()
      running.child.kill('SIGTERM')
      expect(await running.finished).toMatchObject({ code: 1 })
      // Before the program has been read at all.
      const early = start(['wal', 'push', file(), '--repo', repo], preload('process.stderr.write("here")'))
      await new Promise<void>((resolve) => early.child.stderr!.once('data', () => resolve()))
      await sleep(5)
      early.child.kill('SIGTERM')
      const { code, signal } = await early.finished
      // Node itself may not have come as far as bin/arxdb.js.
      expect(code === null ? signal : code, `${code} ${signal}`).toSatisfy(
        (end) => end === 'SIGTERM' || Number(end) < 126,
      )
    })
  })
})

describe('what ends well without a file', () => {
  const help = ['--help', '--version']
  const lines = (verb: string, operands: readonly string[]): readonly (readonly string[])[] => [
    ...help.flatMap((flag) => [
      ['wal', verb, flag],
      ['wal', verb, ...operands, flag],
      ['wal', flag, verb, ...operands],
      [flag, 'wal', verb, ...operands],
    ]),
    ['help', 'wal', verb],
    ['wal', 'help', verb],
  ]

  test('is a failure for PostgreSQL, whose processes have no terminal', async () => {
    for (const argv of lines('push', [join(data, 'pg_wal', name)])) {
      const { code, stderr } = await detached(argv)
      expect({ argv, code, stderr }).toEqual({ argv, code: 1, stderr: expect.stringMatching(/no file was kept/) })
    }
    for (const argv of lines('fetch', [name, 'pg_wal/RECOVERYXLOG'])) {
      const { code, stderr } = await detached(argv)
      expect({ argv, code, stderr }).toEqual({ argv, code: 255, stderr: expect.stringMatching(/no file was kept/) })
    }
  })

  test('is a success at a terminal, unless it names a file', async () => {
    const ended = (...argv: readonly string[]) =>
      atTerminal([process.execPath, program(), ...argv]).then(({ code }) => code)
    expect(await ended('wal', 'push', '--help')).toBe(0)
    expect(await ended('wal', 'fetch', '--repo', '/backups', '--help')).toBe(0)
    expect(await ended('wal', 'push', `pg_wal/${name}`, '--help')).toBe(1)
    expect(await ended('wal', 'fetch', name, 'pg_wal/RECOVERYXLOG', '--help')).toBe(255)
  })

  test('leaves questions about coins of these names alone', async () => {
    expect(await detached(['correlation', 'wal', 'fetch', '--help'])).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a store that accepts and says nothing', () => {
  test.each([
    ['fetch', 255],
    ['push', 124],
  ])('%s ends at its deadline with %i', async (verb, code) => {
    await withSilentServer(async (endpoint) => {
      const operands = verb === 'push' ? [join(data, 'pg_wal', name)] : [name, join(data, 'pg_wal/RECOVERYXLOG')]
      const begun = Date.now()
      const ended = await arxdb(
        ['wal', verb, ...operands, '--deadline', '2s', '--s3-endpoint', endpoint, ...s3()],
        S3_KEYS,
      )
      expect(ended, ended.stderr).toMatchObject({ code, stderr: expect.stringContaining('was not done after 2 s') })
      expect(Date.now() - begun).toBeGreaterThan(1900)
      expect(Date.now() - begun).toBeLessThan(8000)
    })
  })
})

describe('an installation that is broken', () => {
  const mains: readonly (readonly [string, string | undefined])[] = [
    ['has no program', undefined],
    ['has half a program', 'export const x = {'],
    ['never comes to an end', 'await new Promise(() => {})'],
    ['throws at once', "throw new Error('broken')"],
    ['lies about its outcome', 'process.exit(1)'],
    ['forgets its outcome', ''],
  ]
  test.each(mains)('and %s', async (_, main) => {
    const copy = mkdtempSync(join(folder, 'copy-'))
    cpSync(join(packageRoot(), 'bin'), join(copy, 'bin'), { recursive: true })
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}')
    symlinkSync(join(packageRoot(), 'sql'), join(copy, 'sql'))
    if (main !== undefined) {
      mkdirSync(join(copy, 'dist'))
      for (const entry of ['wal.js', 'main.js']) writeFileSync(join(copy, 'dist', entry), main)
    }
    const run = async (...argv: readonly string[]) => {
      const { execFile } = await import('node:child_process')
      return new Promise<number>((resolve) => {
        execFile(process.execPath, [join(copy, 'bin/arxdb.js'), ...argv], (error) =>
          resolve(error ? Number(error.code) : 0),
        )
      })
    }
    expect(await run('wal', 'fetch', name, 'x', '--repo', repo)).toBe(255)
    const pushed = await run('wal', 'push', join(data, 'pg_wal', name), '--repo', repo)
    expect(pushed).toBeGreaterThan(0)
    expect(pushed).toBeLessThan(126)
  })
})

describe('what is in the repository is checked', () => {
  const object = () => join(repo, walKey(SYSTEM, name))
  const cases: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ['empty', () => Buffer.alloc(0)],
    ['cut in its header', (bytes) => bytes.subarray(0, 60)],
    ['cut', (bytes) => bytes.subarray(0, bytes.length - 20)],
    ['flipped', (bytes) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 30 ? byte ^ 1 : byte)))],
    ['of another name', (bytes) => Buffer.from(bytes.toString('latin1').replace(name, absent), 'latin1')],
    [
      'of another cluster',
      (bytes) => Buffer.from(bytes.toString('latin1').replace(SYSTEM, '7400000000000000002'), 'latin1'),
    ],
  ]
  test.each(cases)('%s: fetch exits 255 and leaves nothing', async (_, spoil) => {
    const good = readFileSync(object())
    writeFileSync(object(), spoil(good))
    try {
      expect(await fetch(name)).toMatchObject({ code: 255, stderr: expect.stringContaining('cannot be used') })
      expect(readdirSync(join(data, 'pg_wal')).filter((file) => file.startsWith('RECOVERY'))).toEqual([])
    } finally {
      writeFileSync(object(), good)
    }
  })
})

const s3 = (): readonly string[] => ['--repo', 's3://bucket/prefix', '--s3-path-style', '--s3-region', 'us-east-1']
const S3_KEYS = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' }

/** As soon as bin/arxdb.js is at work: what Node itself says before that is beyond anybody's reach. */
const late = (code: string): string =>
  `process.on('newListener', (name) => { if (name === 'uncaughtException') setTimeout(() => { ${code} }, 1) })`

/** Code that runs in the process before bin/arxdb.js does. */
function preload(code: string): Record<string, string> {
  const file = join(mkdtempSync(join(folder, 'preload-')), 'preload.cjs')
  writeFileSync(file, code)
  return { NODE_OPTIONS: `--require=${file}` }
}

/** In a session of its own, as every process of PostgreSQL's is. */
function detached(argv: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program(), ...argv], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk
    })
    child.once('close', (code) => resolve({ code, stderr }))
  })
}

/** A server that takes connections and never answers. */
async function withSilentServer(body: (endpoint: string, connected: () => Promise<void>) => Promise<void>) {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    await body(`http://127.0.0.1:${port}`, () => new Promise((resolve) => server.once('connection', () => resolve())))
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}
