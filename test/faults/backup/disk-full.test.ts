// No space left, told by the kernel: where files are made, in the repository, for the lease, the record of the run, the
// manifest, and for WAL.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { takeLease } from '../../../src/backup/lease.ts'
import { openRepository } from '../../../src/backup/repository.ts'
import { dataDirectory, nameOf, ready } from '../../backup/wal-files.ts'
import { runBeside } from '../../servers/beside.ts'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../../servers/databases.ts'
import { standingAt } from '../harness/faulty.ts'
import { noSmallDisk, type SmallDisk, smallDisk } from '../harness/small-disk.ts'
import { configured, type Desk, deskOf, toldError } from './desk.ts'

const plain = tiers().find(({ name }) => name === 'plain')
const why = noSmallDisk()

describe.skipIf(!plain || why)(`4: no space left${why ? ` (${why})` : ''}`, () => {
  let database: TestDatabase
  let disk: SmallDisk
  let desk: Desk
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    const noise = `create table public.noise as select i, (select string_agg(md5(random()::text || i || j), '')
      from generate_series(1, 8) j) as t from generate_series(1, 20000) i`
    await withClient(database.url, (client) => client.query(noise))
  })
  afterAll(() => database?.drop())
  beforeEach(() => {
    disk = smallDisk(96)
  })
  afterEach(() => {
    disk?.end()
    desk?.end()
  })

  /** What has to hold once there is space again: so many backups, all of them well. */
  async function freed(backups: number): Promise<void> {
    disk.free()
    expect(await desk.recovers()).toBe(backups)
  }

  test.each(['dump', 'copy'])(
    '4: in the staging folder, while a %s is made',
    async (kind) => {
      desk = deskOf(database, { kind })
      expect((await desk.run()).code).toBe(0)
      const staging = join(disk.folder, 'staging')
      disk.fill(2_200)
      const full = await desk.run(['--encrypt', '--staging', staging, '--compression', 'none', '-o', 'json'])
      expect(full, full.stderr).toMatchObject({ code: 1, stdout: '' })
      const error = toldError(full)
      expect(error).toMatchObject({ code: 'disk-full', hint: expect.stringContaining('--staging') })
      expect(error.message).toContain(staging)
      expect(error.detail).toMatch(/no space left/i)
      expect(await desk.list()).toHaveLength(1)
      expect((await desk.records())[0]).toMatchObject({ outcome: 'failed', message: error.message })
      await freed(2)
      const well = await desk.run(['--encrypt', '--staging', staging, '--compression', 'none'])
      expect(well, well.stderr).toMatchObject({ code: 0 })
    },
    120_000,
  )

  test('4: in the staging folder, while pg_basebackup writes', async () => {
    desk = deskOf(database, { kind: 'base' })
    const staging = join(disk.folder, 'staging')
    const words = desk.words('--encrypt', '--staging', staging, '--compression', 'none', '-o', 'json')
    const standing = await standingAt({ tier: 'plain', ...desk }, words, 'staging')
    disk.fill(9_000)
    standing.resume()
    const full = await standing.ended()
    // Asked before pg_basebackup begins, and again by the kernel: whichever comes first.
    expect([1, 6]).toContain(full.code)
    expect(toldError(full)).toMatchObject({ code: 'disk-full', message: expect.stringContaining(staging) })
    expect(await desk.list()).toEqual([])
  }, 120_000)

  test('4: in the repository, before a run and at each point of it where something is written', async () => {
    desk = deskOf(database, { repo: join(disk.folder, 'repo') })
    expect((await desk.run()).code).toBe(0)
    disk.fill(2_200)
    const half = await desk.run(['--compression', 'none', '-o', 'json'])
    expect(half, half.stderr).toMatchObject({ code: 1, stdout: '' })
    expect(toldError(half)).toMatchObject({ code: 'disk-full', message: expect.stringContaining(desk.repo) })
    expect(toldError(half).hint).toMatch(/free space/)
    expect(await desk.list()).toHaveLength(1)
    expect((await desk.records())[0]).toMatchObject({ outcome: 'failed' })
    disk.fill(0)
    // Not even the lease can be written: it is told, and the hook of failed runs is called.
    const sign = join(desk.home, 'told')
    const none = await desk.run([
      ...configured(desk, 'hooks.json', { hooks: { failed: `echo "$ARXDB_MESSAGE" >${sign}` } }),
      '-o',
      'json',
    ])
    expect(none, none.stderr).toMatchObject({ code: 1, stdout: '' })
    expect(toldError(none)).toMatchObject({ code: 'disk-full', message: expect.stringContaining(desk.repo) })
    expect(readFileSync(sign, 'utf8')).toContain(toldError(none).message)
    expect(await desk.list()).toHaveLength(1)
    await freed(2)
  }, 120_000)

  /** A run that stands still at the step until the disk is full. */
  async function fullAt(step: string) {
    desk = deskOf(database, { repo: join(disk.folder, 'repo') })
    expect((await desk.run()).code).toBe(0)
    const standing = await standingAt({ tier: 'plain', ...desk }, desk.words('-o', 'json'), step)
    disk.fill(0)
    standing.resume()
    return standing.ended()
  }

  test.each([
    ['the record of the run', 'lease taken', 'runs/'],
    ['the manifest', 'put named backups/', 'manifest.json'],
  ])(
    '4: in the repository, when it comes to %s',
    async (_, step, named) => {
      const full = await fullAt(step)
      expect(full, full.stderr).toMatchObject({ code: 1, stdout: '' })
      expect(toldError(full)).toMatchObject({ code: 'disk-full', message: expect.stringContaining(named) })
      expect(toldError(full).message).toContain(desk.repo)
      expect(await desk.list()).toHaveLength(1)
      const [newest] = await desk.records()
      // What could not be put on record at all is told by the exit code and the hooks.
      expect(newest).toMatchObject(
        step === 'lease taken' ? { job: 'run', outcome: 'ok' } : { job: 'run', outcome: 'failed' },
      )
      await freed(2)
    },
    120_000,
  )

  test('4: in the repository, when all but the end of the record is written: the backup is one', async () => {
    const full = await fullAt('put written backups/')
    expect(full, full.stderr).toMatchObject({ code: 0 })
    const [{ label }] = JSON.parse(full.stdout)
    expect(full.stderr).toMatch(new RegExp(`${label} is made; the record of this run could not be completed.*no space`))
    expect((await desk.list()).map((one) => one.label)).toContain(label)
    expect((await desk.records())[0]).toMatchObject({ job: 'run', outcome: 'running' })
    await freed(3)
  }, 120_000)

  test('4: in the repository, when the lease is renewed', async () => {
    desk = deskOf(database)
    const repository = await openRepository({ repo: disk.folder, s3: {} }, 'make')
    const lease = await takeLease(repository, 'repository', 'backup run', 6_000)
    disk.fill(0)
    await sleep(2_000)
    disk.free()
    await sleep(6_000)
    lease.check()
    await lease.confirm()
    await lease.release()
    expect(await repository.store.list('leases/')).toEqual([])
    await repository.close()
  }, 30_000)

  test('4: in the repository, while WAL is pushed there', async () => {
    desk = deskOf(database, { repo: join(disk.folder, 'repo') })
    expect((await desk.run()).code).toBe(0)
    const data = dataDirectory(desk.home)
    const one = { number: 3, segmentBytes: 16 << 20 }
    const path = join('pg_wal', ready(data, one))
    const push = () =>
      runBeside('plain', ['wal', 'push', path, '--repo', desk.repo, '--compression', 'none'], data, { env: desk.env })
    disk.fill(4_000)
    const full = await push()
    expect(full.code).toBeGreaterThan(0)
    expect(full.code).toBeLessThan(126)
    expect(full.stderr).toContain(desk.repo)
    expect(full.stderr).toMatch(/no space left/i)
    const repository = await openRepository({ repo: desk.repo, s3: {} }, 'must exist')
    try {
      expect(await repository.store.list('wal/')).toEqual([])
      disk.free()
      const again = await push()
      expect(again, again.stderr).toMatchObject({ code: 0 })
      expect((await repository.store.list('wal/')).map(({ key }) => key.split('/').at(-1))).toEqual([nameOf(one)])
    } finally {
      await repository.close()
    }
    await freed(2)
  }, 120_000)
})
