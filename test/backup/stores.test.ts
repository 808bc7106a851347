// What every store promises, asked of a folder and of S3.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openRepository } from '../../src/backup/repository.ts'
import { directoryStore } from '../../src/backup/stores/directory.ts'
import { ObjectAbsent, ObjectExists } from '../../src/backup/stores/outcomes.ts'
import { s3Store } from '../../src/backup/stores/s3.ts'
import type { Store } from '../../src/backup/stores/store.ts'
import type { ArxError } from '../../src/errors.ts'
import { type Moto, motoReason, startMoto } from '../servers/moto.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-stores-'))
let moto: Moto | undefined
let made = 0
const noMoto = motoReason()

beforeAll(async () => {
  if (noMoto) return
  moto = await startMoto()
  Object.assign(process.env, moto.env)
  await moto.bucket('stores')
})
afterAll(() => {
  moto?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const s3 = (prefix: string, endpoint = moto!.endpoint) =>
  s3Store(`s3://stores/${prefix}`, { endpoint, pathStyle: true })

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

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('a store in %s', (kind) => {
  const here = kind === 's3' && noMoto ? test.skip : test
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

  here('compares and sets for one of many', async () => {
    const begun = await Promise.all(
      Array.from({ length: 5 }, (_, i) => store.swap('lease', undefined, Buffer.from(`a${i}`))),
    )
    expect(begun.filter(Boolean)).toHaveLength(1)
    const first = await store.read('lease')
    expect(await store.swap('lease', Buffer.from('other'), Buffer.from('b'))).toBe(false)
    const next = await Promise.all(
      Array.from({ length: 5 }, (_, i) => store.swap('lease', first, Buffer.from(`b${i}`))),
    )
    expect(next.filter(Boolean).length).toBe(1)
    expect(await store.swap('gone', Buffer.from('x'), Buffer.from('y'))).toBe(false)
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
        await Promise.all(keys.slice(i, i + 50).map((key) => store.put(key, Buffer.from(key))))
      }
      await store.put('many.txt', Buffer.from('no part of it'))
      expect((await store.list('many/')).map(({ key }) => key)).toEqual([...keys].sort())
      expect(await store.list('none/')).toEqual([])
      expect((await store.list('')).length).toBe(1_051)
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

  here('is begun once, and never where others keep files', async () => {
    if (kind === 's3') {
      const address = { repo: `s3://stores/r${made++}`, s3: { endpoint: moto!.endpoint, pathStyle: true } }
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
  test('shows nothing of a writer that was killed, and is swept', async () => {
    const place = join(folder, 'killed')
    mkdirSync(place)
    const script = `
      const fs = require('node:fs')
      fs.mkdirSync('${place}/.arxdb-tmp', { recursive: true })
      const f = fs.openSync('${place}/.arxdb-tmp/' + process.pid + '-dead', 'w')
      setInterval(() => { fs.writeSync(f, Buffer.alloc(1 << 20)); process.stdout.write('.') }, 1)`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await directoryStore(place)
    expect(await store.list('')).toEqual([])
    expect(await store.sweep(60_000)).toBe(0)
    expect(await store.sweep(0)).toBe(1)
    expect(readdirSync(join(place, '.arxdb-tmp'))).toEqual([])
  })
})

describe.skipIf(noMoto)('S3', () => {
  test('unfinished uploads below the prefix are ended by the next sweep', async () => {
    const client = moto!.client()
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'stores', Key: 'swept/x' }))
    const store = await s3('swept')
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'stores', Key: 'sweptnot/x' }))
    // moto gives every upload a beginning long ago, so the age cannot be tried here.
    expect(await store.sweep(0)).toBe(1)
    const left = await client.send(new ListMultipartUploadsCommand({ Bucket: 'stores', Prefix: 'swept' }))
    expect(left.Uploads).toMatchObject([{ Key: 'sweptnot/x' }])
    client.destroy()
  })

  test('a missing bucket is no absent object', async () => {
    const store = await s3Store('s3://no-such-bucket/x', { endpoint: moto!.endpoint, pathStyle: true })
    await expect(store.stat('k')).rejects.toMatchObject({ exit: 4 })
    await expect(store.read('k')).rejects.toMatchObject({ exit: 4 })
    await expect(store.list('')).rejects.toMatchObject({ exit: 4 })
  })

  test('an unreachable endpoint is told as such, without the credentials', async () => {
    const store = await s3('x', 'http://127.0.0.1:9')
    const error = await store.read('k').then(
      () => undefined,
      (thrown) => thrown as ArxError,
    )
    expect(error).toMatchObject({ exit: 4, code: 's3-unreachable' })
    expect(`${error!.message} ${error!.detail} ${error!.hint}`).not.toMatch(/not-a-secret/)
  })

  /** Stands in front of moto and answers in its place where `fault` says so. */
  async function behind(fault: (path: string, method: string, count: number) => 'pass' | number | 'cut' | 'flip') {
    let count = 0
    const server = createServer(async (request, response) => {
      const wish = fault(request.url ?? '', request.method ?? '', ++count)
      const body = Buffer.concat(await request.toArray())
      if (typeof wish === 'number') {
        const name = wish === 403 ? 'AccessDenied' : 'SlowDown'
        response.writeHead(wish, { 'content-type': 'application/xml' })
        return response.end(`<Error><Code>${name}</Code><Message>planted</Message></Error>`)
      }
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(
          ([name]) => !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name),
        ),
      )
      const real = await fetch(`${moto!.endpoint}${request.url}`, {
        ...{ method: request.method!, headers: headers as Record<string, string> },
        ...(body.length > 0 ? { body } : {}),
      })
      let answer = Buffer.from(await real.arrayBuffer())
      const told = Object.fromEntries(
        [...real.headers].filter(
          ([name]) => !['connection', 'transfer-encoding', 'content-encoding', 'date'].includes(name),
        ),
      )
      if (wish === 'flip' && answer.length > 0) answer[answer.length >> 1]! ^= 1
      response.writeHead(real.status, told)
      if (wish === 'cut') {
        response.write(answer.subarray(0, answer.length >> 1))
        return response.destroy()
      }
      response.end(request.method === 'HEAD' ? undefined : answer)
      answer = Buffer.alloc(0)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    return { endpoint: `http://127.0.0.1:${port}`, asked: () => count, close: () => server.close() }
  }

  test('a refusal is final and at once, an overload is waited for', async () => {
    const refusing = await behind((_path, method) => (method === 'PUT' ? 403 : 'pass'))
    await expect((await s3('f1', refusing.endpoint)).put('k', Buffer.from('x'))).rejects.toMatchObject({ exit: 4 })
    expect(refusing.asked()).toBe(1)
    refusing.close()
    const busy = await behind((_path, _method, count) => (count <= 3 ? 503 : 'pass'))
    await (await s3('f2', busy.endpoint)).put('k', Buffer.from('x'))
    busy.close()
    const down = await behind(() => 503)
    await expect((await s3('f3', down.endpoint)).put('k', Buffer.from('x'))).rejects.toMatchObject({
      exit: 1,
      code: 's3-failed',
    })
    expect(down.asked()).toBeLessThan(10)
    down.close()
  })

  test('a list of which one page fails is no list', async () => {
    const store = await s3('pages')
    await store.put('a', Buffer.from('a'))
    const failing = await behind((path) => (path.includes('list-type') ? 403 : 'pass'))
    await expect((await s3('pages', failing.endpoint)).list('')).rejects.toMatchObject({ exit: 4 })
    failing.close()
  })

  test('an answer that is cut is an error and no shorter object', async () => {
    await (await s3('cut')).put('k', randomBytes(1 << 20))
    const cutting = await behind((_path, method) => (method === 'GET' ? 'cut' : 'pass'))
    const store = await s3('cut', cutting.endpoint)
    await expect(store.read('k')).rejects.toThrow()
    cutting.close()
  })
})
