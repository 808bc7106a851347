// What a killed `wal fetch` leaves beside its target must not stop the next one.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fetchFile } from '../../src/backup/wal/fetch.ts'
import { headerLine } from '../../src/backup/wal/header.ts'
import { walKey } from '../../src/backup/wal/names.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-draft-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NAME = '000000010000000000000003'

test('a draft of the same process id, left by a call that was killed, is written over', async () => {
  const content = Buffer.alloc(1 << 20, 'wal')
  const repo = join(folder, 'repo')
  const object = join(repo, walKey('7', NAME))
  mkdirSync(dirname(object), { recursive: true })
  writeFileSync(join(repo, 'arxdb-repository.json'), '{"format":1,"id":"draft"}')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const header = { name: NAME, sha256, bytes: content.length, systemId: '7', sealed: [], at: '2026-01-01T00:00:00Z' }
  writeFileSync(object, Buffer.concat([headerLine(header), content]))

  const target = join(folder, 'RECOVERYXLOG')
  // Longer than the segment, so that a rest of it would show.
  writeFileSync(`${target}.arxdb-${process.pid}`, Buffer.alloc(3 << 20, 'old'))
  await fetchFile(NAME, target, {
    ...{ address: { repo, s3: {} }, cwd: folder, systemId: '7', signal: new AbortController().signal },
    key: async () => undefined,
  })
  expect(readFileSync(target).equals(content)).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(['RECOVERYXLOG', 'repo'])
})
