// Back to each named moment, with exactly the rows of that moment.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import type { RecoveryTarget } from '../../../src/backup/restore/target.ts'
import { walKey } from '../../../src/backup/wal/names.ts'
import {
  asking,
  contentOf,
  load,
  type Moment,
  majorOf,
  makeTicks,
  type PhysicalScene,
  physicalScene,
} from '../../backup/physical-scene.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'

const own = tiers().filter(({ name }) => name !== 'apache')

describe.each(own)('on $name', ({ name: tier }) => {
  let scene: PhysicalScene
  let backup: Manifest
  const moments: Moment[] = []

  beforeAll(async () => {
    const found = await findPostgres()
    const { bindir } = found.installation
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier })
    await makeTicks(scene)
    moments.push(await load(scene, 0, 50_000))
    backup = await scene.backup(baseMethod, 'base')
    for (const batch of [1, 2, 3]) moments.push(await load(scene, batch, 50_000))
    await scene.archived()
  })

  afterAll(() => scene.end())

  test('decodes in full', async () => {
    expect(backup.wal).toMatchObject({ timeline: 1, segmentBytes: 16_777_216 })
    expect(backup.warnings).toEqual([])
    expect(await scene.decode(baseMethod, backup)).toEqual([])
  })

  const targets: readonly (readonly [string, (moment: Moment) => RecoveryTarget, number])[] = [
    ['a name', ({ name }) => ({ kind: 'name', name }), 1],
    ['a time', ({ time }) => ({ kind: 'time', at: time }), 2],
    ['a transaction', ({ xid }) => ({ kind: 'xid', xid }), 2],
    ['an LSN', ({ lsn }) => ({ kind: 'lsn', lsn }), 1],
    ['all there is', () => ({ kind: 'latest' }), 3],
    ['the backup itself', () => ({ kind: 'backup' }), 0],
  ]

  test.each(targets)('restores to %s', async (_, target, index) => {
    const moment = moments[index]!
    const restored = await scene.restore([backup], { target: target(moment), disposable: true })
    try {
      const { rows, digest } = await asking(restored.server, contentOf)
      expect({ rows, digest }).toEqual({ rows: moment.rows, digest: moment.digest })
      const guards = await asking(restored.server, async (client) => {
        const sql = `select pg_is_in_recovery() as recovering, current_setting('archive_mode') as archive,
          current_setting('timescaledb.max_background_workers', true) as workers`
        return (await client.query(sql)).rows[0]
      })
      expect(guards).toMatchObject({ recovering: false, archive: 'off', workers: '0' })
    } finally {
      await restored.server.stop()
    }
  })

  test('restores to a moment close before a segment that is damaged', async () => {
    const moment = await load(scene, 4, 100)
    // Little stands between: the rest of its segment is empty, and a server that reads ahead asks for the next one.
    await scene.archived()
    const { rows: said } = await scene.client.query('select pg_walfile_name(pg_current_wal_lsn() + 1) as file')
    await load(scene, 5, 100)
    await scene.archived()
    const { store } = scene.repository
    const key = walKey(scene.systemId, said[0].file)
    const whole = await store.read(key)
    const damaged = Buffer.from(whole)
    damaged[damaged.length >> 1]! ^= 1
    await store.remove(key)
    await store.put(key, damaged)
    const restored = await scene.restore([backup], { target: { kind: 'lsn', lsn: moment.lsn }, disposable: true })
    try {
      const { rows, digest } = await asking(restored.server, contentOf)
      expect({ rows, digest }).toEqual({ rows: moment.rows, digest: moment.digest })
    } finally {
      await restored.server.stop()
    }
    await expect(scene.restore([backup], { target: { kind: 'latest' }, disposable: true })).rejects.toMatchObject({
      code: 'wal-unavailable',
      detail: expect.stringContaining(key),
    })
  })
})
