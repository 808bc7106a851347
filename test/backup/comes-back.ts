// A dump or a copy brings a database back, with all that is in it, and nothing runs in it until it is opened.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compareEvidence } from '../../src/backup/evidence/compare.ts'
import { takeEvidence } from '../../src/backup/evidence/take.ts'
import type { Method } from '../../src/backup/methods/method.ts'
import { fillPrices } from '../engines/policy-scene.ts'
import { kindOf, logicalScene, type Scene } from '../faults/backup/scene-logical.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { fingerprint } from './fingerprint.ts'
import { fillArxdb, fillOwn } from './logical-scene.ts'

/** On every tier; `kind` is the one of the method. */
export const comesBack = (method: Method, kind: 'dump' | 'copy'): void =>
  describeTiers(`a ${kind}`, (tier) => {
    let database: TestDatabase
    let scene: Scene

    beforeAll(async () => {
      database = await migratedDatabase(tier)
      await withClient(database.url, async (client) => {
        await fillOwn(client)
        await fillArxdb(client, tier.name)
        await fillPrices(client, { coin: 'many', from: '2026-01-01', to: '2026-01-25', every: '10 seconds' })
        await client.query(
          `do $$ begin execute format('alter database %I set work_mem = ''5MB''', current_database()); end $$`,
        )
      })
      scene = await logicalScene(tier)
    })
    afterAll(async () => {
      await scene?.end()
      await database?.drop()
    })

    test('comes back the same', async () => {
      const manifest = await scene.backup(method, database.connection, kindOf(scene, kind))
      expect(manifest.warnings).toEqual([])
      expect(await scene.decode(method, manifest)).toEqual([])
      const name = scene.database()
      const { warnings } = await scene.restore(manifest, name)
      expect(warnings).toEqual([])
      const before = await withClient(database.url, fingerprint)
      expect(await withClient(scene.url(name), fingerprint)).toEqual(before)
      const evidence = await withClient(scene.url(name), async (client) => {
        await client.query('begin isolation level repeatable read read only')
        return takeEvidence(client, { at: new Date().toISOString(), exact: true })
      })
      expect(compareEvidence(manifest.evidence!, evidence)).toEqual([])
      await expect(scene.restore(manifest, name)).rejects.toMatchObject({ code: 'database-exists', exit: 6 })
    })
  })
