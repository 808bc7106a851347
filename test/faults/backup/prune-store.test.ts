// Pruning as its users run it, beside a store, a clock or a repository that would have it delete the last thing that helps.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { manifestKey, objectKey } from '../../../src/backup/catalogue.ts'
import { parentOf } from '../../../src/backup/methods/incremental.ts'
import { keepProof } from '../../../src/backup/proofs.ts'
import { DAY_MS, openShop, type Shop } from '../../backup/shop.ts'
import { runBeside } from '../../servers/beside.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { planted, standingAt } from '../harness/faulty.ts'
import { behind, type Fault } from '../harness/s3-proxy.ts'
import { aged, ago, everything, rules } from './scene-prune.ts'

let shop: Shop
/** But for what a prune writes about itself. */
const content = async () => (await everything(shop)).filter((key) => /^(backups|wal|proofs)\//.test(key))
const leases = async () => (await everything(shop)).filter((key) => key.startsWith('leases/'))
interface Row {
  readonly label: string
  readonly status: string
  readonly action: string
  readonly reason: string
}
const rowsOf = (stdout: string): readonly Row[] => JSON.parse(stdout)
const listed = async (): Promise<readonly { label: string; status: string }[]> =>
  JSON.parse((await shop.arxdb(['list', '--json'])).stdout)
const runs = async (): Promise<readonly { job: string; outcome: string }[]> =>
  Promise.all(
    (await everything(shop))
      .filter((key) => key.startsWith('runs/'))
      .map(async (key) => JSON.parse((await shop.repository.store.read(key)).toString())),
  )

describe('a prune', () => {
  beforeEach(async () => {
    shop = await openShop()
  })
  afterEach(() => shop.close())

  test('27: proofs that were forged, copied from another label or replayed save nothing, and cost nothing', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 2 })
    const [true1, true2] = [await aged(shop, 60, { level: 2 }), await aged(shop, 55, { level: 2 })]
    const bad = await aged(shop, 50, { level: 2 })
    await shop.prove(bad.label, 2, false)
    const [copied, forged, newest] = [await aged(shop, 45), await aged(shop, 40), await aged(shop, 0.1)]
    const folder = (label: string) => join(shop.folder, 'proofs', label)
    const own = (label: string) => join(folder(label), readdirSync(folder(label))[0]!)
    for (const { label } of [copied, forged, newest]) mkdirSync(folder(label))
    const stolen = readFileSync(own(true1.label), 'utf8').replaceAll(true1.label, copied.label)
    writeFileSync(join(folder(copied.label), '20990101T000000000Z-L2-1.json'), stolen)
    writeFileSync(
      join(folder(forged.label), '20990101T000000000Z-L5-1.json'),
      JSON.stringify({ label: forged.label, at: new Date(), host: 'x', level: 5, passed: true, problems: [] }),
    )
    // What passed once, under a younger name than what failed since.
    copyFileSync(own(bad.label), join(folder(bad.label), '20990101T000000000Z-L2-1.json'))
    // And one that says that the newest good one is none.
    writeFileSync(
      join(folder(newest.label), '20990101T000000000Z-L1-1.json'),
      JSON.stringify({ label: newest.label, at: new Date(), host: 'x', level: 1, passed: false, problems: ['x'] }),
    )
    const ended = await shop.arxdb(['prune', '--yes', '--json'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const kept = rowsOf(ended.stdout).filter(({ action }) => action === 'keep')
    expect(kept.map(({ label }) => label).sort()).toEqual([true1, true2, newest].map(({ label }) => label).sort())
    expect((await listed()).map(({ status }) => status)).toEqual(['good', 'good', 'good'])
    expect(await leases()).toEqual([])
  })

  test('27: where every one failed its last verification, nothing goes, however old', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 1 })
    for (const days of [90, 60, 40]) await aged(shop, days, { kind: 'base', level: 3, fails: true })
    const before = await content()
    const ended = await shop.arxdb(['prune', '--yes', '--json'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    for (const row of rowsOf(ended.stdout)) expect(row).toMatchObject({ status: 'failed', action: 'keep' })
    expect(rowsOf(ended.stdout)[0]!.reason).toContain('none is good: nothing goes')
    expect(await content()).toEqual(before)
  })

  test('27: a failure that was found without checksums is not passed over by a look at sizes', async () => {
    const one = await aged(shop, 1)
    await shop.prove(one.label, 2, true, ago(0.5))
    // Nothing in it is a dump: the decoder alone has to find it.
    const first = await shop.arxdb(['verify', one.label, '--level', '2', '--skip-checksums'])
    expect(first, first.stderr).toMatchObject({ code: 3 })
    expect(await shop.arxdb(['verify', one.label, '--level', '0'])).toMatchObject({ code: 0 })
    expect((await listed())[0]).toMatchObject({ status: 'failed' })
    // Nor is it by a lesser failure that was mended since.
    const again = Date.now()
    await shop.prove(one.label, 1, false, new Date(again))
    await shop.prove(one.label, 1, true, new Date(again + 1))
    expect((await listed())[0]).toMatchObject({ status: 'failed' })
    await shop.prove(one.label, 2, true, new Date(again + 2))
    expect((await listed())[0]).toMatchObject({ status: 'good' })
  })

  test('27: a clock that is a year ahead is refused, and nothing goes', async () => {
    rules(shop, { days: 30, count: 1, keepVerified: 0 })
    for (const days of [3, 2, 1]) await aged(shop, days)
    const before = await content()
    const args = ['backup', 'prune', '--yes', '--repo', shop.folder]
    const env = { ARXDB_BACKUP_KEY: shop.key.file, ...planted('plain', { clockMs: 365 * DAY_MS }) }
    const ended = await runBeside('plain', args, shop.home, { env })
    expect(ended, ended.stderr).toMatchObject({ code: 6 })
    expect(ended.stderr).toMatch(/the clock of this host is .* off that of/)
    expect(await content()).toEqual(before)
    const dry = await runBeside('plain', [...args.slice(0, 2), '--dry-run', ...args.slice(3)], shop.home, { env })
    expect(dry, dry.stderr).toMatchObject({ code: 6, stdout: '' })
    expect(dry.stderr).toMatch(/the clock of this host is .* off that of/)
    expect(await leases()).toEqual([])
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
  })

  test('27: proofs that nobody signed count for nothing, and it is said what to do', async () => {
    const { label } = await aged(shop, 1)
    await keepProof(shop.repository, undefined, {
      ...{ label, at: ago(0.5).toISOString(), level: 5, passed: true, problems: [] },
    })
    const said = '1 proof of 1 backup is not signed with this key and counts for nothing: arxdb backup verify --all'
    const list = await shop.arxdb(['list', '--json'])
    expect(JSON.parse(list.stdout)).toMatchObject([{ proven_level: null }])
    expect(list.stderr).toContain(said)
    expect((await shop.arxdb(['prune', '--dry-run'])).stderr).toContain(said)
  })

  test('33: whose lease another one took meanwhile removes nothing more', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 0 })
    for (const days of [60, 50, 1]) await aged(shop, days)
    const before = (await content()).filter((key) => key.endsWith('manifest.json'))
    const subject = { tier: 'plain', home: shop.home, env: { ARXDB_BACKUP_KEY: shop.key.file } } as const
    const standing = await standingAt(
      subject,
      ['backup', 'prune', '--yes', '--repo', shop.folder],
      'put named backups/',
    )
    const lease = join(shop.folder, 'leases', 'repository.json')
    const theirs = JSON.stringify({ ...JSON.parse(readFileSync(lease, 'utf8')), id: 'another', host: 'elsewhere' })
    writeFileSync(lease, theirs)
    standing.resume()
    const ended = await standing.ended()
    expect(ended, ended.stderr).toMatchObject({ code: 1 })
    expect(ended.stderr).toContain('lost its lease')
    expect((await content()).filter((key) => key.endsWith('manifest.json'))).toEqual(before)
    expect(readFileSync(lease, 'utf8')).toBe(theirs)
  })

  test('29: an incremental adds to no backup that is damaged, or stands on one that is', async () => {
    const { repository, key, server } = shop
    const parent = async () => (await parentOf({ repository, key, server })).label
    const full = await aged(shop, 6, { kind: 'base' })
    const newer = await aged(shop, 5, { kind: 'base' })
    const child = await aged(shop, 4, { kind: 'incremental', parent: newer.label })
    expect(await parent()).toBe(child.label)
    await shop.prove(newer.label, 2, false)
    expect(await parent()).toBe(full.label)
    rmSync(shop.path(full.label, 'a.bin'))
    await expect(parent()).rejects.toMatchObject({
      ...{ code: 'no-parent', exit: 6, message: expect.stringContaining('no good base backup') },
      detail: expect.stringContaining(`${child.label} in ${shop.folder}: broken chain`),
    })
  })

  test('27: of several databases and clusters in one repository each keeps its last good backup', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 1 })
    const server = (database: string, systemId = shop.server.systemId) => ({ ...shop.server, database, systemId })
    const wal = { timeline: 1, start: '0/5000028', end: '0/5000128', segmentBytes: 16 << 20 }
    const rare = [
      await aged(shop, 90, { server: server('rare'), level: 2 }),
      await aged(shop, 60, { server: server('rare') }),
    ]
    const base = await aged(shop, 50, { kind: 'base', wal })
    const [fails, works] = [
      await aged(shop, 40, { server: server('market', '99') }),
      await aged(shop, 45, { server: server('market', '99') }),
    ]
    await shop.prove(fails.label, 1, false)
    const gone = [await aged(shop, 30, { level: 2 }), await aged(shop, 20)]
    const newest = await aged(shop, 0.1, { level: 2 })
    const ended = await shop.arxdb(['prune', '--yes', '--json'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const kept = rowsOf(ended.stdout).filter(({ action }) => action === 'keep')
    const wanted = [...rare, base, works, newest].map(({ label }) => label).sort()
    expect(kept.map(({ label }) => label).sort()).toEqual(wanted)
    expect(kept.find(({ label }) => label === rare[1]!.label)!.reason).toContain('the newest of database rare')
    for (const { label } of [...gone, fails]) expect(existsSync(shop.path(label, 'manifest.json'))).toBe(false)
  })

  test('31: of one manifest that is not in the list and yet there: nothing goes', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 0 })
    for (const days of [60, 50]) await aged(shop, days)
    const hidden = await aged(shop, 40)
    const file = shop.path(hidden.label, 'manifest.json')
    // A link is no file to a list, and one to who reads.
    copyFileSync(file, join(shop.home, 'manifest'))
    rmSync(file)
    symlinkSync(join(shop.home, 'manifest'), file)
    const before = await content()
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended, ended.stderr).toMatchObject({ code: 1 })
    expect(ended.stderr).toContain('does not show all that is there: nothing was removed')
    expect(await content()).toEqual(before)
    expect(await leases()).toEqual([])
  })

  test('32: what went leaves no empty folder, and what others put there stays', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 0 })
    const [gone, shared, kept] = [await aged(shop, 60), await aged(shop, 50), await aged(shop, 1)]
    writeFileSync(shop.path(shared.label, 'c/theirs'), 'x')
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(readdirSync(join(shop.folder, 'backups')).sort()).toEqual([shared.label, kept.label])
    expect(existsSync(join(shop.folder, 'backups', gone.label))).toBe(false)
    expect(readdirSync(join(shop.folder, 'backups', shared.label), { recursive: true }).sort()).toEqual(
      ['c', 'c/theirs', 'removing.json'].sort(),
    )
    expect(existsSync(join(shop.folder, 'leases'))).toBe(true)
  })

  test('36: a dry run says what the run then does, to the row, and writes nothing', async () => {
    rules(shop, { days: 5, count: 1, keepVerified: 1, monthly: 2 })
    const full = await aged(shop, 90, { kind: 'base' })
    await aged(shop, 3, { kind: 'incremental', parent: full.label })
    for (const days of [80, 70, 60, 50]) await aged(shop, days, { level: days === 70 ? 2 : 1 })
    const forged = await aged(shop, 55)
    const path = shop.path(forged.label, 'manifest.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"market"', '"markes"'))
    rmSync(shop.path((await aged(shop, 45)).label, 'a.bin'))
    const before = await everything(shop)
    const dry = await shop.arxdb(['prune', '--dry-run', '--json'])
    expect(dry, dry.stderr).toMatchObject({ code: 0 })
    expect(await everything(shop)).toEqual(before)
    const real = await shop.arxdb(['prune', '--yes', '--json'])
    expect(real, real.stderr).toMatchObject({ code: 0 })
    const told = rowsOf(dry.stdout).map((row) => ({ ...row, action: row.action === 'remove' ? 'removed' : row.action }))
    expect(rowsOf(real.stdout)).toEqual(told)
    expect(new Set(told.map(({ action }) => action))).toEqual(new Set(['keep', 'removed']))
    const left = new Set((await everything(shop)).flatMap((key) => /^backups\/([^/]+)\//.exec(key)?.[1] ?? []))
    expect([...left].sort()).toEqual(
      told
        .filter(({ action }) => action === 'keep')
        .map(({ label }) => label)
        .sort(),
    )
    expect((await runs()).filter(({ job }) => job === 'prune')).toMatchObject([{ outcome: 'ok' }])
  })
})

