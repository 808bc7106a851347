// An archive with something wrong in it, made by a real server that archives by `arxdb wal push`: `wal status`,
// `backup verify --level 3` and `restore plan` have to say the same of where it ends. Its segments roll over from FF to 00,
// and it is promoted once.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { ensureKey } from '../../../src/backup/sealing/keys.ts'
import { lsnText } from '../../../src/backup/wal/names.ts'
import { archiveCommand } from '../../../src/backup/wal/setup.ts'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { type Clusters, clusters, log, sql, url } from '../../backup/clusters.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { type Found, findPostgres } from '../../servers/postgres.ts'

const SEGMENT = 16 << 20
let found: Found
let running: Clusters
let folder: string
let repo: string
let keyFile: string
let home: string
let data: string
let label: string
/** The server as it archives. */
let settings: Readonly<Record<string, string>>

async function archived(port: number): Promise<string> {
  const { wal } = await sql<{ wal: string }>(
    port,
    "insert into t select g, repeat('x', 100) from generate_series(1, 100) g",
    'select pg_walfile_name(pg_switch_wal()) as wal',
  )
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const { last } = await sql<{ last: string | null }>(port, 'select last_archived_wal as last from pg_stat_archiver')
    if (last !== null && last.slice(0, 24) >= wal) return wal
    if (Date.now() > end) throw new Error(`${wal} is not archived:\n${log(data)}`)
  }
}

const arxdb = (...args: string[]): Promise<Outcome> =>
  runBeside('plain', [...args, '--repo', repo, '--key-file', keyFile, '--bindir', found.installation.bindir], home)
const names: string[] = []

beforeAll(async () => {
  found = await findPostgres()
  running = clusters(found)
  folder = mkdtempSync('/tmp/arxdb-wal-agree-')
  chmodSync(folder, 0o755)
  ;[repo, home, data] = ['repo', 'home', 'production'].map((name) => join(folder, name)) as [string, string, string]
  for (const path of [repo, home]) {
    mkdirSync(path)
    running.own(path)
  }
  running.own(folder)
  keyFile = join(folder, 'key')
  await ensureKey(keyFile)
  await (await openRepository({ repo, s3: {} }, 'make')).close()
  running.ownAll(repo)
  running.pg('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'])
  // Four segments before the name rolls over.
  running.pg('pg_resetwal', ['-D', data, '-l', '0000000100000000000000FC'])
  const facts = { node: process.execPath, script: join(packageRoot(), 'bin/arxdb.js'), repo, keyFile: undefined }
  settings = {
    archive_mode: 'on',
    archive_command: archiveCommand({ ...facts, encrypt: false, compression: 'none', s3: [] }),
    wal_level: 'replica',
  }
  const started = await running.startServer(data, settings)
  expect(started.up, log(data)).toBe(true)
  await sql(started.port, 'create table t (n int, filler text)')
  const made = await arxdb('backup', 'run', '--kind', 'base', '--encrypt', '--url', url(started.port), '--json')
  expect(made, made.stderr).toMatchObject({ code: 0 })
  label = readdirSync(join(repo, 'backups'))[0]!
  for (let n = 0; n < 6; n++) names.push(await archived(started.port))
  running.stop(data)
}, 180_000)

afterAll(() => {
  running?.stopAll()
  if (folder) rmSync(folder, { recursive: true, force: true })
  found?.discard()
})

const fileOf = (name: string): string => join(repo, 'wal', readdirSync(join(repo, 'wal'))[0]!, name.slice(0, 8), name)
/** The start of a segment, as an LSN. */
const startOf = (name: string): string =>
  lsnText((BigInt(`0x${name.slice(8, 16)}`) << 32n) + BigInt(Number.parseInt(name.slice(16), 16)) * BigInt(SEGMENT))

interface Said {
  /** Windows: timeline, where it ends, whether it is well. */
  readonly windows: readonly (readonly [timeline: number, end: string, state: string])[]
  readonly problems: string
  readonly codes: readonly (number | null)[]
  readonly status: string
  readonly verified: string
  readonly planned: string
}

const plan = (...more: string[]): Promise<Outcome> =>
  arxdb('restore', 'plan', '--to', 'latest', '--into', join(folder, 'restored'), '--json', ...more)

