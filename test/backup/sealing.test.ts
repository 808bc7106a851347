// What is compressed and encrypted comes back as it was, or not at all.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureKey, findKey, type Key, sameMac } from '../../src/backup/sealing/keys.ts'
import { compressionHere, type Seal, sealed, unsealed } from '../../src/backup/sealing/seal.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-sealing-'))
let key: Key
let other: Key
beforeAll(async () => {
  key = (await ensureKey(join(folder, 'a', 'backup.key'))).key
  other = (await ensureKey(join(folder, 'b', 'backup.key'))).key
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
const zstd = has('zstd')
const WAYS: readonly (readonly Seal[])[] = [[], ['gzip'], ['age'], ['gzip', 'age'], ['zstd'], ['zstd', 'age']]
const here = WAYS.filter((seals) => zstd || !seals.includes('zstd'))
const named = here.map((seals) => [seals.join(' and ') || 'nothing', seals] as const)

const whole = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray())
const seal = async (bytes: Buffer, seals: readonly Seal[], by = key) =>
  whole(await sealed(Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false }), seals, by))
const unseal = async (bytes: Buffer, seals: readonly Seal[], by: Key | undefined = key) =>
  whole(await unsealed(Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false }), seals, by))

/** Half of it text, half of it noise, so that there is something to compress. */
const sample = (bytes: number): Buffer =>
  Buffer.concat([randomBytes(bytes >> 1), Buffer.alloc(bytes >> 1, '2026-11-25,BTC/USDT,91234.5\n')])

