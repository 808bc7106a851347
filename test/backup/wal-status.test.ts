// What an archive with something wrong in it is reported as.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { manifestKey, signed } from '../../src/backup/catalogue.ts'
import type { Manifest } from '../../src/backup/manifest.ts'
import { openRepository, type Repository } from '../../src/backup/repository.ts'
import { ensureKey, type Key } from '../../src/backup/sealing/keys.ts'
import { readArchive } from '../../src/backup/wal/archive.ts'
import { checkWal } from '../../src/backup/wal/continuous.ts'
import { lsnText, walKey } from '../../src/backup/wal/names.ts'
import { pushFile } from '../../src/backup/wal/push.ts'
import { type StatusTask, walStatus } from '../../src/backup/wal/status.ts'
import { dataDirectory, nameOf, ready, SEGMENT, SYSTEM, type Wanted } from './wal-files.ts'

let folder: string
let repo: string
let data: string
let repository: Repository
let key: Key
const signal = new AbortController().signal

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-status-'))
  repo = mkdtempSync(join(folder, 'repo-'))
  data = dataDirectory(join(folder, 'data'))
  repository = await openRepository({ repo, s3: {} }, 'make')
  key = (await ensureKey(join(folder, 'key'))).key
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function push(path: string): Promise<void> {
  await pushFile(path, {
    settings: { repo, s3: {}, compression: 'none', encrypt: false },
    ...{ key: async () => key, acknowledged: undefined, batch: false, signal },
  })
}

const archive = async (wanted: Wanted): Promise<void> => push(join(data, 'pg_wal', ready(data, wanted)))

async function archiveAll(timeline: number, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number++) await archive({ number, timeline })
}

async function history(timeline: number, lines: string): Promise<void> {
  const file = join(data, 'pg_wal', `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`)
  writeFileSync(file, lines)
  await push(file)
}

const lsn = (number: number, within = 0x28): string => lsnText(BigInt(number) * BigInt(SEGMENT) + BigInt(within))

/** A base backup that began in one segment and ended in the next. */
async function backup(number: number, timeline = 1): Promise<Manifest> {
  const label = `20261125T0000${String(number % 60).padStart(2, '0')}Z-base-000001`
  const manifest = {
    ...{ format: 1, label, kind: 'base', started: '2026-11-25T00:00:00Z', ended: '2026-11-25T00:01:00Z' },
    server: { systemId: SYSTEM },
    wal: { timeline, start: lsn(number), end: lsn(number + 1, 0x100), segmentBytes: SEGMENT },
    objects: [],
  } as unknown as Manifest
  await repository.store.put(manifestKey(label), signed(manifest, key))
  return manifest
}

const report = (more: Partial<StatusTask> = {}) =>
  walStatus({ address: { repo, s3: {} }, key, connection: undefined, ...more })

const states = async (more: Partial<StatusTask> = {}) =>
  (await report(more)).rows.map(({ what, state, first, last }) => [what, state, first, last])

const object = (wanted: Wanted): string => join(repo, walKey(SYSTEM, nameOf(wanted)))

/** Around the place where a name rolls over. */
const ROLL = 4090

test('an archive without a gap is one range, over the roll-over of names', async () => {
  await archiveAll(1, ROLL, ROLL + 10)
  await backup(ROLL)
  expect(await states()).toEqual([
    ['window', 'ok', lsn(ROLL + 1, 0x100), lsn(ROLL + 11, 0)],
    ['range', 'ok', nameOf({ number: ROLL }), nameOf({ number: ROLL + 10 })],
  ])
})

describe('a gap', () => {
  let manifest: Manifest
  beforeEach(async () => {
    await archiveAll(1, ROLL, ROLL + 10)
    manifest = await backup(ROLL)
    rmSync(object({ number: ROLL + 5 }))
  })
  const gone = nameOf({ number: ROLL + 5 })

  test('ends the window before it, and is named', async () => {
    const { rows } = await report()
    expect(rows[0]).toMatchObject({ what: 'window', state: 'problem', last: lsn(ROLL + 5, 0) })
    expect(rows[0]!.detail).toContain(gone)
    expect(rows).toContainEqual(expect.objectContaining({ what: 'gap', state: 'problem', first: gone, segments: 1 }))
    const [found] = await readArchive(repository)
    expect(checkWal(found, manifest)).toEqual([`segment ${gone} is missing`])
    expect(checkWal(found, manifest, () => true)).toEqual([])
  })

  test('that is known is no problem any more; what is there cannot be acknowledged', async () => {
    await expect(report({ acknowledge: nameOf({ number: ROLL + 4 }) })).rejects.toThrow(/is in the archive/)
    await expect(report({ acknowledge: 'nonsense' })).rejects.toThrow(/names no segments/)
    await report({ acknowledge: gone })
    expect((await report()).rows.filter(({ state }) => state === 'problem')).toEqual([])
    rmSync(object({ number: ROLL + 7 }))
    expect((await states()).filter(([, state]) => state === 'problem')).toHaveLength(1)
  })

  test('before every backup is only noted', async () => {
    rmSync(join(repo, manifestKey(manifest.label)))
    await backup(ROLL + 7)
    expect((await states()).map(([what, state]) => [what, state])).toEqual([
      ['window', 'ok'],
      ['range', 'ok'],
      ['gap', 'note'],
      ['range', 'ok'],
    ])
  })

  test('within the backup itself is told', async () => {
    rmSync(object({ number: ROLL }))
    const [found] = await readArchive(repository)
    expect(checkWal(found, manifest)[0]).toBe(`segment ${nameOf({ number: ROLL })} of the backup itself is missing`)
  })
})

