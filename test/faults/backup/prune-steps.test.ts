// Prunes planned and carried out step by step, beside a store that fails at any of them.
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { objectKey } from '../../../src/backup/catalogue.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { planPrune } from '../../../src/backup/prune/plan.ts'
import { carryOut } from '../../../src/backup/prune/remove.ts'
import type { Repository } from '../../../src/backup/repository.ts'
import { RETENTION } from '../../../src/backup/settings.ts'
import { RemovalRefused } from '../../../src/backup/stores/outcomes.ts'
import type { Store } from '../../../src/backup/stores/store.ts'
import { openShop, type Shop } from '../../backup/shop.ts'
import { aged, ago, allWhole, rules, withManifest } from './scene-prune.ts'

let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.close())

const NOW = Date.now()
const bent = (more: (store: Store) => Partial<Store>): Repository => ({
  ...shop.repository,
  store: { ...shop.repository.store, ...more(shop.repository.store) },
})
const RULES = { ...RETENTION, days: 10, count: 1, keepVerified: 1 }
const plan = (repository: Repository) => planPrune(repository, shop.key, RULES, NOW)

describe('a prune whose store', () => {
  test('31: refuses a list, in any place: nothing is planned', async () => {
    await aged(shop, 50)
    await aged(shop, 1)
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
    await aged(shop, 500)
    await aged(shop, 50)
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
    const full = await aged(shop, 60, { kind: 'base', level: 2 })
    await aged(shop, 55, { kind: 'incremental', parent: full.label })
    await aged(shop, 50)
    const other = await aged(shop, 20, { kind: 'base' })
    await aged(shop, 3, { kind: 'incremental', parent: other.label, level: 2 })
    await aged(shop, 2)
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
      for (const days of [60, 50, 40]) await aged(shop, days)
      const kept = await aged(shop, 1, { level: 2 })
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
      allWhole(shop)
      const again = await plan(shop.repository)
      await carryOut(shop.repository, again, { check() {}, async confirm() {} })
      expect(withManifest(shop), `after ${crash} steps`).toEqual([kept.label])
      expect((await shop.repository.store.list('backups/')).every(({ key }) => key.includes(kept.label))).toBe(true)
      expect((await plan(shop.repository)).remove).toEqual([])
    }
  }, 60_000)

  test('35: holds on to a manifest or to an object: told, and no error; the backup is whole or no backup', async () => {
    const [held, half] = [await aged(shop, 60), await aged(shop, 50)]
    await aged(shop, 1, { level: 2 })
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
    allWhole(shop)
    expect(withManifest(shop)).toContain(held.label)
    expect(withManifest(shop)).not.toContain(half.label)
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
          const made: Manifest = await aged(shop, age + 0.5, {
            ...({ level: level as 1 | 2 | undefined } as object),
            parent: stands && below ? below.label : null,
          })
          if (broken) await shop.prove(made.label, 1, false)
          below = made
        }
        rules(shop, retention)
        const planned = await planPrune(shop.repository, shop.key, { ...RETENTION, ...retention }, NOW)
        await carryOut(shop.repository, planned, { check() {}, async confirm() {} })
        const keep = planned.backups.filter((row) => row.keep).map(({ label }) => label)
        expect(withManifest(shop)).toEqual([...keep].sort())
        allWhole(shop)
        expect((await planPrune(shop.repository, shop.key, { ...RETENTION, ...retention }, NOW)).remove).toEqual([])
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  test('proofs and records of what is gone are kept 400 days', async () => {
    const gone = '20240101T000000Z-dump-00000a'
    await shop.prove(gone, 2, true, ago(500))
    await shop.prove('20260101T000000Z-dump-00000b', 2, true, ago(300))
    const kept = await aged(shop, 1, { level: 2 })
    const proofs = join(shop.folder, 'proofs', gone)
    for (const name of readdirSync(proofs)) utimesSync(join(proofs, name), ago(500), ago(500))
    const { memory } = await plan(shop.repository)
    expect(memory).toHaveLength(1)
    expect(memory[0]).toContain(`proofs/${gone}/`)
    expect(statSync(join(shop.folder, 'proofs', kept.label)).isDirectory()).toBe(true)
  })
})