describe.each(named)('under %s', (_name, seals) => {
  test('bytes come back as they were', async () => {
    const bytes = fc.uint8Array({ maxLength: 200_000, size: 'max' })
    await fc.assert(
      fc.asyncProperty(bytes, async (array) => {
        const plain = Buffer.from(array)
        expect((await unseal(await seal(plain, seals), seals)).equals(plain)).toBe(true)
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  test.skipIf(seals.length === 0)(
    'what is cut or flipped is no shorter or other content',
    async () => {
      const plain = sample(400_000)
      const good = await seal(plain, seals)
      for (const at of [0, 1, 20, good.length >> 1, good.length - 1]) {
        await expect(unseal(good.subarray(0, at), seals), `cut to ${at}`).rejects.toThrow()
      }
      for (let i = 0; i < 20; i++) {
        const bad = Buffer.from(good)
        bad[Math.floor((bad.length * (i + 0.5)) / 20)]! ^= 1 << (i % 8)
        await expect(unseal(bad, seals), `flipped ${i}`).rejects.toThrow()
      }
    },
    60_000,
  )

  test('a source that breaks breaks it', async () => {
    async function* breaking() {
      yield sample(100_000)
      throw new Error('the disk broke')
    }
    await expect(sealed(Readable.from(breaking()), seals, key).then(whole)).rejects.toThrow('the disk broke')
    const missing = createReadStream(join(folder, 'nothing here'))
    await expect(sealed(missing, seals, key).then(whole)).rejects.toThrow(/ENOENT/)
    const good = await seal(sample(1_000_000), seals)
    async function* half() {
      yield good.subarray(0, good.length >> 1)
      throw new Error('the line broke')
    }
    const reading = unsealed(Readable.from(half()), seals, key).then(whole)
    await expect(reading).rejects.toThrow('the line broke')
  })
})

test('another key, and none, are told as such', async () => {
  const bytes = await seal(Buffer.from('secret'), ['age'])
  expect(bytes.includes('secret')).toBe(false)
  await expect(unseal(bytes, ['age'], other)).rejects.toMatchObject({ code: 'key-wrong' })
  await expect(unsealed(Readable.from([bytes]), ['age'], undefined)).rejects.toMatchObject({ code: 'key-absent' })
  await expect(unseal(Buffer.from('in the clear'), ['age'])).rejects.toThrow()
})

test.skipIf(!has('age'))("age's own program reads what was encrypted here", async () => {
  const bytes = await seal(Buffer.from('by hand'), ['age'])
  expect(execFileSync('age', ['-d', '-i', key.file], { input: bytes }).toString()).toBe('by hand')
})

test('where there is no zstd, gzip is taken, and what needs zstd says so', async () => {
  expect(await compressionHere('none')).toEqual([])
  expect(await compressionHere('gzip')).toEqual(['gzip'])
  const script = `
    import { compressionHere, unsealed } from '${new URL('../../src/backup/sealing/seal.ts', import.meta.url).pathname}'
    import zlib from 'node:zlib'
    import { Readable } from 'node:stream'
    console.log(JSON.stringify(await compressionHere('zstd')))
    const stream = await unsealed(Readable.from([Buffer.from('x')]), ['zstd'])
    await stream.toArray().catch((error) => console.log(error.code))`
  const { build } = await import('esbuild')
  const outfile = join(folder, 'zstd.mjs')
  await build({
    stdin: { contents: script, resolveDir: folder },
    ...{ bundle: true, format: 'esm', platform: 'node', external: ['age-encryption'], outfile },
  })
  const env = { PATH: '/nowhere' }
  const said = execFileSync(process.execPath, [outfile], { env, encoding: 'utf8' }).trim().split('\n')
  expect(said).toEqual(
    'createZstdCompress' in (await import('node:zlib')) ? ['["zstd"]', expect.any(String)] : ['["gzip"]', 'no-zstd'],
  )
})

test('300 MB go through in little memory', async () => {
  const script = `
    import { sealed, unsealed } from '${new URL('../../src/backup/sealing/seal.ts', import.meta.url).pathname}'
    import { findKey } from '${new URL('../../src/backup/sealing/keys.ts', import.meta.url).pathname}'
    import { randomBytes } from 'node:crypto'
    import { Readable } from 'node:stream'
    const key = await findKey('${key.file}')
    const text = Buffer.alloc(1 << 19, '2026-11-25,BTC/USDT,91234.5')
    // More of it than any window of a compressor at these levels.
    const blocks = Array.from({ length: 16 }, () => Buffer.concat([randomBytes(1 << 19), text]))
    for (const seals of ${JSON.stringify(here.slice(1))}) {
      const began = performance.now()
      async function* source() { for (let i = 0; i < 300; i++) yield blocks[i % 16] }
      let bytes = 0
      const there = await sealed(Readable.from(source(), { objectMode: false }), seals, key)
      for await (const chunk of await unsealed(there, seals, key)) bytes += chunk.length
      if (bytes !== 300 << 20) throw new Error(bytes + ' bytes came back')
      console.log(seals.join('+'), Math.round(300 / ((performance.now() - began) / 1000)), 'MB/s there and back,',
        Math.round(process.resourceUsage().maxRSS / 1024), 'MB at most')
    }`
  const { build } = await import('esbuild')
  const outfile = new URL('../../dist/sealing-child.js', import.meta.url).pathname
  await build({
    stdin: { contents: script, resolveDir: folder },
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outfile,
  })
  const said = execFileSync(process.execPath, [outfile], { encoding: 'utf8' }).trim().split('\n')
  rmSync(outfile)
  for (const line of said) process.stderr.write(`  ${line}\n`)
  expect(said).toHaveLength(here.length - 1)
  expect(Math.max(...said.map((line) => Number(/(\d+) MB at most/.exec(line)![1])))).toBeLessThan(250)
}, 120_000)

describe('the key', () => {
  test('is made once, for its owner alone, whoever is first', async () => {
    const file = join(folder, 'deep', 'er', 'backup.key')
    const keys = await Promise.all([1, 2, 3, 4].map(() => ensureKey(file)))
    expect(new Set(keys.map((made) => made.key.id)).size).toBe(1)
    expect(keys.filter(({ made }) => made)).toHaveLength(1)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await findKey(file))!.identity).toBe(keys[0]!.key.identity)
  })

  test('is absent, unreadable, or none at all', async () => {
    expect(await findKey(join(folder, 'none.key'))).toBeUndefined()
    const file = join(folder, 'text.key')
    writeFileSync(file, 'no key\n')
    await expect(findKey(file)).rejects.toMatchObject({ code: 'key-invalid' })
    await expect(ensureKey(file)).rejects.toMatchObject({ code: 'key-invalid' })
    await expect(findKey(folder)).rejects.toMatchObject({ code: 'key-unreadable' })
    chmodSync(file, 0o600)
  })

  test('of two files have other names and other MACs, and neither tells the secret', async () => {
    expect(key.id).not.toBe(other.id)
    expect(sameMac(key.mac('text'), other.mac('text'))).toBe(false)
    expect(sameMac(key.mac('text'), key.mac('text'))).toBe(true)
    expect(sameMac(key.mac('text'), '')).toBe(false)
    expect(key.identity).not.toContain(key.id)
    expect(createHash('sha256').update(key.identity).digest('hex')).not.toContain(key.id)
  })
})
