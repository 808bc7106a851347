// Pruning, with what may go wrong on the way injected: what stays must be whole, and what was not meant must not go.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { objectKey } from '../../../src/backup/catalogue.ts'
import { takeLease } from '../../../src/backup/lease.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { planPrune } from '../../../src/backup/prune/plan.ts'
import { carryOut } from '../../../src/backup/prune/remove.ts'
import type { Repository } from '../../../src/backup/repository.ts'
import { beginRun } from '../../../src/backup/runs.ts'
import { RETENTION } from '../../../src/backup/settings.ts'
import { RemovalRefused } from '../../../src/backup/stores/outcomes.ts'
import type { Store } from '../../../src/backup/stores/store.ts'
import { DAY_MS, openShop, type Shop } from '../../backup/shop.ts'
import { runBeside } from '../../servers/beside.ts'

let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.close())

const NOW = Date.now()
const ago = (days: number): Date => new Date(NOW - days * DAY_MS)

/** One that ended so many days ago, with a record of its run; verified where a level is given. */
async function backup(days: number, more: Partial<Manifest> & { level?: 0 | 1 | 2; objects?: readonly never[] } = {}) {
  const { level, ...rest } = more
  const label = shop.label(ago(days), rest.kind ?? 'dump')
  const contents = ['a.bin', 'b.bin', 'c/d.bin'].map((name) => ({ name, bytes: randomBytes(50), seals: [] }))
  const manifest = await shop.publish({ label, ...rest }, contents)
  const run = await beginRun(shop.repository, 'run')
  await run.end('ok', { label })
  if (level !== undefined) await shop.prove(label, level, true, ago(days))
  return manifest
}

/** Folders that hold something. */
const labels = (): readonly string[] => {
  const root = join(shop.folder, 'backups')
  const holds = (name: string): boolean =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true }).some((one) => one.isFile())
  return existsSync(root) ? readdirSync(root).filter(holds).sort() : []
}
const withManifest = (): readonly string[] => labels().filter((label) => existsSync(shop.path(label, 'manifest.json')))
/** Every backup that has a manifest has all of its objects. */
async function allWhole(): Promise<void> {
  for (const label of withManifest())
    for (const name of ['a.bin', 'b.bin', 'c/d.bin'])
      expect(existsSync(shop.path(label, name)), `${label} ${name}`).toBe(true)
}
const config = (retention: object): void =>
  writeFileSync(join(shop.home, 'arxdb.json'), JSON.stringify({ backup: { retention } }))
const everything = async (): Promise<readonly string[]> => (await shop.repository.store.list('')).map(({ key }) => key)

