// WAL out of the repository for a recovery: whatever is wrong with an object is told as damage of that object.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRepository, type Repository } from '../../src/backup/repository.ts'
import { archivedWal } from '../../src/backup/restore/wal-source.ts'
import { sealed } from '../../src/backup/sealing/seal.ts'
import { headerLine } from '../../src/backup/wal/header.ts'
import { walKey } from '../../src/backup/wal/names.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-source-'))
const [systemId, name] = ['7000000000000000001', '000000010000000000000007']
const segment = Buffer.alloc(1 << 20, 'a segment of WAL')
const signal = new AbortController().signal
let repository: Repository
let whole: Buffer
beforeAll(async () => {
  repository = await openRepository({ repo: folder, s3: {} }, 'make')
  const sha256 = createHash('sha256').update(segment).digest('hex')
  const header = {
    name,
    sha256,
    bytes: segment.length,
    systemId,
    at: '2026-01-01T00:00:00Z',
    sealed: ['gzip'] as const,
  }
  whole = Buffer.concat([headerLine(header), await buffer(await sealed(Readable.from([segment]), ['gzip'], undefined))])
})
afterAll(async () => {
  await repository?.close()
  rmSync(folder, { recursive: true })
})

const fetched = async (stored: Buffer): Promise<Buffer | undefined> => {
  await repository.store.put(walKey(systemId, name), stored, { replace: true })
  return archivedWal(repository, systemId, undefined).fetch(name, signal)
}

test('what is whole comes back as it was', async () => {
  expect((await fetched(whole))?.equals(segment)).toBe(true)
})

test.each([
  ['cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
  ['cut within its header', (bytes: Buffer) => bytes.subarray(0, 20)],
  ['without a byte', () => Buffer.alloc(0)],
  ['flipped in its compressed bytes', (bytes: Buffer) => flipped(bytes, bytes.length - 200)],
  ['flipped in its first compressed byte', (bytes: Buffer) => flipped(bytes, bytes.indexOf('\n') + 1)],
])('%s it is damaged, and named', async (_, change) => {
  await expect(fetched(change(whole))).rejects.toMatchObject({
    code: 'wal-damaged',
    message: expect.stringContaining(name),
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at]! ^= 1
  return changed
}
