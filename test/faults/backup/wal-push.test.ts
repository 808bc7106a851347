// What is not stored, because it is not what its name says; and what is stored, sealed and brought back.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { ensureKey, type Key } from '../../../src/backup/sealing/keys.ts'
import { type Acknowledged, acknowledgements } from '../../../src/backup/wal/acknowledged.ts'
import { fetchFile } from '../../../src/backup/wal/fetch.ts'
import { hashedBefore } from '../../../src/backup/wal/hashed.ts'
import { walKey } from '../../../src/backup/wal/names.ts'
import { type PushTask, pushFile } from '../../../src/backup/wal/push.ts'
import { inspectFile } from '../../../src/backup/wal/segment-file.ts'
import { dataDirectory, nameOf, ready, SYSTEM, segment } from '../../backup/wal-files.ts'

let folder: string
let repo: string
let data: string
let key: Key
const signal = new AbortController().signal
const OTHER = '7400000000000000002'

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-push-'))
  repo = join(folder, 'repo')
  mkdirSync(repo)
  data = dataDirectory(join(folder, 'data'))
  key = (await ensureKey(join(folder, 'key'))).key
  await (await openRepository({ repo, s3: {} }, 'make')).close()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const push = (path: string, more: Partial<PushTask> & { seal?: Partial<PushTask['settings']> } = {}) =>
  pushFile(path, {
    settings: { repo, s3: {}, compression: 'none', encrypt: false, ...more.seal },
    ...{ key: async () => key, acknowledged: undefined, signal, ...more },
  })

const pathOf = (name: string): string => join(data, 'pg_wal', name)
const object = (name: string, systemId = SYSTEM): string => join(repo, walKey(systemId, name))
const write = (name: string, bytes: Buffer): string => {
  writeFileSync(pathOf(name), bytes)
  return pathOf(name)
}

describe('is not stored:', () => {
  const name = nameOf({ number: 100 })
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ['an empty file', () => write(name, Buffer.alloc(0)), /it is empty/],
    ['a short file', () => write(name, segment({ number: 100 }).subarray(0, 8192)), /it has 8192 bytes/],
    [
      'a file too long',
      () => write(name, Buffer.concat([segment({ number: 100 }), Buffer.alloc(8192)])),
      /it has \d+ bytes/,
    ],
    ['zeros', () => write(name, Buffer.alloc(1 << 20)), /does not begin as a WAL segment/],
    ["another program's file", () => write(name, segment({ number: 100, magic: 0x1234 })), /does not begin/],
    ['a recycled segment', () => write(name, segment({ number: 90 })), /belongs to another segment/],
    ['a segment of a later timeline', () => write(name, segment({ number: 100, timeline: 3 })), /of timeline 3/],
    [
      'a name that nobody archives',
      () => write('xlogtemp.123', segment({ number: 100 })),
      /no name that PostgreSQL archives/,
    ],
  ]
  test.each(cases)('%s', async (_, make, told) => {
    await expect(push(make())).rejects.toThrow(told)
    expect(readdirSync(repo)).not.toContain('wal')
  })

  test('the WAL of another cluster than the one that is named', async () => {
    const path = write(name, segment({ number: 100, systemId: OTHER }))
    await expect(push(path, { systemId: SYSTEM })).rejects.toThrow(/of system 7400000000000000002/)
  })
})

test('the same file twice is well; another of its name is refused with both checksums, and replaces nothing', async () => {
  const path = pathOf(ready(data, { number: 10 }))
  expect(await push(path)).toMatchObject({ outcome: 'stored' })
  const first = readFileSync(object(nameOf({ number: 10 })))
  expect(await push(path)).toMatchObject({ outcome: 'there' })
  writeFileSync(path, segment({ number: 10, fill: 'a clone wrote this ' }))
  const refused = await push(path).catch((error) => error)
  expect(refused).toMatchObject({ code: 'wal-differs', exit: 6, detail: expect.stringMatching(/there: .*here: /) })
  expect(readFileSync(object(nameOf({ number: 10 }))).equals(first)).toBe(true)
  // Of another cluster it is another file.
  writeFileSync(path, segment({ number: 10, systemId: OTHER }))
  expect(await push(path)).toMatchObject({ outcome: 'stored' })
})

test('two that push different files of one name at once: one is stored, the other refused', async () => {
  const [a, b] = ['a', 'b'].map((name) => {
    const other = dataDirectory(join(folder, name))
    writeFileSync(join(other, 'pg_wal', nameOf({ number: 20 })), segment({ number: 20, fill: name }))
    return join(other, 'pg_wal', nameOf({ number: 20 }))
  })
  const ended = await Promise.allSettled([push(a!), push(b!)])
  expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
})

describe('a batch', () => {
  test('takes along what waits behind, leaves the marks of the server alone, and a bad one to its own call', async () => {
    const names = [30, 31, 32, 33].map((number) => ready(data, { number }))
    writeFileSync(pathOf(names[2]!), Buffer.alloc(10))
    const marks = readdirSync(join(data, 'pg_wal/archive_status'))
    expect(await push(pathOf(names[0]!))).toMatchObject({ outcome: 'stored', along: 2 })
    expect(readdirSync(join(data, 'pg_wal/archive_status'))).toEqual(marks)
    expect(await push(pathOf(names[1]!))).toMatchObject({ outcome: 'there', along: 0 })
    await expect(push(pathOf(names[2]!))).rejects.toThrow(/it has 10 bytes/)
    expect(await push(pathOf(names[3]!))).toMatchObject({ outcome: 'there' })
  })
})

