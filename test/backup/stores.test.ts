// What every store promises, asked of a folder and of S3.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openRepository } from '../../src/backup/repository.ts'
import { directoryStore } from '../../src/backup/stores/directory.ts'
import { ObjectAbsent, ObjectExists, RemovalRefused } from '../../src/backup/stores/outcomes.ts'
import { s3Store } from '../../src/backup/stores/s3.ts'
import type { Store } from '../../src/backup/stores/store.ts'
import { behind, type WayToS3 } from '../faults/harness/s3-proxy.ts'
import { type Moto, motoReason, startMoto } from '../servers/moto.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-stores-'))
let moto: Moto | undefined
let proxy: WayToS3 | undefined
let raw: S3Client | undefined
/** Whether the server honours If-Match on a write. */
let matches = false
let made = 0
const noMoto = motoReason()

beforeAll(async () => {
  if (noMoto) return
  moto = await startMoto()
  Object.assign(process.env, moto.env)
  await moto.bucket('stores')
  proxy = await behind(moto.endpoint)
  raw = moto.client()
  const probe = { Bucket: 'stores', Key: 'probe' }
  await raw.send(new PutObjectCommand(probe))
  matches = await raw.send(new PutObjectCommand({ ...probe, IfMatch: '"other"' })).then(
    () => false,
    () => true,
  )
})
afterAll(() => {
  raw?.destroy()
  proxy?.close()
  moto?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const s3 = (prefix: string) => s3Store(`s3://stores/${prefix}`, { endpoint: proxy!.endpoint, pathStyle: true })

const KINDS = {
  directory: async () => {
    const place = join(folder, `d${made++}`)
    mkdirSync(place)
    return directoryStore(place)
  },
  s3: () => s3(`p${made++}`),
} as const

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const all = async (source: Readable): Promise<Buffer> => Buffer.concat(await source.toArray())

/** An object there by the shortest way: none of what a store does for safety is asked of it. */
async function fill({ kind, where }: Store, key: string): Promise<void> {
  if (kind === 's3')
    await raw!.send(new PutObjectCommand({ Bucket: 'stores', Key: `${where.split('/').at(-1)}/${key}` }))
  else {
    mkdirSync(dirname(join(where, key)), { recursive: true })
    writeFileSync(join(where, key), key)
  }
}

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('a store in %s', (kind) => {
  const here = kind === 's3' && noMoto ? test.skip : test
  if (kind === 's3' && noMoto) test.skip(`skipped: ${noMoto}`, () => {})
  let store: Store
  beforeEach(async () => {
    if (kind === 's3' && noMoto) return
    store = await KINDS[kind]()
    return () => store.close()
  })

  here('gives back what it was given, small, empty and of many parts', async () => {
    for (const bytes of [randomBytes(10), Buffer.alloc(0), randomBytes(40 << 20)]) {
      const key = `a/${bytes.length}`
      const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
        bytes.subarray(i * 65_536, (i + 1) * 65_536),
      )
      expect(await store.put(key, Readable.from(chunks, { objectMode: false }))).toEqual({
        bytes: bytes.length,
        sha256: sha256(bytes),
      })
      expect(sha256(await all(await store.get(key)))).toBe(sha256(bytes))
      expect(await store.stat(key)).toMatchObject({ key, bytes: bytes.length })
      expect((await store.read(key, { first: 4 })).equals(bytes.subarray(0, 4))).toBe(true)
    }
  })

  here('never replaces unless it is told to', async () => {
    await store.put('k', Buffer.from('one'))
    await expect(store.put('k', Buffer.from('two'))).rejects.toBeInstanceOf(ObjectExists)
    await expect(store.put('k', Readable.from([Buffer.from('three')]))).rejects.toBeInstanceOf(ObjectExists)
    const large = Readable.from(Array.from({ length: 20 }, () => randomBytes(1 << 20)))
    await expect(store.put('k', large)).rejects.toBeInstanceOf(ObjectExists)
    expect((await store.read('k')).toString()).toBe('one')
    await store.put('k', Buffer.from('four'), { replace: true })
    expect((await store.read('k')).toString()).toBe('four')
  })

  here('lets one of many writers win, and the others know', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, i) => store.put('race', Buffer.from(`writer ${i}`))),
    )
    const won = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [i] : []))
    expect(won).toHaveLength(1)
    expect((await store.read('race')).toString()).toBe(`writer ${won[0]}`)
  })

  here('begins for one of many, and sets nothing where it compares ill', async () => {
    const begun = await Promise.all(
      Array.from({ length: 5 }, (_, i) => store.swap('lease', undefined, Buffer.from(`a${i}`))),
    )
    expect(begun.filter(Boolean)).toHaveLength(1)
    const first = await store.read('lease')
    expect(await store.swap('lease', Buffer.from('other'), Buffer.from('b'))).toBe(false)
    expect(await store.swap('gone', Buffer.from('x'), Buffer.from('y'))).toBe(false)
    expect(await store.swap('lease', first, Buffer.from('b'))).toBe(true)
    expect((await store.read('lease')).toString()).toBe('b')
  })

  here('replaces for one of many', async (context) => {
    if (kind === 's3' && !matches) return context.skip("this moto_server ignores If-Match: Debian's 5.1.1 does")
    const first = Buffer.from('first')
    await store.put('lease', first)
    const next = await Promise.all(
      Array.from({ length: 5 }, (_, i) => store.swap('lease', first, Buffer.from(`b${i}`))),
    )
    expect(next.filter(Boolean).length).toBe(1)
  })

  here('says absent only of objects that are', async () => {
    expect(await store.stat('nothing')).toBeUndefined()
    await expect(store.read('nothing')).rejects.toBeInstanceOf(ObjectAbsent)
    await expect(store.get('no/thing')).rejects.toBeInstanceOf(ObjectAbsent)
    await store.remove('nothing')
  })

  here(
    'lists all of it in order, page after page',
    async () => {
      const keys = Array.from({ length: 1_050 }, (_, i) => `many/${String(i % 7)}/${String(i).padStart(5, '0')}`)
      for (let i = 0; i < keys.length; i += 50) {
        await Promise.all(keys.slice(i, i + 50).map((key) => fill(store, key)))
      }
      await store.put('many.txt', Buffer.from('no part of it'))
      expect((await store.list('many/')).map(({ key }) => key)).toEqual([...keys].sort())
      expect(await store.list('none/')).toEqual([])
      expect((await store.list('')).length).toBe(1_051)
      expect(await Promise.all(['', 'many/', 'none/', 'man/'].map((prefix) => store.holds(prefix)))).toEqual([
        ...[true, true, false, false],
      ])
    },
    120_000,
  )

  here('publishes nothing of a body that breaks', async () => {
    async function* cut() {
      yield randomBytes(20 << 20)
      throw new Error('the source broke')
    }
    await expect(store.put('cut', Readable.from(cut()))).rejects.toMatchObject({
      detail: expect.stringMatching(/the source broke/),
    })
    expect(await store.stat('cut')).toBeUndefined()
    const stop = new AbortController()
    async function* endless() {
      for (let i = 0; i < 200; i++) {
        if (i === 60) stop.abort()
        yield randomBytes(1 << 20)
      }
    }
    await expect(store.put('stopped', Readable.from(endless()), { signal: stop.signal })).rejects.toThrow()
    expect(await store.stat('stopped')).toBeUndefined()
    expect(await store.list('')).toEqual([])
  })

  here('forgets what was removed, also between two lists', async () => {
    for (const key of ['a/1', 'a/2', 'a/3']) await store.put(key, Buffer.from(key))
    // Whole or an error: what is in it was there, and nothing else is missing.
    const listing = store.list('a/').then(
      (found) => found.map(({ key }) => key),
      () => ['a/1', 'a/3'],
    )
    await store.remove('a/2')
    const seen = await listing
    expect(seen.filter((key) => key !== 'a/2')).toEqual(['a/1', 'a/3'])
    expect((await store.list('a/')).map(({ key }) => key)).toEqual(['a/1', 'a/3'])
    await expect(store.read('a/2')).rejects.toBeInstanceOf(ObjectAbsent)
    await store.put('a/2', Buffer.from('again'))
    expect((await store.read('a/2')).toString()).toBe('again')
  })

  here('is begun once, and never where others keep files', async () => {
    if (kind === 's3') {
      const address = { repo: `s3://stores/r${made++}`, s3: { endpoint: proxy!.endpoint, pathStyle: true } }
      await expect(openRepository(address, 'must exist')).rejects.toMatchObject({ code: 'no-repository' })
      const ids = await Promise.all(Array.from({ length: 3 }, async () => (await openRepository(address, 'make')).id))
      expect(new Set(ids).size).toBe(1)
      return
    }
    const place = join(folder, 'foreign')
    mkdirSync(place)
    writeFileSync(join(place, 'thesis.doc'), 'x')
    await expect(openRepository({ repo: place, s3: {} }, 'make')).rejects.toMatchObject({ code: 'repository-foreign' })
    await expect(openRepository({ repo: join(folder, 'unmounted'), s3: {} }, 'make')).rejects.toMatchObject({
      code: 'repository-absent',
    })
  })
})

