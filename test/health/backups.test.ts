// Checks of the repository: ages against the schedule, failures, proofs, and what it holds against what the server wrote.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupsSeen } from '../../src/health/check.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { type OwnCluster, openScene, type Scene } from './cluster.ts'
import { checked } from './scene.ts'

const HOUR = 3_600_000
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString()

const WELL: BackupsSeen = {
  ...{ newestGood: ago(2), newestProof: ago(48), failed: null, archive: null },
  ...{ everySeconds: 21_600, drillEverySeconds: 604_800 },
}

describeTiers('backups', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
  })
  afterAll(() => database?.drop())

  const ask = async (check: string, seen: Partial<BackupsSeen> = {}, thresholds = {}) => {
    const found = await checked(database.connection, check, { backups: async () => ({ ...WELL, ...seen }), thresholds })
    expect(found).toHaveLength(1)
    return found[0]!
  }

  test('without a repository they are skipped, and say what to write', async () => {
    for (const check of ['backup-age', 'backup-failed', 'restore-proof', 'archive-lag']) {
      expect(await checked(database.connection, check)).toMatchObject([
        { state: 'SKIPPED', try: expect.stringContaining('"backup"') },
      ])
    }
  })

  test('one that cannot be read is unknown, and says nothing of the server', async () => {
    const { ArxError, EXIT } = await import('../../src/errors.ts')
    const backups = async () => {
      throw new ArxError({ code: 's3-unreachable', message: 'cannot reach s3://b', exit: EXIT.connection })
    }
    const { examined } = await import('./scene.ts')
    expect(await examined(database.connection, ['backup-age', 'connections'], { backups })).toMatchObject([
      { check: 'connection', state: 'OK' },
      { check: 'backup-age', state: 'UNKNOWN', text: 'the repository: cannot reach s3://b' },
      { check: 'connections', state: 'OK' },
    ])
  })

  test('backup-age: 1.25 and 2 times the schedule, since the moment it was due', async () => {
    expect(await ask('backup-age')).toMatchObject({ state: 'OK', warn: 27_000, crit: 43_200, unit: 's' })
    const late = await ask('backup-age', { newestGood: ago(8) })
    expect(late).toMatchObject({
      ...{
        state: 'WARNING',
        text: expect.stringMatching(/^the newest good backup is 8 h old, .*; one is due every 6 h$/),
      },
      try: 'arxdb schedule list; arxdb backup run',
    })
    expect(Date.parse(late.since!)).toBeCloseTo(Date.now() - 0.5 * HOUR, -5)
    expect(await ask('backup-age', { newestGood: ago(12.1) })).toMatchObject({ state: 'CRITICAL' })
    const written = { 'backup-age': { warn: '1h', crit: '30d' } }
    expect(await ask('backup-age', {}, written)).toMatchObject({ state: 'WARNING', warn: 3_600 })
    expect(await ask('backup-age', { newestGood: null })).toMatchObject({ state: 'CRITICAL', try: 'arxdb backup run' })
  })

  test('backup-failed and restore-proof', async () => {
    expect(await ask('backup-failed')).toMatchObject({ state: 'OK' })
    const failed = { at: '2026-01-01T00:00:00.000Z', message: 'no space left' }
    expect(await ask('backup-failed', { failed })).toMatchObject({
      ...{ state: 'WARNING', since: failed.at, text: 'the newest run failed: no space left' },
    })
    expect(await ask('restore-proof')).toMatchObject({ state: 'OK' })
    expect(await ask('restore-proof', { newestProof: ago(9 * 24) })).toMatchObject({ state: 'WARNING' })
    expect(await ask('restore-proof', { newestProof: ago(36 * 24) })).toMatchObject({ state: 'CRITICAL' })
    expect(await ask('restore-proof', { newestProof: null })).toMatchObject({
      ...{ state: 'CRITICAL', try: 'arxdb backup drill' },
    })
  })

  test('archiver: off is skipped, and says what that means', async () => {
    for (const check of ['archiver', 'archive-lag']) {
      expect(await ask(check)).toMatchObject({ state: 'SKIPPED', try: 'arxdb wal setup' })
    }
  })
})

describe('archive-lag', () => {
  let scene: Scene
  let cluster: OwnCluster
  beforeAll(async () => {
    scene = await openScene()
    cluster = await scene.make('archived', { archive_mode: 'on', archive_command: 'true' }, ['--wal-segsize=1'])
  })
  afterAll(() => scene?.discard())

  const segment = async (): Promise<number> => {
    const [row] = await cluster.sql(`select div(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), 1048576)::int as segment`)
    return row!.segment as number
  }
  const ask = (archive: BackupsSeen['archive']) =>
    checked(cluster.connection, 'archive-lag', { backups: async () => ({ ...WELL, archive }) })
  const newest = (number: number, timeline = 1, gaps = 0) => ({
    ...{ newest: { [timeline]: number }, segmentBytes: 1 << 20, gaps },
  })

  test('counts segments between the newest one there and the one being written', async () => {
    for (let n = 0; n < 70; n++) await cluster.sql('create table w ()', 'drop table w', 'select pg_switch_wal()')
    await cluster.sql('create table w ()')
    const now = await segment()
    expect(await ask(newest(now - 1))).toMatchObject([{ state: 'OK', value: 0 }])
    expect(await ask(newest(now))).toMatchObject([{ state: 'OK', value: 0 }])
    expect(await ask(newest(now - 16))).toMatchObject([{ state: 'OK', value: 15 }])
    expect(await ask(newest(now - 17))).toMatchObject([
      {
        state: 'WARNING',
        value: 16,
        text: expect.stringMatching(/^the repository is 16 segments behind the server, which writes 0/),
      },
    ])
    expect(await ask(newest(now - 65))).toMatchObject([
      { state: 'CRITICAL', value: 64, try: expect.stringContaining('doctor') },
    ])
    // The archiver itself has nothing to complain of: that is the point.
    expect(await checked(cluster.connection, 'archiver')).toMatchObject([{ state: 'OK' }])
  })

  test('gaps, other timelines, and nothing at all', async () => {
    const now = await segment()
    expect(await ask(newest(now - 1, 1, 2))).toMatchObject([
      {
        state: 'CRITICAL',
        object: 'gaps',
        value: 2,
        text: '2 gaps in the archived WAL: a restore cannot get over them',
      },
    ])
    expect(await ask(newest(now - 3, 7))).toMatchObject([
      { state: 'OK', value: 2, text: expect.stringMatching(/none of timeline 1 yet$/) },
    ])
    expect(await ask(null)).toMatchObject([{ state: 'SKIPPED', text: expect.stringContaining('sends it elsewhere') }])
    await cluster.sql(
      `alter system set archive_command = '"/usr/bin/node" "/opt/arxdb/bin/arxdb.js" wal push "%p"'`,
      'select pg_reload_conf()',
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await ask(null)).toMatchObject([
      { state: 'CRITICAL', text: expect.stringContaining('holds no WAL of this cluster') },
    ])
  })
})