describe.each([
  ['none', false],
  ['gzip', false],
  ['zstd', false],
  ['zstd', true],
] as const)('sealed with %s, encrypted %s', (compression, encrypt) => {
  const number = 40 + ['none', 'gzip', 'zstd'].indexOf(compression) + (encrypt ? 5 : 0)
  const name = nameOf({ number })

  test('comes back as it was, and without arxdb too', async () => {
    const path = pathOf(ready(data, { number }))
    await push(path, { seal: { compression, encrypt }, batch: false })
    const target = join(data, 'pg_wal/RECOVERYXLOG')
    await fetchFile(name, target, { address: { repo, s3: {} }, key: async () => key, cwd: data, signal })
    expect(readFileSync(target).equals(readFileSync(path))).toBe(true)
    const undo = [
      encrypt ? `age -d -i ${join(folder, 'key')}` : 'cat',
      { none: 'cat', gzip: 'gzip -d', zstd: 'zstd -d -c' }[compression],
    ]
    const plain = execFileSync('sh', ['-c', `tail -n +2 ${object(name)} | ${undo.join(' | ')}`], { maxBuffer: 1 << 24 })
    expect(plain.equals(readFileSync(path))).toBe(true)
    if (!encrypt) return
    expect(readFileSync(object(name)).includes('segment')).toBe(false)
    const without = { address: { repo, s3: {} }, key: async () => undefined, cwd: data, signal }
    await expect(fetchFile(name, target, without)).rejects.toMatchObject({ code: 'key-absent', exit: 1 })
  })
})

describe('notes of what was stored', () => {
  const note = async (notes: Acknowledged, path: string) => notes.note(await inspectFile(path, undefined))

  test('hold for the file that they name, as it was, in the repository that they name', async () => {
    const path = pathOf(ready(data, { number: 60 }))
    const of = (address: string, id: string) => acknowledgements(join(folder, 'state'), address, id)
    const notes = of('s3://a/b', 'one')
    expect(await notes.has(await inspectFile(path, undefined))).toBe(false)
    await note(notes, path)
    expect(await notes.has(await inspectFile(path, undefined))).toBe(true)
    expect(await of('s3://a/c', 'one').has(await inspectFile(path, undefined))).toBe(false)
    expect(await of('s3://a/b', 'another').has(await inspectFile(path, undefined))).toBe(false)
    writeFileSync(path, segment({ number: 60, fill: 'other ' }))
    expect(await notes.has(await inspectFile(path, undefined))).toBe(false)
  })

  test('are not believed in a folder that others may write', async () => {
    const path = pathOf(ready(data, { number: 61 }))
    const notes = acknowledgements(join(folder, 'open'), 's3://a/b', 'one')
    await note(notes, path)
    execFileSync('chmod', ['-R', 'go+w', join(folder, 'open')])
    expect(await notes.has(await inspectFile(path, undefined))).toBe(false)
  })
})

describe('a digest that was noted', () => {
  test('is that of the file as it was: of one that is written, replaced or renamed it is taken anew', async () => {
    const hashed = hashedBefore(join(folder, 'hashes'))
    const path = pathOf(ready(data, { number: 70 }))
    // The kernel's change time cannot be set: it has to pass.
    await sleep(1100)
    const noted = await hashed.note(path)
    const note = join(folder, 'hashes/hashed', nameOf({ number: 70 }))
    // What the note says is believed, so a lie in it shows that it was read.
    const lie = 'f'.repeat(64)
    const lying = readFileSync(note, 'utf8').replace(noted.sha256, lie)
    writeFileSync(note, lying)
    expect((await hashed.recall(path)).sha256).toBe(lie)

    const { atime, mtime } = statSync(path)
    const changes: readonly (() => void)[] = [
      () => utimesSync(path, atime, mtime),
      () => writeFileSync(path, segment({ number: 70, fill: 'other ' })),
      () => {
        writeFileSync(`${path}.new`, readFileSync(path))
        renameSync(`${path}.new`, path)
      },
    ]
    for (const change of changes) {
      writeFileSync(note, lying)
      change()
      utimesSync(path, atime, mtime)
      const { sha256 } = await hashed.recall(path)
      expect(sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'))
    }
  })

  test('is not noted of a file that was changed a moment ago, nor believed where others may write', async () => {
    const hashed = hashedBefore(join(folder, 'fresh'))
    await hashed.note(pathOf(ready(data, { number: 71 })))
    expect(existsSync(join(folder, 'fresh'))).toBe(false)
    const path = pathOf(ready(data, { number: 72 }))
    await sleep(1100)
    const { sha256 } = await hashed.note(path)
    const note = join(folder, 'fresh/hashed', nameOf({ number: 72 }))
    writeFileSync(note, readFileSync(note, 'utf8').replace(sha256, 'f'.repeat(64)))
    execFileSync('chmod', ['-R', 'go+w', join(folder, 'fresh')])
    expect((await hashed.recall(path)).sha256).toBe(sha256)
  })
})
