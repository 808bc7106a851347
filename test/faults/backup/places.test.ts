// Where a restore may go: never over what runs, what it lives by, or what another restore is filling, however the path is
// written.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { serverAccount, startIsolated } from '../../../src/backup/restore/isolated.ts'
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
import { session } from '../../cli/session.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { standingAt } from '../harness/faulty.ts'
import { noSmallDisk, smallDisk } from '../harness/small-disk.ts'

const own = tiers().some(({ name }) => name !== 'apache')
const noDisk = noSmallDisk()

describe.skipIf(!own)('a restore goes nowhere', () => {
  let scene: PhysicalScene
  let moment: Moment
  let bindir: string

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    await makeTicks(scene)
    moment = await load(scene, 0, 1_000)
    await scene.backup(baseMethod, 'base')
    await scene.archived()
  }, 60_000)
  afterAll(() => scene?.end())

  const words = (into: string): readonly string[] => [
    ...['restore', 'run', '--to', 'backup', '--into', into, '--repo', scene.settings.repo],
    ...['--key-file', scene.settings.keyFile, '--bindir', bindir],
  ]
  const run = (into: string, ...more: string[]): Promise<Outcome> =>
    runBeside('plain', [...words(into), '-o', 'json', ...more], scene.folder)
  const errorOf = ({ stderr }: Outcome) => JSON.parse(stderr.trim().split('\n').at(-1)!).error
  const place = (name: string) => join(scene.folder, 'restored', name)
  const alive = () => scene.client.query('select count(*)::int as n from ticks')

  test('45: where a server runs, by whatever path', async () => {
    const { dataDir } = scene.production
    const link = place('link')
    symlinkSync(dataDir, link)
    const relative = join('cluster', basename(dataDir), '..', basename(dataDir))
    for (const into of [dataDir, `${dataDir}/`, link, `${link}/`, relative]) {
      const refused = await run(into, '--yes')
      expect(refused, refused.stderr).toMatchObject({ code: 6, stdout: '' })
      expect(errorOf(refused).code).toBe('server-running')
    }
    // Nor what holds it, nor inside of it.
    for (const into of [dirname(dataDir), join(dataDir, 'restored'), join(link, 'base', 'new')]) {
      const refused = await run(into, '--yes')
      expect(refused, refused.stderr).toMatchObject({ code: 6, stdout: '' })
      expect(errorOf(refused).code).toBe('place-in-use')
    }
    expect((await alive()).rows).toEqual([{ n: 1000 }])
    rmSync(link)
  })

  test('45: into its own repository, or over it', async () => {
    const { repo } = scene.settings
    const before = readdirSync(repo, { recursive: true }).length
    for (const into of [repo, `${repo}/`, join(repo, 'backups', 'restored'), scene.folder]) {
      const refused = await run(into, '--yes')
      expect([refused.code, errorOf(refused).code]).toEqual([6, 'place-in-use'])
    }
    expect(readdirSync(repo, { recursive: true })).toHaveLength(before)
  })

  test('45: over files, over a file, over a link to nowhere; and each is left as it was', async () => {
    const full = place('full')
    mkdirSync(full)
    writeFileSync(join(full, 'precious'), 'x')
    const file = place('file')
    writeFileSync(file, 'y')
    const link = place('dangling')
    symlinkSync('/nonexistent/nowhere', link)
    for (const into of [full, file, link]) {
      const refused = await run(into)
      expect(refused, refused.stderr).toMatchObject({ code: 6, stdout: '' })
    }
    expect([readdirSync(full), readFileSync(file, 'utf8')]).toEqual([['precious'], 'y'])
  })

  test.skipIf(noDisk)(`45: over what is on a mount point${noDisk ? ` (${noDisk})` : ''}`, async () => {
    const disk = smallDisk(2_000)
    try {
      writeFileSync(join(disk.folder, 'precious'), 'x')
      const refused = await run(disk.folder, '--yes')
      expect([refused.code, errorOf(refused).code]).toEqual([6, 'not-moved'])
      expect(readdirSync(disk.folder)).toEqual(['precious'])
    } finally {
      disk.end()
    }
  })

  test('45: over production that stands still, unless its number and this host are typed', async () => {
    const into = place('production')
    mkdirSync(into)
    for (const name of ['global', 'PG_VERSION'])
      cpSync(join(scene.production.dataDir, name), join(into, name), { recursive: true })
    const typing = (typed: string) =>
      session([...words(into)], {
        ...{ env: { PATH: process.env.PATH }, cwd: scene.folder, now: new Date().toISOString() },
        ...{ terminal: 200, typed: `${typed}\r` },
      })
    for (const typed of ['yes', into, scene.systemId]) {
      const refused = await typing(typed)
      expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('PRODUCTION ITSELF')])
    }
    expect(readdirSync(into).sort()).toEqual(['PG_VERSION', 'global'])
    const done = await typing(`${scene.systemId}@${hostname()}`)
    expect(done.code, done.stderr).toBe(0)
    // Moved aside, and not a byte of it gone.
    const aside = readdirSync(dirname(into)).find((name) => name.startsWith('production.before-'))!
    expect(readdirSync(place(aside)).sort()).toEqual(['PG_VERSION', 'global'])
  }, 60_000)

  test('45: where another restore is at work; of two that found it empty one goes on, and loses nothing by the other', async () => {
    const into = place('two')
    const first = await standingAt({ tier: 'plain', home: scene.folder }, words(into), 'planned')
    try {
      const second = await run(into)
      expect(second, second.stderr).toMatchObject({ code: 0 })
      first.resume()
      await new Promise((resolve) => first.child.once('exit', resolve))
      expect(first.child.exitCode).toBe(6)
      const signal = AbortSignal.timeout(60_000)
      const server = await startIsolated({ dataDir: into, programs: scene.programs, env: process.env, signal })
      expect((await asking(server, contentOf)).rows).toBe(moment.rows)
      await server.stop()
    } finally {
      await first.kill()
    }
    const slow = place('slow')
    const third = await standingAt({ tier: 'plain', home: scene.folder }, words(slow), 'unpacked')
    try {
      const fourth = await run(slow, '--yes')
      expect([fourth.code, errorOf(fourth).code]).toEqual([6, 'restore-running'])
    } finally {
      await third.kill()
    }
    // Once that one is gone, what it left is moved aside.
    expect(await run(slow, '--yes')).toMatchObject({ code: 0 })
  }, 120_000)

  test('45: where somebody else puts files of the same names meanwhile: theirs stay', async () => {
    const into = place('shared')
    const standing = await standingAt({ tier: 'plain', home: scene.folder }, words(into), 'claimed')
    try {
      writeFileSync(join(into, 'PG_VERSION'), 'of somebody else')
      standing.resume()
      await new Promise((resolve) => standing.child.once('exit', resolve))
      expect(standing.child.exitCode).toBe(6)
      expect(readFileSync(join(into, 'PG_VERSION'), 'utf8')).toBe('of somebody else')
    } finally {
      await standing.kill()
    }
  })

  test('45: where the account of the server cannot look', async ({ skip }) => {
    if (!serverAccount()) return skip('arxdb is not root here')
    const closed = mkdtempSync('/tmp/arxdb-closed-')
    try {
      const refused = await run(join(closed, 'restored'))
      expect([refused.code, errorOf(refused).code]).toEqual([1, 'folder-closed'])
      expect(readdirSync(closed, { recursive: true })).toEqual(['restored'])
    } finally {
      rmSync(closed, { recursive: true, force: true })
    }
  })
})
