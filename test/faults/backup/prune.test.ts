// Pruning, with what may go wrong on the way injected: what stays must be whole, and what was not meant must not go.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { objectKey } from '../../../src/backup/catalogue.ts'
import { takeLease } from '../../../src/backup/lease.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { openShop, type Shop } from '../../backup/shop.ts'
import { runBeside } from '../../servers/beside.ts'
import { aged, ago, allWhole, everything, labels, OBJECTS, rules, withManifest } from './scene-prune.ts'

let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.close())

describe('arxdb backup prune', () => {
  test('keeps 30 days and the newest three, and says why; a dry run shows the same and removes nothing', async () => {
    const [young, older, old, oldest] = [
      await aged(shop, 1, { level: 2 }),
      await aged(shop, 20, { level: 2 }),
      await aged(shop, 40),
      await aged(shop, 50),
    ]
    const before = await everything(shop)
    const dry = await shop.arxdb(['prune', '--dry-run', '--json'])
    expect(dry, dry.stderr).toMatchObject({ code: 0 })
    expect(await everything(shop)).toEqual(before)
    const rows = JSON.parse(dry.stdout) as { label: string; action: string; reason: string }[]
    expect(rows.map(({ label, action }) => [label, action])).toEqual([
      ...[young, older, old].map(({ label }) => [label, 'keep']),
      [oldest.label, 'remove'],
    ])
    expect(rows[0]!.reason).toMatch(/newest verified.*newest 3.*younger than 30 d/)
    const refused = await shop.arxdb(['prune'])
    expect(refused).toMatchObject({ code: 6 })
    expect(await everything(shop)).toEqual(expect.arrayContaining([...before]))
    const done = await shop.arxdb(['prune', '--yes', '--json'])
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(labels(shop)).toEqual([young, older, old].map(({ label }) => label).sort())
    expect((JSON.parse(done.stdout) as typeof rows).at(-1)).toMatchObject({ label: oldest.label, action: 'removed' })
    // Its run stays on record.
    expect((await everything(shop)).some((key) => key.startsWith('runs/') && key.includes('-prune-'))).toBe(true)
  })

  test('27, 28: 60 days of failures and a policy of 30: the last verified two stay, unfinished ones do not count', async () => {
    rules(shop, { days: 30, count: 1 })
    const good = [await aged(shop, 70, { level: 2 }), await aged(shop, 65, { level: 2 })]
    // Days are counted from the newest good one.
    const worse = [await aged(shop, 110, { level: 2 }), await aged(shop, 100, { level: 1 })]
    for (const days of [5, 15, 25, 35, 45]) await shop.prove((await aged(shop, days)).label, 2, false)
    for (const days of [2, 3]) {
      const key = objectKey(shop.label(ago(days)), 'half.bin')
      await shop.repository.store.put(key, randomBytes(10))
    }
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    for (const { label } of good) expect(labels(shop)).toContain(label)
    for (const { label } of worse) expect(labels(shop)).not.toContain(label)
    // Those that failed are younger than all good ones. The unfinished ones are young by their files.
    expect(labels(shop)).toHaveLength(2 + 5 + 2)
    allWhole(shop)
  })

  test('no backup was ever verified: it says so, and the newest ones stay', async () => {
    rules(shop, { days: 1, count: 1, keepVerified: 3 })
    for (const days of [10, 20, 30, 40, 50]) await aged(shop, days)
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stderr).toContain('0 of the 3 verified backups that are to be kept: the newest 3 stay')
    expect(labels(shop)).toHaveLength(3)
  })

  test('29: what a kept incremental stands on stays', async () => {
    rules(shop, { days: 30, count: 1, keepVerified: 1 })
    const full = await aged(shop, 60, { kind: 'base' })
    const first = await aged(shop, 50, { kind: 'incremental', parent: full.label })
    const second = await aged(shop, 3, { kind: 'incremental', parent: first.label, level: 2 })
    const dead = await aged(shop, 55, { kind: 'base' })
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(labels(shop)).toEqual([full, first, second].map(({ label }) => label).sort())
    expect(labels(shop)).not.toContain(dead.label)
  })

  test('29: what is damaged and can be put right is there, and so is what stands on it or below it', async () => {
    rules(shop, { days: 30, count: 1, keepVerified: 1 })
    const full = await aged(shop, 60, { kind: 'base', level: 2 })
    const first = await aged(shop, 55, { kind: 'incremental', parent: full.label, level: 2 })
    const second = await aged(shop, 50, { kind: 'incremental', parent: first.label, level: 2 })
    await aged(shop, 2, { kind: 'base', level: 2 })
    const there = labels(shop)
    const path = (one: Manifest): string => shop.path(one.label, 'manifest.json')
    const old = ago(20)
    for (const one of [full, first]) {
      const original = readFileSync(path(one))
      const flipped = Buffer.from(original)
      flipped[original.indexOf('"bytes"') + 1]! ^= 1
      for (const changed of [flipped, original.subarray(0, 90), undefined]) {
        if (changed) writeFileSync(path(one), changed)
        else rmSync(path(one))
        for (const name of OBJECTS) utimesSync(shop.path(one.label, name), old, old)
        const ended = await shop.arxdb(['prune', '--yes', '--json'])
        expect(ended, ended.stderr).toMatchObject({ code: 0 })
        expect(labels(shop), `${one.kind} ${changed?.length}`).toEqual(there)
        expect(ended.stdout).toContain('left for a human')
        writeFileSync(path(one), original)
      }
    }
    // Whole again, it is the rules' alone.
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    for (const { label } of [full, first, second]) expect(labels(shop)).not.toContain(label)
  })

  test('32, 33: files of others stay and are told; what is not finished stays while it is young, and goes when it is not', async () => {
    rules(shop, { days: 1, count: 1, keepVerified: 0 })
    const [gone, kept] = [await aged(shop, 50), await aged(shop, 0.5)]
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
    const left = await everything(shop)
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
    for (const key of ofGone) expect(await everything(shop)).toContain(key)
    rmSync(join(shop.folder, ofGone[0]!))
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(await everything(shop)).not.toContain(ofGone[1])
  })

  test('33: while another one is at work it refuses, naming it', async () => {
    await aged(shop, 1)
    const lease = await takeLease(shop.repository, 'repository', 'backup run')
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended).toMatchObject({ code: 6 })
    expect(ended.stderr).toContain(`pid ${process.pid}`)
    expect(await shop.arxdb(['prune', '--dry-run'])).toMatchObject({ code: 0 })
    await lease.release()
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
  })

  test('34: a new cluster begins with low WAL names: order is by time, and WAL goes by cluster', async () => {
    rules(shop, { days: 10, count: 1, keepVerified: 0 })
    const wal = (start: string) => ({ timeline: 1, start, end: start, segmentBytes: 16 << 20 })
    const before = await aged(shop, 400, { kind: 'base', wal: wal('F/5000028') })
    const after = await aged(shop, 2, {
      kind: 'base',
      wal: wal('0/5000028'),
      server: { ...shop.server, systemId: '99' },
    })
    const segment = (system: string, name: string) => `wal/${system}/00000001/${name}.zst`
    const keys = [segment('7300000000000000001', '000000010000000F00000004'), segment('99', '000000010000000000000005')]
    const gone = segment('99', '000000010000000000000004')
    for (const key of [...keys, gone]) await shop.repository.store.put(key, Buffer.from('wal'))
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(withManifest(shop)).toEqual([after.label])
    expect(labels(shop)).not.toContain(before.label)
    const left = await everything(shop)
    for (const key of keys) expect(left).toContain(key)
    expect(left).not.toContain(gone)
    expect(ended.stderr).toContain('no base backup of cluster 7300000000000000001 is kept')
  })

  test('a forged manifest, a wrong key, no key: nothing that cannot be trusted goes, and no WAL', async () => {
    rules(shop, { days: 1, count: 1, keepVerified: 0 })
    const all = [await aged(shop, 50, { kind: 'base' }), await aged(shop, 40), await aged(shop, 30)]
    const path = shop.path(all[0]!.label, 'manifest.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"market"', '"markes"'))
    const ended = await shop.arxdb(['prune', '--yes'])
    expect(ended.stderr).toContain(`${all[0]!.label} has a manifest that cannot be trusted`)
    expect(labels(shop)).toEqual([all[0]!.label, all[2]!.label].sort())
    const keyless = await shop.arxdb(['prune', '--yes'], { ARXDB_BACKUP_KEY: join(shop.home, 'none.key') })
    expect(keyless).toMatchObject({ code: 0 })
    expect(labels(shop)).toHaveLength(2)
  })

  test('35: a folder that cannot be changed: told, exit 0, and the backup is whole', async (context) => {
    rules(shop, { days: 1, count: 1, keepVerified: 0 })
    const held = await aged(shop, 50)
    const [gone, kept] = [await aged(shop, 40), await aged(shop, 0.1)]
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
      expect(labels(shop)).toEqual([held.label, kept.label].sort())
      expect(readdirSync(folder)).not.toContain('removing.json')
      allWhole(shop)
      expect(JSON.parse(ended.stdout)).toContainEqual(expect.objectContaining({ label: held.label, action: 'refused' }))
      expect(JSON.parse(ended.stdout)).toContainEqual(expect.objectContaining({ label: gone.label, action: 'removed' }))
    } finally {
      execFileSync('chattr', ['-i', manifest])
    }
  })

  test('30: killed in the middle: no backup that looks good and is not, and the next one ends it', async () => {
    rules(shop, { days: 1, count: 1, keepVerified: 0 })
    for (let n = 0; n < 12; n++) await aged(shop, 30 + n)
    const kept = await aged(shop, 0.1)
    const before = withManifest(shop).length
    const abort = new AbortController()
    const env = { ARXDB_BACKUP_KEY: shop.key.file }
    const running = runBeside('plain', ['backup', 'prune', '--yes', '--repo', shop.folder], shop.home, {
      env,
      signal: abort.signal,
    })
    while (withManifest(shop).length === before) await sleep(1)
    abort.abort()
    expect((await running).code).toBeNull()
    allWhole(shop)
    expect(withManifest(shop).length).toBeGreaterThan(0)
    const listed = await shop.arxdb(['list', '--json'])
    expect(
      (JSON.parse(listed.stdout) as { status: string }[]).every(({ status }) =>
        ['good', 'being removed'].includes(status),
      ),
    ).toBe(true)
    // The dead one's lease is taken over at once: its process is seen to be gone.
    expect(await shop.arxdb(['prune', '--yes'])).toMatchObject({ code: 0 })
    expect(labels(shop)).toEqual([kept.label])
    allWhole(shop)
  })
})

/** The store with some of its answers replaced. */