describe('a file that is no good counts as missing', () => {
  const at = { number: 5 }
  beforeEach(async () => {
    await archiveAll(1, 1, 9)
    await backup(1)
  })

  const cases: readonly (readonly [string, () => void, RegExp])[] = [
    ['empty', () => truncateSync(object(at)), /empty/],
    ['cut', () => truncateSync(object(at), 4000), /it has \d+ of 1048576 bytes/],
    ['of nobody', () => writeFileSync(object(at), 'x'.repeat(4000)), /header/],
    ['another one', () => writeFileSync(object(at), readFileSync(object({ number: 6 }))), /it holds 0{7}1/],
    [
      'of another cluster',
      () => {
        const text = readFileSync(object(at), 'latin1').replace(`system=${SYSTEM}`, 'system=7400000000000000002')
        writeFileSync(object(at), text, 'latin1')
      },
      /of system 7400000000000000002/,
    ],
  ]
  test.each(cases)('%s', async (_, spoil, told) => {
    spoil()
    const { rows } = await report()
    expect(rows[0]).toMatchObject({ what: 'window', state: 'problem', last: lsn(5, 0) })
    expect(rows.find(({ what }) => what === 'file')).toMatchObject({
      state: 'problem',
      detail: expect.stringMatching(told),
    })
  })

  test('a byte of its content is seen when all of it is read', async () => {
    const bytes = readFileSync(object(at))
    bytes[bytes.length - 7]! ^= 1
    writeFileSync(object(at), bytes)
    expect((await report()).rows[0]).toMatchObject({ state: 'ok' })
    expect((await report({ whole: true })).rows[0]).toMatchObject({ state: 'problem', last: lsn(5, 0) })
  })

  test('a stray object is told, and breaks nothing', async () => {
    writeFileSync(join(dirname(object(at)), 'notes.txt'), 'hello')
    expect((await states()).filter(([, state]) => state === 'problem')).toEqual([['file', 'problem', null, null]])
  })
})

describe('a timeline that was left', () => {
  beforeEach(async () => {
    await archiveAll(1, 1, 4)
    await backup(1)
    // It branched within segment 5, which the old timeline never filled.
    await archiveAll(2, 5, 8)
    await history(2, `1\t${lsn(5, 0x5000)}\tno recovery target specified\n`)
  })

  test('leads on without a false alarm', async () => {
    expect(await states()).toEqual([
      ['window', 'ok', lsn(2, 0x100), lsn(5, 0)],
      ['window', 'ok', lsn(2, 0x100), lsn(9, 0)],
      ['range', 'ok', nameOf({ number: 1 }), nameOf({ number: 4 })],
      ['range', 'ok', nameOf({ number: 5, timeline: 2 }), nameOf({ number: 8, timeline: 2 })],
    ])
  })

  test('and went on by itself, has both ends', async () => {
    await archiveAll(1, 5, 6)
    const windows = (await states()).filter(([what]) => what === 'window')
    expect(windows.map(([, , , last]) => last)).toEqual([lsn(7, 0), lsn(9, 0)])
  })

  test('without its history says so', async () => {
    rmSync(join(repo, walKey(SYSTEM, '00000002.history')))
    const { rows } = await report()
    expect(rows.filter(({ what }) => what === 'window')).toHaveLength(1)
    expect(rows.filter(({ state }) => state === 'problem')).toMatchObject([
      { what: 'file', timeline: 2, detail: expect.stringContaining('00000002.history is missing') },
    ])
  })

  test('lacks a segment before the branch', async () => {
    rmSync(object({ number: 4 }))
    const windows = (await report()).rows.filter(({ what }) => what === 'window')
    expect(windows.map(({ last }) => last)).toEqual([lsn(4, 0), lsn(4, 0)])
    expect(windows[1]).toMatchObject({ state: 'problem' })
  })

  test('leaves a partial segment, which fills no gap', async () => {
    const path = join(data, 'pg_wal', ready(data, { number: 5 }))
    const partial = `${path}.partial`
    writeFileSync(partial, readFileSync(path))
    await push(partial)
    expect((await report()).rows).toContainEqual(
      expect.objectContaining({ what: 'file', state: 'note', detail: expect.stringContaining('.partial') }),
    )
  })
})