describe('a folder', () => {
  const place = (): string => mkdtempSync(join(folder, 'f'))

  test('shows nothing of a writer that was killed, and is swept', async () => {
    const root = place()
    const source = new URL('../../src/backup/stores/directory.ts', import.meta.url).pathname
    const script = join(root, '..', 'writer.mjs')
    await build({ entryPoints: [source], bundle: true, format: 'esm', platform: 'node', outfile: script })
    const program = `
      import { Readable } from 'node:stream'
      import { directoryStore } from '${script}'
      async function* endless() { for (;;) { process.stdout.write('.'); yield Buffer.alloc(1 << 20) } }
      await (await directoryStore('${root}')).put('a/b', Readable.from(endless()))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for (let seen = 0; seen < 5; ) seen += ((await once(child.stdout, 'data'))[0] as Buffer).length
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await directoryStore(root)
    expect(await store.list('')).toEqual([])
    expect(await store.stat('a/b')).toBeUndefined()
    expect(await store.sweep(60_000)).toBe(0)
    expect(await store.sweep(0)).toBe(1)
    expect(readdirSync(join(root, '.arxdb-tmp'))).toEqual([])
  })

  test('keeps a folder in which something is still written, however old it is itself', async () => {
    const root = place()
    const making = join(root, '.arxdb-tmp', 'making')
    mkdirSync(making, { recursive: true })
    writeFileSync(join(making, 'base.tar'), 'x')
    utimesSync(making, 1_000, 1_000)
    const store = await directoryStore(root)
    expect(await store.sweep(60_000)).toBe(0)
    utimesSync(join(making, 'base.tar'), 1_000, 1_000)
    expect(await store.sweep(60_000)).toBe(1)
  })

  test('of which one writer fills a folder while others empty it loses nothing, and keeps no empty one', async () => {
    const root = place()
    const store = await directoryStore(root)
    const work = async (name: string): Promise<void> => {
      for (let n = 0; n < 150; n++) {
        const key = `backups/label/parts/${name}${n}`
        await store.put(key, Buffer.from(name))
        expect((await store.read(key)).toString()).toBe(name)
        await store.remove(key)
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(work))
    expect(readdirSync(join(root, 'backups'))).toEqual([])
    await store.put('backups/label/parts/last', Buffer.from('x'))
    await store.remove('backups/label/other/none')
    expect(readdirSync(join(root, 'backups'))).toEqual(['label'])
  })

  test('that goes away holds nothing and lacks nothing', async () => {
    const root = place()
    const store = await directoryStore(root)
    await store.put('k', Buffer.from('x'))
    renameSync(root, `${root}-unmounted`)
    mkdirSync(root)
    for (const asked of [() => store.stat('k'), () => store.read('k'), () => store.get('k'), () => store.list('')]) {
      await expect(asked()).rejects.toMatchObject({ code: 'repository-absent', exit: 4 })
    }
  })

  test('passes by a swap whose process died in it, once', async () => {
    const root = place()
    const store = await directoryStore(root)
    await store.put('k', Buffer.from('old'))
    writeFileSync(join(root, 'k.swap'), 'of a dead one')
    expect(await store.swap('k', Buffer.from('old'), Buffer.from('new'))).toBe(false)
    utimesSync(join(root, 'k.swap'), 1_000, 1_000)
    const swaps = await Promise.all([1, 2, 3].map((i) => store.swap('k', Buffer.from('old'), Buffer.from(`new ${i}`))))
    expect(swaps.filter(Boolean)).toHaveLength(1)
    expect((await store.list('')).map(({ key }) => key)).toEqual(['k'])
    expect(readdirSync(root).sort()).toEqual(['.arxdb-tmp', 'k'])
  })

  test('that is full says so, and shows nothing of what did not fit', async (context) => {
    if (process.geteuid?.() !== 0) return context.skip('needs root, for a small file system')
    const root = place()
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', root])
    if (mounted.status !== 0) return context.skip('no mount here')
    onTestFinished(() => void spawnSync('umount', [root]))
    const store = await directoryStore(root)
    await store.put('fits', randomBytes(1 << 20))
    const large = Readable.from(Array.from({ length: 6 }, () => randomBytes(1 << 20)))
    await expect(store.put('large', large)).rejects.toMatchObject({ code: 'disk-full' })
    expect((await store.list('')).map(({ key }) => key)).toEqual(['fits'])
    expect(readdirSync(join(root, '.arxdb-tmp'))).toEqual([])
    await store.put('fits too', randomBytes(1 << 20))
  })

  test('that may not be written lets nothing go', async (context) => {
    if (process.geteuid?.() !== 0) return context.skip('needs root, for a read-only file system')
    const root = place()
    const store = await directoryStore(root)
    await store.put('k', Buffer.from('x'))
    if (spawnSync('mount', ['--bind', root, root]).status !== 0) return context.skip('no mount here')
    onTestFinished(() => void spawnSync('umount', [root]))
    expect(spawnSync('mount', ['-o', 'remount,ro,bind', root]).status).toBe(0)
    await expect((await directoryStore(root)).remove('k')).rejects.toBeInstanceOf(RemovalRefused)
  })
})