const noMoto = motoReason()

describe.skipIf(noMoto)(`a prune of S3${noMoto ? ` (${noMoto})` : ''}`, () => {
  let moto: Moto
  let count = 0
  beforeAll(async () => {
    moto = await startMoto()
  })
  afterAll(() => moto?.stop())
  afterEach(() => shop.close())

  async function place(lock = false): Promise<string> {
    const name = `pruned${count++}`
    const client = moto.client()
    await client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: lock }))
    client.destroy()
    shop = await openShop({ repo: `s3://${name}/market`, endpoint: moto.endpoint, env: moto.env })
    return name
  }

  /** Keys of the XML, one in two left out. */
  const half = (text: string): string => {
    let n = 0
    return text.replaceAll(/<Contents>.*?<\/Contents>/gs, (entry) => (n++ % 2 === 0 ? '' : entry))
  }
  const isList = (path: string) => path.includes('list-type=2')
  const ofBackups = (path: string) => isList(path) && /prefix=market%2Fbackups%2F(&|$)/i.test(path)
  const faults: Readonly<Record<string, (path: string, method: string) => Fault>> = {
    'lists half of the backups': (path) => (ofBackups(path) ? half : 'pass'),
    'lists none of them': (path) =>
      ofBackups(path) ? (text) => text.replaceAll(/<Contents>.*?<\/Contents>/gs, '') : 'pass',
    'says that there is more, and not where': (path) =>
      ofBackups(path)
        ? (text) => text.replace('<IsTruncated>false</IsTruncated>', '<IsTruncated>true</IsTruncated>')
        : 'pass',
    'refuses a list of proofs': (path) => (isList(path) && /proofs/.test(path) ? 403 : 'pass'),
    'refuses one manifest': (path, method) => (method === 'GET' && /-dump-.*manifest\.json/.test(path) ? 403 : 'pass'),
    'cuts a list': (path) => (ofBackups(path) ? 'cut' : 'pass'),
  }
  test('31: of which the store shows a part, none, or not who is there: an error, and no request to remove', async () => {
    await place()
    rules(shop, { days: 5, count: 1, keepVerified: 0 })
    for (const days of [60, 50, 40, 30]) await aged(shop, days, { level: 1 })
    const before = await content()
    for (const [name, fault] of Object.entries(faults)) {
      const removed: string[] = []
      const way = await behind(moto.endpoint, (path, method) => {
        if (method === 'DELETE') removed.push(path)
        return fault(path, method)
      })
      const ended = await shop.arxdb(['prune', '--yes', '--s3-endpoint', way.endpoint])
      way.close()
      expect([1, 4], `${name}: ${ended.stderr}`).toContain(ended.code)
      expect(
        removed.filter((path) => !path.includes('leases')),
        name,
      ).toEqual([])
      expect(await leases(), name).toEqual([])
    }
    expect(await content()).toEqual(before)
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(await listed()).toHaveLength(1)
  })

  test('35: what Object Lock holds is told, exit 0: the backup is whole, and its WAL stays', async () => {
    const bucket = await place(true)
    rules(shop, { days: 5, count: 1, keepVerified: 0 })
    const wal = (start: string) => ({ timeline: 1, start, end: start, segmentBytes: 16 << 20 })
    const held = await aged(shop, 60, { kind: 'base', wal: wal('0/5000028') })
    const gone = await aged(shop, 50, { kind: 'base', wal: wal('0/6000028') })
    const kept = await aged(shop, 1, { kind: 'base', wal: wal('0/9000028') })
    const segments = [4, 5, 6, 8, 9].map((n) => `wal/${shop.server.systemId}/00000001/00000001000000000000000${n}`)
    for (const key of segments) await shop.repository.store.put(key, Buffer.from('wal'))
    const client = moto.client()
    const Retention = { Mode: 'COMPLIANCE' as const, RetainUntilDate: new Date(Date.now() + 30 * DAY_MS) }
    const Key = `market/${manifestKey(held.label)}`
    await client.send(new PutObjectRetentionCommand({ Bucket: bucket, Key, Retention }))
    client.destroy()
    // A delete that names no version only covers a locked object; a service that answers 403 to it is played by the proxy.
    const way = await behind(moto.endpoint, (path, method) =>
      method === 'DELETE' && path.includes(encodeURI(manifestKey(held.label))) ? 403 : 'pass',
    )
    const ended = await shop.arxdb(['prune', '--yes', '--json', '--s3-endpoint', way.endpoint])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).toContain(`held by the store: ${manifestKey(held.label)}`)
    expect(ended.stderr).toContain(`${held.label} stays: the store holds on to it`)
    const actions = Object.fromEntries(rowsOf(ended.stdout).map(({ label, action }) => [label, action]))
    expect(actions).toEqual({ [held.label]: 'refused', [gone.label]: 'removed', [kept.label]: 'keep' })
    const left = await everything(shop)
    for (const key of [...segments, objectKey(held.label, 'a.bin')]) expect(left).toContain(key)
    expect(left.filter((key) => key.includes('removing.json') || key.startsWith('leases/'))).toEqual([])
    expect((await listed()).map(({ status }) => status)).toEqual(['good', 'good'])
    expect(await shop.arxdb(['verify', held.label, '--level', '1'])).toMatchObject({ code: 0 })
    // Once it lets go: all of it, and the WAL.
    way.close()
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect((await content()).filter((key) => key.startsWith('wal/'))).toEqual(segments.slice(-1))
  })
})
