import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readObject } from '../../src/backup/objects.ts'
import { openRepository, type Repository } from '../../src/backup/repository.ts'
import { ensureKey, type Key } from '../../src/backup/sealing/keys.ts'
import { type Seal, sealed } from '../../src/backup/sealing/seal.ts'

const LABEL = '20260101T000000Z-copy-00000a'
let folder: string
let repository: Repository
let key: Key

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arxdb-objects-'))
  repository = await openRepository({ repo: folder, s3: {} }, 'make')
  key = (await ensureKey(join(folder, '../', `${folder.split('/').pop()}.key`))).key
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(`${folder}.key`, { force: true })
})

const seals: readonly (readonly Seal[])[] = [[], ['gzip'], ['zstd'], ['age'], ['gzip', 'age'], ['zstd', 'age']]
let names = 0

/** Stores `bytes` sealed, after `harm` to them; the manifest's entry is that of the unharmed ones. */
async function stored(bytes: Buffer, sealedBy: readonly Seal[], harm: (whole: Buffer) => Buffer) {
  const whole = await buffer(await sealed(Readable.from([bytes]), sealedBy, key))
  const name = `part-${names++}`
  await repository.store.put(`backups/${LABEL}/${name}`, harm(whole))
  const sha256 = createHash('sha256').update(whole).digest('hex')
  return { name, bytes: whole.length, sha256, sealed: sealedBy }
}

const read = async (object: Awaited<ReturnType<typeof stored>>, unchecked = false) =>
  buffer(await readObject(repository, LABEL, object, key, { unchecked }))

test.each(seals.map((list) => [list.join('+') || 'plain', list] as const))(
  '%s: what was stored is read',
  async (_, list) => {
    for (const size of [0, 1, 65_536, 300_000]) {
      const bytes = randomBytes(size)
      expect((await read(await stored(bytes, list, (whole) => whole))).equals(bytes)).toBe(true)
    }
  },
)

const flipped = (whole: Buffer): Buffer => {
  const copy = Buffer.from(whole)
  copy[Math.floor(copy.length / 2)]! ^= 0x10
  return copy
}
const harms: Readonly<Record<string, (whole: Buffer) => Buffer>> = {
  'cut to 40 %': (whole) => whole.subarray(0, Math.floor(whole.length * 0.4)),
  'cut to 98 %': (whole) => whole.subarray(0, Math.floor(whole.length * 0.98)),
  'cut by one byte': (whole) => whole.subarray(0, -1),
  emptied: () => Buffer.alloc(0),
  flipped,
  'longer than it was': (whole) => Buffer.concat([whole, Buffer.alloc(70_000, 7)]),
}

test.each(seals.flatMap((list) => Object.keys(harms).map((harm) => [list.join('+') || 'plain', harm, list] as const)))(
  '%s, %s: reading it ends with an error that names the object',
  async (_, harm, list) => {
    const object = await stored(randomBytes(300_000), list, harms[harm]!)
    const error = await read(object).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'object-damaged', message: expect.stringContaining(object.name) })
  },
)

test('unchecked, the bytes are passed on as they are', async () => {
  const bytes = randomBytes(1000)
  const object = await stored(bytes, [], flipped)
  expect((await read(object, true)).equals(flipped(bytes))).toBe(true)
})

test('for another key, and without one', async () => {
  const object = await stored(randomBytes(1000), ['age'], (whole) => whole)
  const other = (await ensureKey(join(folder, 'other.key'))).key
  await expect(readObject(repository, LABEL, object, other)).rejects.toMatchObject({ code: 'key-wrong' })
  await expect(readObject(repository, LABEL, object, undefined)).rejects.toMatchObject({ code: 'key-absent' })
})
