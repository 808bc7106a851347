// Too little room where it goes: told beforehand from sizes; and where the disk fills up in spite of it, a restore says
// that, and neither blames the backup nor leaves half of a cluster.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestKey, signed } from '../../../src/backup/catalogue.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { sweepLeftovers } from '../../../src/backup/restore/leftovers.ts'
import { load, majorOf, makeTicks, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { noSmallDisk, type SmallDisk, smallDisk } from '../harness/small-disk.ts'

const noDisk = noSmallDisk()
const own = tiers().some(({ name }) => name !== 'apache')

describe.skipIf(noDisk || !own)(`on a small disk${noDisk ? ` (${noDisk})` : ''}`, () => {
  let scene: PhysicalScene
  let backup: Manifest
  let bindir: string
  let disk: SmallDisk

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    await makeTicks(scene)
    await load(scene, 0, 1_000)
    backup = await scene.backup(baseMethod, 'base')
    await load(scene, 1, 1_000)
    await scene.archived()
    disk = smallDisk(72)
  }, 60_000)
  afterAll(async () => {
    disk?.end()
    await scene?.end()
  })

  const arxdb = (...args: string[]): Promise<Outcome> => {
    const { repo, keyFile } = scene.settings
    return runBeside(
      'plain',
      [...args, '--repo', repo, '--key-file', keyFile, '--bindir', bindir, '-o', 'json'],
      scene.folder,
    )
  }
  const errorOf = ({ stderr }: Outcome) => JSON.parse(stderr.trim().split('\n').at(-1)!).error
  /** As if the cluster had been that large when it was backed up. */
  const claim = (bytes: number) => {
    const manifest: Manifest = { ...backup, server: { ...backup.server, bytes } }
    return scene.repository.store.put(manifestKey(backup.label), signed(manifest, scene.key), { replace: true })
  }
  /** What plans make of it: a failed proof would have them pass over the backup. */
  const stillGood = async (): Promise<void> => {
    const planned = await arxdb('restore', 'plan', '--to', 'backup')
    expect(planned.code, planned.stdout).toBe(0)
    expect(planned.stdout).not.toContain('FAILED')
  }

  test('52: too little room is refused up front, and nothing is made', async () => {
    const into = join(disk.folder, 'refused')
    const planned = await arxdb('restore', 'plan', '--to', 'backup', '--into', into)
    expect(planned.code).toBe(3)
    expect(JSON.parse(planned.stdout)).toContainEqual({
      ...{ check: 'disk', outcome: 'problem' },
      detail: expect.stringMatching(/about .* needed .*, .* free in /),
    })
    const run = await arxdb('restore', 'run', '--to', 'backup', '--into', into)
    expect(run).toMatchObject({ code: 6, stdout: '' })
    expect(errorOf(run)).toMatchObject({ code: 'restore-refused', detail: expect.stringContaining('disk: about') })
    expect(existsSync(into)).toBe(false)
  })

  test.each([
    ['52: a disk that fills up while files are unpacked', 8, 'backup'],
    ['52: a disk that fills up while WAL is replayed', 52, 'latest'],
  ])('%s ends the restore; the place is empty again, and the backup as good as before', async (_, megabytes, to) => {
    // A promise of no size at all, so that planning does not refuse it.
    await claim(-64 * 16_777_216)
    disk.fill(megabytes * 1024)
    try {
      const into = join(disk.folder, 'full')
      mkdirSync(into, { recursive: true })
      const run = await arxdb('restore', 'run', '--to', to, '--into', into)
      expect(run, run.stderr).toMatchObject({ code: 6, stdout: '' })
      expect(errorOf(run)).toMatchObject({ code: 'disk-full', message: expect.stringContaining(into) })
      expect(errorOf(run).detail).toContain(`${into} is empty again`)
      expect(run.stderr).not.toContain('damaged')
      expect(readdirSync(into)).toEqual([])
      expect(await sweepLeftovers()).not.toContain(into)
    } finally {
      disk.free()
    }
    await stillGood()
  })

  test('52: what stood there before comes back when the disk fills up', async () => {
    const into = join(disk.folder, 'before')
    mkdirSync(into)
    writeFileSync(join(into, 'precious'), 'x')
    disk.fill(8 * 1024)
    try {
      const run = await arxdb('restore', 'run', '--to', 'backup', '--into', into, '--yes')
      expect(run.code, run.stderr).toBe(6)
      expect(errorOf(run)).toMatchObject({
        code: 'disk-full',
        detail: expect.stringContaining(`${into} is what it was`),
      })
      expect(readdirSync(into)).toEqual(['precious'])
      expect(readdirSync(disk.folder).filter((name) => name.startsWith('before.'))).toEqual([])
    } finally {
      disk.free()
    }
  })

  test('52: a drill that runs out of room is not the backup’s failure, and leaves nothing', async () => {
    disk.fill(8 * 1024)
    const staging = join(disk.folder, 'staging')
    mkdirSync(staging, { recursive: true })
    try {
      const drilled = await arxdb('backup', 'drill', '--staging', staging)
      expect(drilled.code, drilled.stderr).toBe(6)
      expect(errorOf(drilled)).toMatchObject({ code: 'disk-full' })
      expect(readdirSync(staging)).toEqual([])
    } finally {
      disk.free()
    }
    await stillGood()
  })
})
