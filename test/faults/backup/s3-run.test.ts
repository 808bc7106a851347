// `backup run` into an S3 that is overloaded, refuses, or does not keep what it was sent: by exit code, message, list and
// record of runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takeLease } from '../../../src/backup/lease.ts'
import { openRepository } from '../../../src/backup/repository.ts'
import { runBeside } from '../../servers/beside.ts'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../../servers/databases.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { behind, type Fault, type WayToS3 } from '../harness/s3-proxy.ts'
import { configured, type Desk, deskOf, toldError } from './desk.ts'

const plain = tiers().find(({ name }) => name === 'plain')
const noMoto = motoReason()
const SOUND = { pathStyle: true, region: 'us-east-1' } as const

describe.skipIf(!plain || noMoto)(`backup run into S3${noMoto ? ` (${noMoto})` : ''}`, () => {
  let database: TestDatabase
  let moto: Moto
  let proxy: WayToS3
  let desk: Desk
  /** How many backups there are. */
  let good = 0
  let wish: (path: string, method: string) => Fault = () => 'pass'
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    const noise = 'create table public.noise as select i, md5(i::text) as t from generate_series(1, 20000) i'
    await withClient(database.url, (client) => client.query(noise))
    moto = await startMoto()
    await moto.bucket('run')
    proxy = await behind(moto.endpoint, (path, method) => wish(decodeURIComponent(path), method))
    const s3 = { ...SOUND, endpoint: proxy.endpoint }
    const sound = { ...SOUND, endpoint: moto.endpoint }
    desk = deskOf(database, { repo: 's3://run/market', s3, sound, env: moto.env, kind: 'dump' })
    await well()
  }, 120_000)
  afterAll(async () => {
    desk?.end()
    proxy?.close()
    moto?.stop()
    await database?.drop()
  })
  // No fault leaves anything that the next run stumbles at, which begins at once in the next test; in the end all is well.
  afterAll(async () => {
    if (desk) expect(await desk.recovers()).toBe(good + 1)
  }, 120_000)

  async function well(): Promise<void> {
    const next = await desk.run()
    expect(next, next.stderr).toMatchObject({ code: 0 })
    good++
  }

  /** Runs it with that fault; how many requests came. */
  async function faulty(fault: typeof wish, more: readonly string[] = []) {
    wish = fault
    const before = proxy.asked()
    const ended = await desk.run(['-o', 'json', ...more])
    wish = () => 'pass'
    return { ended, requests: proxy.asked() - before }
  }

  async function nothingListed(): Promise<void> {
    expect((await desk.list()).map(({ status }) => status)).toEqual(Array.from({ length: good }, () => 'good'))
  }

  /** The backups of before alone, and the record says that the newest run failed. */
  async function nothingOfIt(): Promise<void> {
    await nothingListed()
    expect((await desk.records())[0]).toMatchObject({ job: 'run', outcome: 'failed', label: null })
  }

  const isDump = (path: string): boolean => path.includes('/backups/') && path.includes('pgdump')

  test('3: interrupted in the middle of an upload: what was sent is taken away at once', async () => {
    const client = moto.client()
    const large = 'create table public.large as select i, md5(i::text) as t from generate_series(1, 500000) i'
    await withClient(database.url, (one) => one.query(large))
    try {
      for (const at of ['part sent', 'upload completed']) {
        const words = ['-o', 'json', '--kind', 'copy', '--compression', 'none']
        const ended = await desk.run(words, { fault: { at, what: 'interrupt' } })
        expect(ended, ended.stderr).toMatchObject({ code: 130, stdout: '' })
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'run' }))
        expect(Uploads).toEqual([])
        await nothingOfIt()
      }
    } finally {
      client.destroy()
      await withClient(database.url, (one) => one.query('drop table public.large'))
    }
  }, 120_000)

  test('5: overloaded for a few requests: it waits, and is well', async () => {
    let refused = 0
    const { ended } = await faulty((path, method) => (isDump(path) && method === 'PUT' && refused++ < 3 ? 503 : 'pass'))
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(refused).toBe(4)
    good++
    await nothingListed()
  }, 120_000)

  test('5: overloaded for longer, then back: it failed, and is on record as failed', async () => {
    const { ended } = await faulty((path, method) => (isDump(path) && method === 'PUT' ? 503 : 'pass'))
    expect(ended, ended.stderr).toMatchObject({ code: 1, stdout: '' })
    expect(toldError(ended)).toMatchObject({ code: 's3-failed', hint: expect.stringContaining('try again later') })
    await nothingOfIt()
  }, 120_000)

  test.each([
    ['overloaded', 503, 1],
    ['cut off', 'lose', 4],
  ] as const)(
    '5: %s from the middle on: it failed, and says that its record does not tell',
    async (_, how, code) => {
      let down = false
      const sign = configured(desk, 'hooks.json', { hooks: { failed: 'echo "hook: $ARXDB_MESSAGE" >&2' } })
      const { ended, requests } = await faulty((path) => {
        down ||= isDump(path)
        return down ? how : 'pass'
      }, sign)
      expect(ended, ended.stderr).toMatchObject({ code, stdout: '' })
      expect(toldError(ended).detail).toMatch(/the record of this run could not be completed/)
      expect(ended.stderr).toMatch(/hook: cannot (write|look at)/)
      // Each request four times, and no more than what has to be tried: the object, what is to be taken away, record, lease.
      expect(requests).toBeLessThan(60)
      await nothingListed()
      expect((await desk.records())[0]).toMatchObject({ outcome: how === 'lose' ? 'failed' : 'running' })
    },
    120_000,
  )

  test.each([
    ['the object', (path: string, method: string) => isDump(path) && method === 'PUT'],
    ['the manifest', (path: string, method: string) => path.includes('manifest.json') && method === 'PUT'],
  ])(
    '6: refused (403) when it comes to %s: at once, and on record',
    async (_, at) => {
      let refused = 0
      const { ended } = await faulty((path, method) => {
        if (!at(path, method)) return 'pass'
        refused++
        return 403
      })
      expect(ended, ended.stderr).toMatchObject({ code: 4, stdout: '' })
      expect(toldError(ended).hint).toMatch(/s3:ListBucket|AWS_ACCESS_KEY_ID/)
      expect(refused).toBe(1)
      await nothingOfIt()
    },
    120_000,
  )

  test('6: refused (403) from the middle on, all of it: fast, without a storm of requests', async () => {
    let refused = 0
    const { ended } = await faulty((path) => {
      if (refused === 0 && !isDump(path)) return 'pass'
      refused++
      return 403
    })
    expect(ended, ended.stderr).toMatchObject({ code: 4, stdout: '' })
    expect(toldError(ended).detail).toMatch(/AccessDenied.*the record of this run could not be completed/)
    // The object, the list of what is to be taken away, the record, the lease.
    expect(refused).toBeLessThanOrEqual(6)
    await nothingListed()
  }, 120_000)

  test('6: refused (403) when the lease is given back: the backup is one, and the next run takes the lease', async () => {
    const { ended } = await faulty((path, method) => (path.includes('/leases/') && method === 'DELETE' ? 403 : 'pass'))
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    good++
    await nothingListed()
    expect((await desk.records())[0]).toMatchObject({ outcome: 'ok' })
  }, 120_000)

  test('6: refused (403) when the lease is renewed: it is lost with its term, without a storm of requests', async () => {
    const repository = await openRepository(
      { repo: desk.repo, s3: { ...SOUND, endpoint: proxy.endpoint } },
      'must exist',
    )
    const lease = await takeLease(repository, 'repository', 'backup run', 4_000)
    let refused = 0
    wish = (path, method) => {
      if (!path.includes('/leases/') || method !== 'PUT') return 'pass'
      refused++
      return 403
    }
    try {
      lease.check()
      await sleep(6_000)
      expect(() => lease.check()).toThrow(/lost its lease/)
      await expect(lease.confirm()).rejects.toThrow(/lost its lease/)
      expect(refused).toBeLessThanOrEqual(7)
      await lease.release()
    } finally {
      wish = () => 'pass'
      await repository.close()
    }
  }, 120_000)

  test.each(['short sent', 'flip sent', 'short'] as const)(
    '7: acknowledged, and not there as it was sent (%s): it failed, and is no backup',
    async (how) => {
      const method = how === 'short' ? 'HEAD' : 'PUT'
      const { ended } = await faulty((path, asked) => (isDump(path) && asked === method ? how : 'pass'))
      expect(ended, ended.stderr).toMatchObject({ code: 1, stdout: '' })
      expect(toldError(ended)).toMatchObject({ code: 'object-short' })
      await nothingOfIt()
    },
    120_000,
  )

  test.each(['short sent', 'flip sent'] as const)(
    '7: a manifest that is not there as it was sent (%s) makes none',
    async (how) => {
      const { ended } = await faulty((path, asked) =>
        path.includes('manifest.json') && asked === 'PUT' ? how : 'pass',
      )
      expect(ended, ended.stderr).toMatchObject({ code: 1, stdout: '' })
      await nothingOfIt()
    },
    120_000,
  )

  test.each(['flip', 'short'] as const)(
    '7: what is served wrong (%s) is found by verify, which names it',
    async (how) => {
      const { repo, env, home } = desk
      wish = (path, method) => (isDump(path) && method === 'GET' ? how : 'pass')
      const way = ['--repo', repo, '--s3-endpoint', proxy.endpoint, '--s3-path-style', '--s3-region', 'us-east-1']
      const checked = await runBeside('plain', ['backup', 'verify', '--level', '1', ...way, '-o', 'json'], home, {
        env,
      })
      wish = () => 'pass'
      expect(checked, checked.stderr).toMatchObject({ code: 3 })
      expect(checked.stdout).toContain('dump.pgdump')
      expect((await desk.list())[0]).toMatchObject({ status: 'failed' })
      // By a way that is sound again it is what it was.
      const again = await desk.backup('verify')
      expect(again, again.stderr).toMatchObject({ code: 0 })
    },
    120_000,
  )
})
