// 45: a second restore where a first one was, is, or was killed: with tablespaces, behind a link, from another container, and
// over production that stands still. Nothing of anybody is deleted, and no two restores write into the same files.
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { serverAccount, startIsolated } from '../../../src/backup/restore/isolated.ts'
import { postmasterOf } from '../../../src/backup/restore/leftovers.ts'
import { markOf } from '../../../src/programs/process.ts'
import { asking, load, majorOf, makeTicks, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { runFaulty, type Subject, standingAt } from '../harness/faulty.ts'

const own = tiers().some(({ name }) => name === 'plain' || name === 'community')

describe.runIf(own)('a restore where there was one before', () => {
  let scene: PhysicalScene
  let bindir: string
  let subject: Subject
  let label: string
  const place = (name: string) => join(scene.folder, 'restored', name)
  const spaces = () => join(scene.folder, 'spaces')

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    subject = { tier: 'plain', home: scene.folder }
    mkdirSync(spaces())
    const account = serverAccount()
    if (account) chownSync(spaces(), account.uid, account.gid)
    await scene.client.query(`create tablespace far location '${spaces()}'`)
    await scene.client.query('create table apart tablespace far as select generate_series(1, 1000) as n')
    await makeTicks(scene)
    await load(scene, 0, 1_000)
    ;({ label } = await scene.backup(baseMethod, 'base'))
    await scene.archived()
  }, 60_000)
  afterAll(() => scene?.end())

  const words = (into: string, ...more: string[]): readonly string[] => [
    ...['restore', 'run', '--into', into, '--repo', scene.settings.repo, '--key-file', scene.settings.keyFile],
    ...['--bindir', bindir, '-o', 'json', ...more],
  ]
  const run = (into: string, ...more: string[]): Promise<Outcome> =>
    runBeside('plain', words(into, ...more), scene.folder)
  const errorOf = ({ stderr }: Outcome) => JSON.parse(stderr.trim().split('\n').at(-1)!).error
  const rowsApart = async (dataDir: string): Promise<number> => {
    const signal = AbortSignal.timeout(60_000)
    const server = await startIsolated({ dataDir, programs: scene.programs, env: process.env, signal })
    try {
      return await asking(server, async (c) => (await c.query('select count(*)::int as n from apart')).rows[0].n)
    } finally {
      await server.stop()
    }
  }
  const links = (dataDir: string): readonly string[] => {
    const folder = join(dataDir, 'pg_tblspc')
    return readdirSync(folder).map((oid) => readlinkSync(join(folder, oid)))
  }
  const asideOf = (name: string): string =>
    place(readdirSync(place('')).find((one) => one.startsWith(`${name}.before-`))!)

  test('what is moved aside takes the links to its tablespaces along', async () => {
    const into = place('spaced')
    expect(await run(into)).toMatchObject({ code: 0 })
    const again = await run(into, '--yes')
    expect(again, again.stderr).toMatchObject({ code: 0 })
    const aside = asideOf('spaced')
    for (const dir of [into, aside]) {
      expect(links(dir)).toEqual([expect.stringContaining(`${dir}/tablespaces/`)])
      expect(await rowsApart(dir)).toBe(1_000)
    }
    // And back.
    const broken = await runFaulty(subject, words(aside, '--yes'), { at: 'unpacked', what: 'interrupt' })
    expect(broken).toMatchObject({ code: 130 })
    expect(links(aside)).toEqual([expect.stringContaining(`${aside}/tablespaces/`)])
    expect(await rowsApart(aside)).toBe(1_000)
  }, 120_000)

  test('behind a link it goes where the link leads, and the link stays', async () => {
    const real = join(scene.folder, 'restored', 'disk', 'main')
    mkdirSync(real, { recursive: true })
    writeFileSync(join(real, 'precious'), 'mine')
    const link = place('linked')
    symlinkSync(real, link)
    const done = await run(link, '--yes')
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(readlinkSync(link)).toBe(real)
    expect(existsSync(join(real, 'PG_VERSION'))).toBe(true)
    const [aside] = readdirSync(place('disk')).filter((name) => name.startsWith('main.before-'))
    expect(readdirSync(join(place('disk'), aside!))).toEqual(['precious'])
  }, 60_000)

  test('the tablespace that a killed one left is told of, and never written into', async () => {
    const far = place('far')
    const map = ['--tablespace', `${spaces()}=${far}`]
    const killed = await runFaulty(subject, words(place('halfway'), ...map), { at: 'unpacked' })
    expect(killed.signal).toBe('SIGKILL')
    const before = readdirSync(far, { recursive: true })
    const next = await run(place('halfway'), ...map, '--yes')
    expect([next.code, errorOf(next).code]).toEqual([6, 'not-empty'])
    expect(errorOf(next).detail).toContain(`an unfinished restore of ${label}`)
    expect(errorOf(next).detail).toContain(far)
    expect(readdirSync(far, { recursive: true })).toEqual(before)
  }, 60_000)

  test('one that fails before it began clears nothing that another put into the same tablespace', async () => {
    const far = place('shared')
    const map = ['--tablespace', `${spaces()}=${far}`]
    const first = await standingAt(subject, words(place('first'), ...map), 'claimed')
    const manifest = join(scene.settings.repo, 'backups', label)
    try {
      expect(await run(place('second'), ...map)).toMatchObject({ code: 0 })
      renameSync(manifest, `${scene.folder}/away`)
      first.resume()
      const ended = await first.ended()
      expect(ended.code, ended.stderr).not.toBe(0)
    } finally {
      renameSync(`${scene.folder}/away`, manifest)
      await first.kill()
    }
    expect(await rowsApart(place('second'))).toBe(1_000)
    expect(readdirSync(place('first'))).toEqual([])
  }, 60_000)

  test('one of another host or container is at work as long as it says so', async () => {
    const into = place('elsewhere')
    mkdirSync(into)
    const file = join(into, 'arxdb-restore-unfinished.json')
    const claim = { ...markOf(process.pid), pid: 4_000_000, label, since: '2026-01-01T00:00:00Z', place: 'db2 pid:[1]' }
    writeFileSync(file, JSON.stringify(claim))
    const refused = await run(into, '--yes')
    expect([refused.code, errorOf(refused).code]).toEqual([6, 'restore-running'])
    expect(errorOf(refused).detail).toContain('on db2, process 4000000')
    expect(readdirSync(into)).toEqual(['arxdb-restore-unfinished.json'])
    const old = Date.now() / 1000 - 90
    utimesSync(file, old, old)
    expect(await run(into, '--yes')).toMatchObject({ code: 0 })
    // One at work touches it.
    const standing = await standingAt(subject, words(place('touched')), 'claimed')
    try {
      const own = join(place('touched'), 'arxdb-restore-unfinished.json')
      const { mtimeMs } = lstatSync(own)
      const text = readFileSync(own, 'utf8')
      await sleep(5_500)
      standing.resume()
      for (let waited = 0; existsSync(own) && lstatSync(own).mtimeMs === mtimeMs; waited += 5) {
        if (waited > 30_000) throw new Error('nothing was written')
        await sleep(5)
      }
      if (existsSync(own)) expect(readFileSync(own, 'utf8')).toBe(text)
      expect(await standing.ended()).toMatchObject({ code: 0 })
    } finally {
      await standing.kill()
    }
  }, 90_000)

  test('what began there while the question stood is not moved', async () => {
    const into = place('asked')
    mkdirSync(into)
    writeFileSync(join(into, 'precious'), 'mine')
    const standing = await standingAt(subject, words(into, '--yes'), 'planned')
    try {
      writeFileSync(join(into, 'arxdb-restore-unfinished.json'), JSON.stringify({ ...markOf(process.pid), label }))
      standing.resume()
      const ended = await standing.ended()
      expect([ended.code, errorOf(ended).code]).toEqual([6, 'restore-running'])
      expect(readdirSync(into)).toContain('precious')
    } finally {
      await standing.kill()
    }
  }, 60_000)

  test('over production that stands still: WAL that only it has is told of and kept', async () => {
    const { dataDir } = scene.production
    const { rows } = await scene.client.query(
      `insert into apart select 1 returning pg_walfile_name(pg_current_wal_insert_lsn()) as name`,
    )
    const { name } = rows[0]
    await scene.client.end()
    // As a crash leaves it: stopped in order it would hand its last WAL to the archiver.
    process.kill(postmasterOf(dataDir)!, 'SIGQUIT')
    while (scene.production.running()) await sleep(20)
    const asked = await run(dataDir)
    expect(asked.code).toBe(6)
    expect(errorOf(asked).message).toMatch(
      /PRODUCTION ITSELF.*its pg_wal has \d WAL files? \(.*that the archive does not/,
    )
    const done = await run(dataDir, '--yes')
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(done.stderr).toMatch(/its pg_wal has \d WAL files? .*what they hold is not restored/)
    const folder = join(dataDir, '..')
    const [aside] = readdirSync(folder).filter((one) => one.includes('.before-'))
    expect(readdirSync(join(folder, aside!, 'pg_wal'))).toContain(name)
    expect(await rowsApart(dataDir)).toBe(1_000)
  }, 60_000)
})
