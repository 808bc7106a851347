// What S3 and the way to it do wrong, planted by a proxy in front of a real server.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { takeLease } from '../../src/backup/lease.ts'
import { openRepository } from '../../src/backup/repository.ts'
import { ObjectAbsent, ObjectExists } from '../../src/backup/stores/outcomes.ts'
import { s3Store } from '../../src/backup/stores/s3.ts'
import type { ArxError } from '../../src/errors.ts'
import { behind, type Fault } from '../faults/harness/s3-proxy.ts'
import { type Moto, motoReason, startMoto } from '../servers/moto.ts'

const noMoto = motoReason()
let moto: Moto
let made = 0

describe.skipIf(noMoto)(`S3${noMoto ? ` (${noMoto})` : ''}`, () => {
  beforeAll(async () => {
    moto = await startMoto()
    Object.assign(process.env, moto.env)
    await moto.bucket('faults')
  })
  afterAll(() => moto?.stop())

  const at = (prefix: string, endpoint = moto.endpoint, silentMs = 30_000) =>
    s3Store(`s3://faults/${prefix}`, { endpoint, pathStyle: true }, { connectMs: 2_000, silentMs })

  /** A store whose way to the server has that fault, the same without it, and the way. */
  async function faulty(fault: (path: string, method: string, count: number) => Fault, silentMs?: number) {
    const proxy = await behind(moto.endpoint, fault)
    onTestFinished(() => proxy.close())
    const prefix = `f${made++}`
    return { proxy, prefix, store: await at(prefix, proxy.endpoint, silentMs), sound: await at(prefix) }
  }

  const large = () => Readable.from(Array.from({ length: 40 }, () => randomBytes(1 << 20)))

  test('unfinished uploads below the prefix are ended by a sweep, those of others are not', async () => {
    const client = moto.client()
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'faults', Key: 'swept/backups/x' }))
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'faults', Key: 'sweptnot/x' }))
    // Of another program, or a repository below this one's prefix.
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'faults', Key: 'swept/theirs/x' }))
    const store = await at('swept')
    // moto gives every upload a beginning long ago, so the age cannot be tried here.
    expect(await store.sweep(0)).toBe(1)
    const left = await client.send(new ListMultipartUploadsCommand({ Bucket: 'faults', Prefix: 'swept' }))
    expect(left.Uploads?.map(({ Key }) => Key).sort()).toEqual(['swept/theirs/x', 'sweptnot/x'])
    client.destroy()
  })

  test('fault 3: a writer killed in mid-upload leaves nothing that is listed, and the next sweep ends its upload', async () => {
    const { proxy, prefix, sound } = await faulty(() => 'pass')
    const script = `
      import { Readable } from 'node:stream'
      import { s3Store } from '${new URL('../../dist/s3-child.js', import.meta.url).href}'
      const store = await s3Store('s3://faults/${prefix}', { endpoint: '${proxy.endpoint}', pathStyle: true })
      async function* slow() { for (;;) { yield Buffer.alloc(1 << 20, 7) } }
      await store.put('backups/big', Readable.from(slow()))`
    const out = new URL('../../dist/s3-child.js', import.meta.url).pathname
    onTestFinished(() => rmSync(out, { force: true }))
    const bundle = { bundle: true, format: 'esm', platform: 'node', packages: 'external', outfile: out } as const
    await build({ entryPoints: [new URL('../../src/backup/stores/s3.ts', import.meta.url).pathname], ...bundle })
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    // The upload's beginning, and two parts at least.
    while (proxy.asked('PUT') < 3) await new Promise((resolve) => setTimeout(resolve, 20))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await sound.list('')).toEqual([])
    expect(await sound.stat('backups/big')).toBeUndefined()
    expect(await sound.sweep(0)).toBe(1)
    expect(await sound.sweep(0)).toBe(0)
  }, 60_000)

  test('a body that breaks, and a signal, end the upload at once', async () => {
    const { store, sound } = await faulty(() => 'pass')
    async function* breaking() {
      for (let i = 0; i < 40; i++) yield randomBytes(1 << 20)
      throw new Error('the source broke')
    }
    await expect(store.put('backups/k', Readable.from(breaking()))).rejects.toMatchObject({
      detail: expect.stringContaining('the source broke'),
    })
    const stop = new AbortController()
    async function* endless() {
      for (let i = 0; ; i++) {
        if (i === 50) stop.abort()
        yield randomBytes(1 << 20)
      }
    }
    await expect(store.put('backups/k', Readable.from(endless()), { signal: stop.signal })).rejects.toThrow()
    expect(await sound.sweep(0)).toBe(0)
    expect(await sound.list('')).toEqual([])
  }, 60_000)

  test('fault 5: an overload is waited for, and told when it does not end', async () => {
    const busy = await faulty((_path, _method, count) => (count <= 3 ? 503 : 'pass'))
    await busy.store.put('k', Buffer.from('x'))
    const inParts = await faulty((path, _method, count) => (/partNumber=2/.test(path) && count < 5 ? 503 : 'pass'))
    const { bytes } = await inParts.store.put('k', large())
    // What the store says of it is enough: it need not be read back.
    expect(inParts.proxy.asked('GET')).toBe(0)
    expect(await inParts.sound.stat('k')).toMatchObject({ bytes })
    const down = await faulty(() => 503)
    const began = Date.now()
    await expect(down.store.put('k', Buffer.from('x'))).rejects.toMatchObject({ exit: 1, code: 's3-failed' })
    expect(down.proxy.asked()).toBe(4)
    expect(Date.now() - began).toBeLessThan(20_000)
    await expect(down.store.read('k')).rejects.not.toBeInstanceOf(ObjectAbsent)
  }, 60_000)

  test('fault 5: silence is a failure after a while, before an answer and within one', async () => {
    const silent = await faulty(() => 'hang', 300)
    await expect(silent.store.read('k')).rejects.toMatchObject({ exit: 4, code: 's3-unreachable' })
    const slow = await faulty(() => 'wait')
    await slow.store.put('k', Buffer.from('x'))
  }, 30_000)

  test('fault 6: a refusal is final and at once, also in the middle of an upload, which is ended', async () => {
    const refusing = await faulty((_path, method) => (method === 'PUT' ? 403 : 'pass'))
    await expect(refusing.store.put('k', Buffer.from('x'))).rejects.toMatchObject({ exit: 4 })
    expect(refusing.proxy.asked()).toBe(1)
    const expiring = await faulty((path) => (/partNumber=2/.test(path) ? 403 : 'pass'))
    await expect(expiring.store.put('backups/k', large())).rejects.toMatchObject({ exit: 4 })
    expect(expiring.proxy.asked('PUT')).toBeLessThanOrEqual(3)
    expect(await expiring.sound.sweep(0)).toBe(0)
    expect(await expiring.sound.list('')).toEqual([])
  }, 30_000)

  test.each(['short sent', 'flip sent'] as const)(
    'fault 7: what is stored wrong (%s) is found and removed',
    async (how) => {
      const small = await faulty((_path, method) => (method === 'PUT' ? how : 'pass'))
      await expect(small.store.put('k', Buffer.from('abcdef'))).rejects.toMatchObject({ code: 'object-short' })
      expect(await small.sound.stat('k')).toBeUndefined()
      const inParts = await faulty((path) => (/partNumber=2/.test(path) ? how : 'pass'))
      await expect(inParts.store.put('k', large())).rejects.toThrow()
      expect(await inParts.sound.stat('k')).toBeUndefined()
    },
    60_000,
  )

  test('an answer that was lost is no other writer', async () => {
    let lost = 0
    const losing = await faulty((_path, method) => (method === 'PUT' && lost++ === 0 ? 'lose' : 'pass'))
    await losing.store.put('k', Buffer.from('mine'))
    expect((await losing.sound.read('k')).toString()).toBe('mine')
    await expect(losing.store.put('k', Buffer.from('again'))).rejects.toBeInstanceOf(ObjectExists)
    lost = 0
    expect(await losing.store.swap('k', Buffer.from('mine'), Buffer.from('next'))).toBe(true)
    lost = 0
    await losing.sound.put('other', Buffer.from('theirs'))
    await expect(losing.store.put('other', Buffer.from('mine'))).rejects.toBeInstanceOf(ObjectExists)
    expect((await losing.sound.read('other')).toString()).toBe('theirs')
  }, 30_000)

  test('a list of which one page fails is no list', async () => {
    const { store, sound } = await faulty((path) => (/continuation-token/.test(path) ? 403 : 'pass'))
    const keys = Array.from({ length: 1_010 }, (_, i) => `k${i}`)
    const client = moto.client()
    const prefix = sound.where.split('/').at(-1)
    for (let i = 0; i < keys.length; i += 50) {
      const puts = keys
        .slice(i, i + 50)
        .map((key) => new PutObjectCommand({ Bucket: 'faults', Key: `${prefix}/${key}` }))
      await Promise.all(puts.map((put) => client.send(put)))
    }
    client.destroy()
    expect(await sound.list('')).toHaveLength(1_010)
    await expect(store.list('')).rejects.toMatchObject({ exit: 4 })
  }, 60_000)

  test('an answer that is cut is an error and no shorter object', async () => {
    const { store, sound } = await faulty((_path, method) => (method === 'GET' ? 'cut' : 'pass'))
    await sound.put('k', randomBytes(1 << 20))
    await expect(store.read('k')).rejects.toMatchObject({ message: expect.stringContaining('k') })
  }, 30_000)

  test('absent is what the store says of the key, and nothing else', async () => {
    const lying = await faulty((_path, method) => (method === 'HEAD' ? 404 : 'pass'))
    await lying.sound.put('k', Buffer.from('x'))
    await expect(lying.store.stat('k')).rejects.toThrow()
    const elsewhere = await s3Store('s3://no-such-bucket/x', { endpoint: moto.endpoint, pathStyle: true })
    const hint = expect.stringContaining('no-such-bucket')
    await expect(elsewhere.stat('k')).rejects.toMatchObject({ exit: 4, hint })
    await expect(elsewhere.read('k')).rejects.toMatchObject({ exit: 4, hint })
    await expect(elsewhere.list('')).rejects.toMatchObject({ exit: 4, hint })
    await expect(elsewhere.put('k', Buffer.from('x'))).rejects.toMatchObject({ exit: 4, hint })
  })

  test('a service without conditional writes is refused', async () => {
    const { store } = await faulty((_path, method) => (method === 'PUT' ? 501 : 'pass'))
    await expect(store.put('k', Buffer.from('x'))).rejects.toMatchObject({ exit: 5 })
  }, 30_000)

  test('a service that ignores their condition lets nobody begin or work, also where it took over a repository', async () => {
    const { prefix, proxy, sound } = await faulty((_path, method) => (method === 'PUT' ? 'careless' : 'pass'))
    const repo = `s3://faults/${prefix}`
    const refused = { code: 'no-conditional-writes', exit: 5 }
    const address = (endpoint: string) => ({ repo, s3: { endpoint, pathStyle: true } })
    await expect(openRepository(address(proxy.endpoint), 'make')).rejects.toMatchObject(refused)
    expect(await sound.list('')).toEqual([])
    await (await openRepository(address(moto.endpoint), 'make')).close()
    const repository = await openRepository(address(proxy.endpoint), 'must exist')
    const both = await Promise.allSettled([1, 2].map(() => takeLease(repository, 'repository', 'backup run')))
    for (const one of both) expect(one).toMatchObject({ status: 'rejected', reason: refused })
    expect(await sound.list('leases/')).toEqual([])
    await repository.close()
  }, 30_000)

  test('an overload in the moment in which a repository is begun is no service that ignores conditions', async () => {
    let puts = 0
    const { prefix, proxy } = await faulty((_path, method) => (method === 'PUT' && ++puts === 2 ? 503 : 'pass'))
    const address = { repo: `s3://faults/${prefix}`, s3: { endpoint: proxy.endpoint, pathStyle: true } }
    await (await openRepository(address, 'make')).close()
    const again = await openRepository(address, 'must exist')
    await (await takeLease(again, 'repository', 'backup run')).release()
    await again.close()
  }, 30_000)

  test('an unreachable endpoint is told as such, without the credentials', async () => {
    const store = await at('x', 'http://127.0.0.1:9')
    const error = await store.read('k').then(
      () => undefined,
      (thrown) => thrown as ArxError,
    )
    expect(error).toMatchObject({ exit: 4, code: 's3-unreachable' })
    expect(`${error!.message} ${error!.detail} ${error!.hint}`).not.toMatch(/not-a-secret/)
  })
})