async function said(...planArgs: string[]): Promise<Said> {
  const [status, verified, planned] = await Promise.all([
    arxdb('wal', 'status', '--no-server', '--json'),
    arxdb('backup', 'verify', label, '--level', '3', '--no-record', '--json'),
    plan(...planArgs),
  ])
  const rows = JSON.parse(status.stdout) as {
    what: string
    state: string
    timeline: number
    last: string
    first: string
    detail: string | null
  }[]
  return {
    windows: rows
      .filter(({ what }) => what === 'window')
      .map(({ timeline, last, state }) => [timeline, last, state] as const),
    problems: rows.flatMap(({ state, detail, first }) => (state === 'problem' ? [detail ?? first] : [])).join('\n'),
    codes: [status, verified, planned].map(({ code }) => code),
    ...{ status: status.stdout + status.stderr, verified: verified.stdout, planned: planned.stdout },
  }
}

/** Harms a copy's original and puts it back. */
async function harmed(name: string, harm: (file: string) => void, during: () => Promise<void>): Promise<void> {
  const [file, kept] = [fileOf(name), join(folder, `kept-${name}`)]
  writeFileSync(kept, readFileSync(file))
  try {
    harm(file)
    await during()
  } finally {
    rmSync(`${file}.partial`, { force: true })
    renameSync(kept, file)
  }
}

test('26: names that roll over from FF to 00 are no gap to any of the three', async () => {
  expect(names.some((name) => name.endsWith('FF'))).toBe(true)
  expect(names.some((name) => name.endsWith('0000000100000000'))).toBe(true)
  const all = await said()
  expect(all.codes, all.status + all.verified + all.planned).toEqual([0, 0, 0])
  expect(all.windows).toHaveLength(1)
  expect(all.windows[0]![2]).toBe('ok')
})

const other = (bytes: Buffer, from: RegExp, to: string): Buffer =>
  Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1')
const harms: readonly (readonly [string, (file: string) => void, RegExp])[] = [
  ['22: a segment that is gone', (file) => rmSync(file), /is missing/],
  ['23: an empty segment', (file) => truncateSync(file), /empty/],
  ['23: a short segment', (file) => truncateSync(file, 1 << 20), /has \d+ of 16777216 bytes/],
  ['23: a segment that is .partial only', (file) => renameSync(file, `${file}.partial`), /is missing/],
  [
    '24: a segment of another cluster',
    (file) => writeFileSync(file, other(readFileSync(file), /system=\d+/, 'system=7000000000000000001')),
    /it is of system 7000000000000000001/,
  ],
  [
    '24: another segment under its name',
    (file) => writeFileSync(file, readFileSync(fileOf(names.at(-1)!))),
    /it holds 0000000100000001/,
  ],
]
test.each(harms)('%s: the three agree where it ends, and name it', async (_, harm, why) => {
  const middle = names.at(-3)!
  await harmed(middle, harm, async () => {
    const all = await said()
    expect(all.codes, all.status + all.verified + all.planned).toEqual([3, 3, 3])
    expect(all.windows).toEqual([[1, startOf(middle), 'problem']])
    for (const text of [all.problems, all.verified]) {
      expect(text).toContain(middle)
      expect(text).toMatch(why)
    }
    expect(all.planned).toContain(`segment ${middle} is missing; nothing behind ${startOf(middle)} can be reached`)
    if (!why.source.includes('missing')) expect(all.planned).toMatch(why)
  })
})

test('23: the last segment short: it is no end of the archive to any of the three', async () => {
  const last = names.at(-1)!
  await harmed(
    last,
    (file) => truncateSync(file, 5000),
    async () => {
      const all = await said()
      expect(all.codes, all.status + all.verified + all.planned).toEqual([3, 3, 3])
      expect(all.windows).toEqual([[1, startOf(last), 'problem']])
      for (const text of [all.problems, all.verified, all.planned]) expect(text).toContain(last)
    },
  )
})

test('23: a flipped byte in a segment is found where all of it is read', async () => {
  const middle = names.at(-3)!
  const flip = (file: string): void => {
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(file, bytes)
  }
  await harmed(middle, flip, async () => {
    const verified = await arxdb('backup', 'verify', label, '--level', '3', '--no-record', '--json')
    expect(verified, verified.stderr).toMatchObject({ code: 3 })
    expect(verified.stdout).toContain(`${middle}: its content is not what was archived`)
    const status = await arxdb('wal', 'status', '--no-server', '--check', '--json')
    expect(status).toMatchObject({ code: 3 })
    expect(JSON.parse(status.stdout)[0]).toMatchObject({ what: 'window', state: 'problem', last: startOf(middle) })
  })
})