describe('arxdb backup prune', () => {
  test('keeps 30 days and the newest three, and says why; a dry run shows the same and removes nothing', async () => {
    const [young, older, old, oldest] = [
      await backup(1, { level: 2 }),
      await backup(20, { level: 2 }),
      await backup(40),
      await backup(50),
    ]
    const before = await everything()
    const dry = await shop.arxdb(['prune', '--dry-run', '--json'])
    expect(dry, dry.stderr).toMatchObject({ code: 0 })
    expect(await everything()).toEqual(before)
    const rows = JSON.parse(dry.stdout) as { label: string; action: string; reason: string }[]
    expect(rows.map(({ label, action }) => [label, action])).toEqual([
      ...[young, older, old].map(({ label }) => [label, 'keep']),
      [oldest.label, 'remove'],
    ])
    expect(rows[0]!.reason).toMatch(/newest verified.*newest 3.*younger than 30 d/)
    const refused = await shop.arxdb(['prune'])
    expect(refused).toMatchObject({ code: 6 })
    expect(await everything()).toEqual(expect.arrayContaining([...before]))
    const done = await shop.arxdb(['prune', '--yes', '--json'])
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(labels()).toEqual([young, older, old].map(({ label }) => label).sort())
    expect((JSON.parse(done.stdout) as typeof rows).at(-1)).toMatchObject({ label: oldest.label, action: 'removed' })
    // Its run stays on record.
    expect((await everything()).some((key) => key.startsWith('runs/') && key.includes('-prune-'))).toBe(true)
  })

  test('27, 28: 60 days of failures and a policy of 30: the last verified two stay, unfinished ones do not count', async () => {
    config({ days: 30, count: 1 })
    const good = [await backup(70, { level: 2 }), await backup(65, { level: 2 })]
    // Days are counted from the newest good one.
    const worse = [await backup(110, { level: 2 }), await backup(100, { level: 1 })]
    for (const days of [5, 15, 25, 35, 45]) await shop.prove((await backup(days)).label, 2, false)
    for (const days of [2, 3]) {
      const key = objectKey(shop.label(ago(days)), 'half.bin')
      await shop.repository.store.put(key, randomBytes(10))
    }
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    for (const { label } of good) expect(labels()).toContain(label)
    for (const { label } of worse) expect(labels()).not.toContain(label)
    // Those that failed are younger than all good ones. The unfinished ones are young by their files.
    expect(labels()).toHaveLength(2 + 5 + 2)
    await allWhole()
  })

  test('no backup was ever verified: it says so, and the newest ones stay', async () => {
    config({ days: 1, count: 1, keepVerified: 3 })
    for (const days of [10, 20, 30, 40, 50]) await backup(days)
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stderr).toContain('0 of the 3 verified backups that are to be kept: the newest 3 stay')
    expect(labels()).toHaveLength(3)
  })

  test('29: what a kept incremental stands on stays', async () => {
    config({ days: 30, count: 1, keepVerified: 1 })
    const full = await backup(60, { kind: 'base' })
    const first = await backup(50, { kind: 'incremental', parent: full.label })
    const second = await backup(3, { kind: 'incremental', parent: first.label, level: 2 })
    const dead = await backup(55, { kind: 'base' })
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(labels()).toEqual([full, first, second].map(({ label }) => label).sort())
    expect(labels()).not.toContain(dead.label)
  })

  test('29: what is damaged and can be put right is there, and so is what stands on it or below it', async () => {
    config({ days: 30, count: 1, keepVerified: 1 })
    const full = await backup(60, { kind: 'base', level: 2 })
    const first = await backup(55, { kind: 'incremental', parent: full.label, level: 2 })
    const second = await backup(50, { kind: 'incremental', parent: first.label, level: 2 })
    await backup(2, { kind: 'base', level: 2 })
    const there = labels()
    const path = (one: Manifest): string => shop.path(one.label, 'manifest.json')
    const old = ago(20)
    for (const one of [full, first]) {
      const original = readFileSync(path(one))
      const flipped = Buffer.from(original)
      flipped[original.indexOf('"bytes"') + 1]! ^= 1
      for (const changed of [flipped, original.subarray(0, 90), undefined]) {
        if (changed) writeFileSync(path(one), changed)
        else rmSync(path(one))
        for (const name of ['a.bin', 'b.bin', 'c/d.bin']) utimesSync(shop.path(one.label, name), old, old)
        const ended = await shop.arxdb(['prune', '--yes', '--json'])
        expect(ended, ended.stderr).toMatchObject({ code: 0 })
        expect(labels(), `${one.kind} ${changed?.length}`).toEqual(there)
        expect(ended.stdout).toContain('left for a human')
        writeFileSync(path(one), original)
      }
    }
    // Whole again, it is the rules' alone.
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    for (const { label } of [full, first, second]) expect(labels()).not.toContain(label)
  })

  test('32, 33: files of others stay and are told; what is not finished stays while it is young, and goes when it is not', async () => {
    config({ days: 1, count: 1, keepVerified: 0 })
    const [gone, kept] = [await backup(50), await backup(0.5)]
    const foreign = [
      'backups/README.txt',
      'backups/not-a-label/x.bin',
      'other/y.bin',
      `backups/${kept.label}/notes.txt`,
    ].concat(`backups/${gone.label}/notes.txt`)
    for (const key of foreign) await shop.repository.store.put(key, Buffer.from('mine'))
    const [young, old] = [shop.label(ago(9)), shop.label(ago(8))]
    for (const label of [young, old]) await shop.repository.store.put(objectKey(label, 'half.bin'), randomBytes(9))
    utimesSync(shop.path(old, 'half.bin'), ago(3), ago(3))
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const left = await everything()
    for (const key of foreign) {
      expect(left).toContain(key)
      if (!key.startsWith('other/')) expect(ended.stderr).toContain(`${key} is not of arxdb`)
    }
    expect(left).toContain(objectKey(young, 'half.bin'))
    expect(left).not.toContain(objectKey(old, 'half.bin'))
    const ofGone = [`backups/${gone.label}/notes.txt`, `backups/${gone.label}/removing.json`]
    expect(left.filter((key) => key.includes(gone.label) && key.startsWith('backups/'))).toEqual(ofGone)
    // And they stay, however old they get.
    for (const key of ofGone) utimesSync(join(shop.folder, key), ago(90), ago(90))
    const again = await shop.arxdb(['prune', '--yes'])
    expect(again.stderr).toContain(`${ofGone[0]} is not of arxdb`)
    for (const key of ofGone) expect(await everything()).toContain(key)
    rmSync(join(shop.folder, ofGone[0]!))
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(await everything()).not.toContain(ofGone[1])
  })

  test('33: while another one is at work it refuses, naming it', async () => {
    await backup(1)
    const lease = await takeLease(shop.repository, 'repository', 'backup run')
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended).toMatchObject({ code: 6 })
    expect(ended.stderr).toContain(`pid ${process.pid}`)
    expect(await shop.arxdb(['prune', '--dry-run'])).toMatchObject({ code: 0 })
    await lease.release()
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
  })

  test('34: a new cluster begins with low WAL names: order is by time, and WAL goes by cluster', async () => {
    config({ days: 10, count: 1, keepVerified: 0 })
    const wal = (start: string) => ({ timeline: 1, start, end: start, segmentBytes: 16 << 20 })
    const before = await backup(400, { kind: 'base', wal: wal('F/5000028') })
    const after = await backup(2, { kind: 'base', wal: wal('0/5000028'), server: { ...shop.server, systemId: '99' } })
    const segment = (system: string, name: string) => `wal/${system}/00000001/${name}.zst`
    const keys = [segment('7300000000000000001', '000000010000000F00000004'), segment('99', '000000010000000000000005')]
    const gone = segment('99', '000000010000000000000004')
    for (const key of [...keys, gone]) await shop.repository.store.put(key, Buffer.from('wal'))
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(withManifest()).toEqual([after.label])
    expect(labels()).not.toContain(before.label)
    const left = await everything()
    for (const key of keys) expect(left).toContain(key)
    expect(left).not.toContain(gone)
    expect(ended.stderr).toContain('no base backup of cluster 7300000000000000001 is kept')
  })

  test('a forged manifest, a wrong key, no key: nothing that cannot be trusted goes, and no WAL', async () => {
    config({ days: 1, count: 1, keepVerified: 0 })
    const all = [await backup(50, { kind: 'base' }), await backup(40), await backup(30)]
    const path = shop.path(all[0]!.label, 'manifest.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"market"', '"markes"'))
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended.stderr).toContain(`${all[0]!.label} has a manifest that cannot be trusted`)
    expect(labels()).toEqual([all[0]!.label, all[2]!.label].sort())
    const keyless = await shop.arxdb(['prune', '--yes'], { ARXDB_BACKUP_KEY: join(shop.home, 'none.key') })
    expect(keyless).toMatchObject({ code: 0 })
    expect(labels()).toHaveLength(2)
  })

  test('35: a folder that cannot be changed: told, exit 0, and the backup is whole', async (context) => {
    config({ days: 1, count: 1, keepVerified: 0 })
    const held = await backup(50)
    const [gone, kept] = [await backup(40), await backup(0.1)]
    const folder = shop.path(held.label, '')
    const manifest = shop.path(held.label, 'manifest.json')
    try {
      execFileSync('chattr', ['+i', manifest], { stdio: 'ignore' })
    } catch {
      context.skip('this file system or this user has no immutable files')
    }
    try {
      const ended = await shop.arxdb(['prune', '--yes', '--json'])
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      expect(ended.stderr).toContain(`held by the store: backups/${held.label}/manifest.json`)
      expect(labels()).toEqual([held.label, kept.label].sort())
      expect(readdirSync(folder)).not.toContain('removing.json')
      await allWhole()
      expect(JSON.parse(ended.stdout)).toContainEqual(expect.objectContaining({ label: held.label, action: 'refused' }))
      expect(JSON.parse(ended.stdout)).toContainEqual(expect.objectContaining({ label: gone.label, action: 'removed' }))
    } finally {
      execFileSync('chattr', ['-i', manifest])
    }
  })

  test('30: killed in the middle: no backup that looks good and is not, and the next one ends it', async () => {
    config({ days: 1, count: 1, keepVerified: 0 })
    for (let n = 0; n < 12; n++) await backup(30 + n)
    const kept = await backup(0.1)
    const before = withManifest().length
    const abort = new AbortController()
    const env = { ARXDB_BACKUP_KEY: shop.key.file }
    const running = runBeside('plain', ['backup', 'prune', '--yes', '--repo', shop.folder], shop.home, {
      env,
      signal: abort.signal,
    })
    while (withManifest().length === before) await sleep(1)
    abort.abort()
    expect((await running).code).toBeNull()
    await allWhole()
    expect(withManifest().length).toBeGreaterThan(0)
    const listed = await shop.arxdb(['list', '--json'])
    expect(
      (JSON.parse(listed.stdout) as { status: string }[]).every(({ status }) =>
        ['good', 'being removed'].includes(status),
      ),
    ).toBe(true)
    // The dead one's lease is taken over at once: its process is seen to be gone.
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(labels()).toEqual([kept.label])
    await allWhole()
  })
})