test('25: a gap that is acknowledged raises no alarm any more, and is no less a gap', async () => {
  const middle = names.at(-3)!
  await harmed(
    middle,
    (file) => truncateSync(file),
    async () => {
      expect((await arxdb('wal', 'status', '--no-server', '--ack', names.at(-2)!)).code).toBe(2)
      expect(await arxdb('wal', 'status', '--no-server', '--ack', middle)).toMatchObject({ code: 0 })
      try {
        const all = await said()
        expect(all.codes, all.status + all.verified + all.planned).toEqual([0, 0, 3])
        expect(all.windows).toEqual([[1, startOf(middle), 'known']])
        // Another one is told all the same.
        const next = names.at(-2)!
        await harmed(
          next,
          (file) => rmSync(file),
          async () => {
            const more = await said()
            expect(more.codes).toEqual([3, 3, 3])
            expect(more.verified).toContain(next)
          },
        )
      } finally {
        rmSync(join(repo, 'wal-gaps'), { recursive: true })
      }
    },
  )
})

test('20: WAL in plain where encryption is required fails at level 3', async () => {
  writeFileSync(join(home, 'arxdb.json'), JSON.stringify({ backup: { encrypt: true } }))
  try {
    // The backup itself is encrypted, as it should be.
    expect(await arxdb('backup', 'verify', label, '--level', '1', '--no-record')).toMatchObject({ code: 0 })
    const ended = await arxdb('backup', 'verify', label, '--level', '3', '--no-record', '--json')
    expect(ended).toMatchObject({ code: 3 })
    expect(ended.stdout).toContain('lies there in plain, and encryption is required')
  } finally {
    rmSync(join(home, 'arxdb.json'))
  }
})

test('26, 25: a promotion is no gap; without its history, with a damaged one, with a gap behind it all three say so', async () => {
  writeFileSync(join(data, 'standby.signal'), '')
  running.own(join(data, 'standby.signal'))
  const standby = { restore_command: 'false', hot_standby: 'on', wal_retrieve_retry_interval: '100ms' }
  const promoting = running.startServer(data, { ...settings, ...standby })
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    try {
      running.pg('pg_ctl', ['-D', data, '-w', 'promote'])
      break
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
  const { port } = await promoting
  const later: string[] = []
  for (let n = 0; n < 3; n++) later.push(await archived(port))
  running.stop(data)
  expect(later[0]).toMatch(/^00000002/)
  const whole = await said()
  expect(whole.codes, whole.status + whole.verified + whole.planned).toEqual([0, 0, 0])
  expect(whole.windows.map(([timeline, , state]) => [timeline, state])).toEqual([
    [1, 'ok'],
    [2, 'ok'],
  ])
  expect((await said('--timeline', '2')).codes).toEqual([0, 0, 0])

  const history = '00000002.history'
  const lost: readonly (readonly [(file: string) => void, RegExp])[] = [
    [(file) => rmSync(file), /00000002\.history is missing/],
    [(file) => truncateSync(file), /00000002\.history is missing/],
    [
      (file) => writeFileSync(file, other(readFileSync(file), /\n1\t/, '\n9\t')),
      /00000002\.history: its content is not what was archived/,
    ],
  ]
  for (const [harm, why] of lost) {
    await harmed(history, harm, async () => {
      const all = await said()
      expect(all.codes.slice(0, 2), all.status + all.verified).toEqual([3, 3])
      expect(all.windows.map(([timeline]) => timeline)).toEqual([1])
      expect(all.problems).toMatch(why)
      expect(all.verified).toContain('00000002.history is missing')
      expect(all.planned).toContain('nobody can tell where it branched off')
      expect((await plan('--timeline', '2')).code).toBe(6)
    })
  }
  await harmed(
    later[1]!,
    (file) => rmSync(file),
    async () => {
      const all = await said('--timeline', '2')
      expect(all.codes, all.verified).toEqual([3, 3, 3])
      expect(all.windows.map(([timeline, , state]) => [timeline, state])).toEqual([
        [1, 'ok'],
        [2, 'problem'],
      ])
      for (const text of [all.problems, all.verified, all.planned]) expect(text).toContain(later[1])
    },
  )
})