/** The store with some of its answers replaced. */
const bent = (more: (store: Store) => Partial<Store>): Repository => ({
  ...shop.repository,
  store: { ...shop.repository.store, ...more(shop.repository.store) },
})
const rules = { ...RETENTION, days: 10, count: 1, keepVerified: 1 }
const plan = (repository: Repository) => planPrune(repository, shop.key, rules, NOW)

describe('a prune whose store', () => {
  test('31: refuses a list, in any place: nothing is planned', async () => {
    await backup(50)
    await backup(1)
    for (const place of ['backups/', 'proofs/', 'runs/', 'wal/']) {
      const denied = bent((store) => ({
        list: async (prefix) => {
          if (prefix === place) throw new Error('403 Forbidden')
          return store.list(prefix)
        },
      }))
      await expect(plan(denied), place).rejects.toThrow('403')
    }
  })

  test('31: lists nothing: nothing goes, not even old records', async () => {
    await backup(500)
    await backup(50)
    await shop.repository.store.put('wal/7300000000000000001/00000001/000000010000000000000001.zst', Buffer.from('wal'))
    const empty = await plan(
      bent((store) => ({ list: async (prefix) => (prefix === 'backups/' ? [] : store.list(prefix)) })),
    ).catch((error: unknown) => error)
    expect(empty).toMatchObject({ code: 'list-incomplete' })
    // Even where no record of a run is left that would contradict.
    rmSync(join(shop.folder, 'runs'), { recursive: true })
    const blind = await plan(
      bent((store) => ({ list: async (prefix) => (prefix === 'backups/' ? [] : store.list(prefix)) })),
    )
    expect(blind).toMatchObject({ remove: [], sweep: [], wal: [], memory: [] })
  })

  test('31: lists a part of it: an error, or nothing beyond what the whole list would remove', async () => {
    const full = await backup(60, { kind: 'base', level: 2 })
    await backup(55, { kind: 'incremental', parent: full.label })
    await backup(50)
    const other = await backup(20, { kind: 'base' })
    await backup(3, { kind: 'incremental', parent: other.label, level: 2 })
    await backup(2)
    const whole = new Set((await plan(shop.repository)).remove.map(({ label }) => label))
    expect(whole.size).toBeGreaterThan(0)
    let [planned, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
        fc.integer({ min: 1, max: 9 }),
        async (dice, odds) => {
          const partial = bent((store) => ({
            list: async (prefix) =>
              (await store.list(prefix)).filter(() => prefix !== 'backups/' || dice.next().value! >= odds),
          }))
          const found = await plan(partial).catch((error: { code?: string }) => error.code)
          if (typeof found === 'string') {
            refused++
            expect(found).toBe('list-incomplete')
            return
          }
          planned++
          for (const { label } of found!.remove) expect(whole).toContain(label)
          expect(found!.sweep).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
    expect(planned + refused).toBeGreaterThan(0)
  })

  test('30: dies after any number of steps: what has a manifest is whole, and the next prune comes to the same end', async () => {
    // A note, the manifest, three objects, the note: of three backups.
    const steps = 3 * 6
    for (let crash = 0; crash <= steps; crash++) {
      await shop.close()
      shop = await openShop()
      for (const days of [60, 50, 40]) await backup(days)
      const kept = await backup(1, { level: 2 })
      let done = 0
      const step = (): void => {
        if (done++ === crash) throw new Error('power cut')
      }
      const failing = bent((store) => ({
        remove: async (key) => {
          step()
          await store.remove(key)
        },
        put: async (...args) => {
          step()
          return store.put(...args)
        },
      }))
      const once = carryOut(failing, await plan(shop.repository), { check() {}, async confirm() {} })
      if (crash < steps) await expect(once).rejects.toThrow('power cut')
      else await once
      await allWhole()
      const again = await plan(shop.repository)
      await carryOut(shop.repository, again, { check() {}, async confirm() {} })
      expect(withManifest(), `after ${crash} steps`).toEqual([kept.label])
      expect((await shop.repository.store.list('backups/')).every(({ key }) => key.includes(kept.label))).toBe(true)
      expect((await plan(shop.repository)).remove).toEqual([])
    }
  }, 60_000)

  test('35: holds on to a manifest or to an object: told, and no error; the backup is whole or no backup', async () => {
    const [held, half] = [await backup(60), await backup(50)]
    await backup(1, { level: 2 })
    const locked = [objectKey(held.label, 'manifest.json'), objectKey(half.label, 'b.bin')]
    const holding = bent((store) => ({
      remove: async (key) => {
        if (locked.includes(key)) throw new RemovalRefused('here', key, 'Object Lock until 2027')
        await store.remove(key)
      },
    }))
    const removed = await carryOut(holding, await plan(holding), { check() {}, async confirm() {} })
    expect(removed.refused.map((text) => text.split(':')[0]).sort()).toEqual([...locked].sort())
    expect(removed.labels).toEqual([])
    await allWhole()
    expect(withManifest()).toContain(held.label)
    expect(withManifest()).not.toContain(half.label)
    // Once the lock is over, both go.
    const later = await carryOut(shop.repository, await plan(shop.repository), { check() {}, async confirm() {} })
    expect([...later.labels].sort()).toEqual([held.label, half.label].sort())
  })

  test('36: whatever there is: what was done is what was planned', async () => {
    const days = fc.integer({ min: 0, max: 90 })
    const one = fc.record({ days, level: fc.constantFrom(undefined, 1, 2), broken: fc.boolean(), stands: fc.boolean() })
    const few = fc.integer({ min: 0, max: 3 })
    const asked = fc.record({ keepVerified: few, count: few, days, daily: few, weekly: few, monthly: few, yearly: few })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 7 }), asked, async (history, retention) => {
        await shop.close()
        shop = await openShop()
        let below: Manifest | undefined
        for (const { days: age, level, broken, stands } of [...history].sort((a, b) => b.days - a.days)) {
          const made: Manifest = await backup(age + 0.5, {
            ...({ level: level as 1 | 2 | undefined } as object),
            parent: stands && below ? below.label : null,
          })
          if (broken) await shop.prove(made.label, 1, false)
          below = made
        }
        config(retention)
        const planned = await planPrune(shop.repository, shop.key, { ...RETENTION, ...retention }, NOW)
        await carryOut(shop.repository, planned, { check() {}, async confirm() {} })
        const keep = planned.backups.filter((row) => row.keep).map(({ label }) => label)
        expect(withManifest()).toEqual([...keep].sort())
        await allWhole()
        expect((await planPrune(shop.repository, shop.key, { ...RETENTION, ...retention }, NOW)).remove).toEqual([])
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  test('proofs and records of what is gone are kept 400 days', async () => {
    const gone = '20240101T000000Z-dump-00000a'
    await shop.prove(gone, 2, true, ago(500))
    await shop.prove('20260101T000000Z-dump-00000b', 2, true, ago(300))
    const kept = await backup(1, { level: 2 })
    const proofs = join(shop.folder, 'proofs', gone)
    for (const name of readdirSync(proofs)) utimesSync(join(proofs, name), ago(500), ago(500))
    const { memory } = await plan(shop.repository)
    expect(memory).toHaveLength(1)
    expect(memory[0]).toContain(`proofs/${gone}/`)
    expect(statSync(join(shop.folder, 'proofs', kept.label)).isDirectory()).toBe(true)
  })
})
