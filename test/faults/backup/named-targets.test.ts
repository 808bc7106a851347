// 39: restore points and transactions that lie anywhere in the WAL, with several backups before and behind them: the plan
// says where they are, takes the backup that leads there, and refuses what is not there before anything is unpacked.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestKey, signed } from '../../../src/backup/catalogue.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { unpackChain } from '../../../src/backup/restore/chain.ts'
import { serverAccount, startIsolated } from '../../../src/backup/restore/isolated.ts'
import { openDesk } from '../../../src/backup/restore/wal-desk.ts'
import { archivedWal } from '../../../src/backup/restore/wal-source.ts'
import { lsnBytes, segmentNumber } from '../../../src/backup/wal/names.ts'
import { asking } from '../../backup/physical-scene.ts'
import { runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { motoReason, startMoto } from '../../servers/moto.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { runFaulty } from '../harness/faulty.ts'
import { type NamedScene, namedScene, SEGMENT } from './scene-named.ts'

const STAMP = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`
const noMoto = motoReason()

describe.runIf(tiers().some(({ name }) => name === 'plain'))('a target by its name or transaction', () => {
  let named: NamedScene
  beforeAll(async () => {
    named = await namedScene((await findPostgres()).installation.bindir)
  }, 300_000)
  afterAll(() => named?.scene.end())

  test('39: a restore point before the newest backup: the plan says where, and the run is there', async () => {
    const { moments, early, plan, run, rowsIn } = named
    const { name, time, rows, lsn } = moments[1]!
    const planned = await plan(`name:${name}`)
    expect(planned, planned.stderr).toMatchObject({ code: 0, label: early.label })
    const [, at, when] = new RegExp(`: a restore point at (\\S+) of (${STAMP}) on timeline 1$`).exec(planned.target)!
    expect(Number(lsnBytes(lsn) - lsnBytes(at!))).toBeGreaterThan(90)
    expect(Number(lsnBytes(lsn) - lsnBytes(at!))).toBeLessThan(200)
    expect(Math.abs(Date.parse(when!) - Date.parse(time))).toBeLessThan(30_000)
    const ran = await run(`name:${name}`)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(ran.stdout)).toMatchObject([{ label: early.label, target: `name:${name}` }])
    expect(await rowsIn(ran.into)).toBe(rows)
  }, 240_000)

  test('39: a transaction before the newest backup, and one that was rolled back', async () => {
    const { moments, early, late, xids, plan, run, rowsIn } = named
    const { xid, rows } = moments[1]!
    const planned = await plan(`xid:${xid}`)
    expect(planned, planned.stderr).toMatchObject({ code: 0, label: early.label })
    expect(planned.target).toMatch(new RegExp(`^xid:${xid}: a commit at \\S+ of ${STAMP} on timeline 1$`))
    const undone = await plan(`xid:${xids.undone}`)
    expect(undone).toMatchObject({ code: 0, label: early.label })
    expect(undone.target).toMatch(/: a rollback at /)
    const ran = await run(`xid:${xids.undone}`)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    expect(await rowsIn(ran.into)).toBe(rows)
    const prepared = await plan(`xid:${xids.prepared}`)
    expect(prepared).toMatchObject({ code: 0, label: early.label })
    const newest = await plan(`xid:${moments[3]!.xid}`)
    expect(newest).toMatchObject({ code: 0, label: late.label })
  }, 240_000)

  test('39: what the WAL does not hold is refused in planning, and nothing is unpacked', async () => {
    const { moments, late, xids, plan, run } = named
    const planned = await plan('name:nowhere')
    expect(planned.code).toBe(3)
    expect(planned.told[0]).toMatchObject({ check: 'target', outcome: 'problem' })
    expect(planned.target).toMatch(
      new RegExp(`no restore point "nowhere" .*there are "after batch 3" \\(${STAMP}\\), "again" \\(`),
    )
    const ran = await run('name:nowhere')
    expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining('no restore point') })
    expect(existsSync(ran.into)).toBe(false)
    const never = await plan('xid:4000000000')
    expect(never.code).toBe(3)
    expect(never.target).toMatch(new RegExp(`holds those from xid:\\d+ \\(${STAMP}\\) to xid:\\d+`))
    const part = await plan(`xid:${xids.part}`)
    expect(part.code).toBe(3)
    expect(part.target).toContain(`--to xid:${xids.whole}`)
    expect((await plan(`name:${moments[0]!.name}`)).code).toBe(3)
    const behind = await plan(`name:${moments[1]!.name}`, '--backup', late.label)
    expect(behind.code).toBe(3)
    expect(behind.target).toContain('without --backup every backup is looked at')
  }, 240_000)

  test('39: a drill looks it up as a restore does, and keeps no word against a backup of what lies elsewhere', async () => {
    const { scene, bindir, moments, early, late } = named
    const where = ['--repo', scene.settings.repo, '--key-file', scene.settings.keyFile, '--bindir', bindir]
    const drill = (...words: string[]) =>
      runBeside('plain', ['backup', 'drill', ...words, ...where, '-o', 'json'], scene.folder)
    const proofs = () =>
      readdirSync(scene.settings.repo, { recursive: true }).filter((path) => /^proofs/.test(String(path)))
    const before = proofs()
    const nowhere = await drill('--to', 'name:nowhere')
    expect(nowhere, nowhere.stderr).toMatchObject({ code: 6, stdout: '' })
    expect(nowhere.stderr).toMatch(/no drill to name:nowhere.*no restore point \\"nowhere\\" is in/)
    const behind = await drill(late.label, '--to', `name:${moments[1]!.name}`)
    expect(behind, behind.stderr).toMatchObject({ code: 6, stdout: '' })
    expect(behind.stderr).toContain(`${late.label} does not lead there`)
    const ancient = await drill('--to', '2020-01-01T00:00:00Z')
    expect(ancient, ancient.stderr).toMatchObject({ code: 6, stdout: '' })
    expect(proofs()).toEqual(before)
    const done = await drill('--to', `name:${moments[1]!.name}`)
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(done.stdout)).toMatchObject([{ label: early.label, target: `name:${moments[1]!.name}` }])
  }, 240_000)

  test('39: of a name that was used twice the plan says which one it ends at, and how the other is had', async () => {
    const { early, middle, twice, plan, run, rowsIn } = named
    const planned = await plan('name:twice')
    expect(planned).toMatchObject({ code: 0, label: early.label })
    const [, first] = /: a restore point at (\S+) of/.exec(planned.target)!
    const warned = planned.told.find(({ outcome, detail }) => outcome === 'warning' && detail.includes('2 times'))!
    expect(warned.detail).toContain(`ends at the first behind ${early.label}, ${first}`)
    const [, second] = /--to lsn:(\S+) for that of/.exec(warned.detail)!
    for (const [to, index] of [
      ['name:twice', 0],
      [`lsn:${second}`, 1],
    ] as const) {
      const ran = await run(to)
      expect(ran, ran.stderr).toMatchObject({ code: 0 })
      expect(await rowsIn(ran.into)).toBe(twice[index]!.rows)
    }
    // Before a backup and behind it: the newer one is meant.
    const again = await plan('name:again')
    expect(again).toMatchObject({ code: 0, label: middle.label })
    expect((await plan('name:again', '--backup', early.label)).label).toBe(early.label)
  }, 240_000)

  test('39: a record that goes over from one segment into the next is found', async () => {
    const { early, border, plan } = named
    const planned = await plan('name:over the border')
    expect(planned).toMatchObject({ code: 0, label: early.label })
    expect(planned.target).toContain(` at ${border.lsn} of ${new Date(border.at).toISOString().slice(0, 16)}`)
  }, 240_000)

  test('39: the mark of a backup is known without its WAL, and a damaged segment before a target is told', async () => {
    const { scene, middle, border, plan } = named
    expect(await plan(`name:${middle.mark!.name}`)).toMatchObject({ code: 0, label: middle.label })
    const name = (await readdir(scene.archive())).filter((file) => /^[0-9A-F]{24}$/.test(file)).sort()
    const index = name.findIndex(
      (file) => BigInt(segmentNumber(file, SEGMENT)) === lsnBytes(border.lsn) / BigInt(SEGMENT),
    )
    const path = join(scene.archive(), name[index]!)
    const bytes = await readFile(path)
    const broken = Buffer.from(bytes)
    broken[9_000_000]! ^= 1
    await writeFile(path, broken)
    try {
      const planned = await plan('name:twice')
      expect(planned.code).toBe(3)
      expect(planned.target).toContain(`${name[index]} before it is damaged`)
      expect(await plan('name:again')).toMatchObject({ code: 0, label: middle.label })
    } finally {
      await writeFile(path, bytes)
    }
  }, 240_000)

  test('39: a name that recovery meets before the backup is consistent makes way for an older backup', async () => {
    const { scene, early, middle, border, plan } = named
    const wal = { ...middle.wal!, start: border.lsn }
    const put = (manifest: Manifest) =>
      scene.repository.store.put(manifestKey(manifest.label), signed(manifest, scene.key), { replace: true })
    await put({ ...middle, wal })
    try {
      expect(await plan('name:again')).toMatchObject({ code: 0, label: early.label })
    } finally {
      await put(middle)
    }
  }, 240_000)

  test('39: a time before the end of a backup by the clock of the server, though not by that of its host', async () => {
    const { scene, moments, middle, late, plan } = named
    const put = (manifest: Manifest) =>
      scene.repository.store.put(manifestKey(manifest.label), signed(manifest, scene.key), { replace: true })
    await put({ ...late, ended: new Date(Date.parse(late.ended) - 3_600_000).toISOString() })
    try {
      expect(await plan(moments[2]!.time)).toMatchObject({ code: 0, label: middle.label })
      expect(await plan('latest')).toMatchObject({ code: 0, label: late.label })
    } finally {
      await put(late)
    }
  }, 240_000)

  test('39: where nothing reads WAL beforehand, the run goes on with the next older backup', async () => {
    const { scene, bindir, moments, middle, late, plan, run, rowsIn } = named
    const without = join(scene.folder, 'bin')
    await mkdir(without)
    for (const name of await readdir(bindir)) {
      if (name !== 'pg_waldump') await symlink(join(bindir, name), join(without, name))
    }
    const { name, rows } = moments[2]!
    const planned = await plan(`name:${name}`, '--bindir', without)
    expect(planned).toMatchObject({ code: 0, label: late.label })
    expect(planned.told).toContainEqual(expect.objectContaining({ detail: expect.stringContaining('no pg_waldump') }))
    const ran = await run(`name:${name}`, '--bindir', without)
    expect(ran, ran.stderr).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`${late.label} does not lead to`),
    })
    expect(JSON.parse(ran.stdout)).toMatchObject([{ label: middle.label }])
    expect(await rowsIn(ran.into)).toBe(rows)
    const nowhere = await run('name:nowhere', '--bindir', without)
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('was reached') })
    expect(existsSync(nowhere.into) ? await readdir(nowhere.into) : []).toEqual([])
  }, 240_000)

  test('39: killed while it looks for it: what it left of the WAL goes with the next run', async () => {
    const { scene, bindir, early, moments } = named
    const home = join(scene.folder, 'killed')
    await mkdir(home)
    const args = ['restore', 'plan', '--to', `name:${moments[1]!.name}`, '--bindir', bindir, '-o', 'json']
    const flags = ['--repo', scene.settings.repo, '--key-file', scene.settings.keyFile]
    const subject = { tier: 'plain' as const, home, env: { TMPDIR: home } }
    const killed = await runFaulty(subject, [...args, ...flags], { at: 'scanned#2' })
    expect(killed.signal).toBe('SIGKILL')
    expect(await readdir(home)).toEqual([expect.stringMatching(/^arxdb-waldump-/)])
    const planned = await runFaulty(subject, [...args, ...flags])
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining(early.label) })
    expect(await readdir(home)).toEqual([])
  }, 240_000)

  test.skipIf(noMoto)(
    `39: a name before the newest backup, out of S3${noMoto ? ` (${noMoto})` : ''}`,
    async () => {
      const { scene, moments, early, plan } = named
      const moto = await startMoto()
      const before = { ...process.env }
      try {
        Object.assign(process.env, moto.env)
        await moto.bucket('named')
        const client = moto.client()
        const folder = scene.settings.repo
        for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue
          const path = join(entry.parentPath, entry.name)
          const put = { Bucket: 'named', Key: relative(folder, path), Body: readFileSync(path) }
          if (!put.Key.startsWith('.')) await client.send(new PutObjectCommand(put))
        }
        client.destroy()
        const s3 = [
          '--repo',
          's3://named',
          '--s3-endpoint',
          moto.endpoint,
          '--s3-path-style',
          '--s3-region',
          'us-east-1',
        ]
        const planned = await plan(`name:${moments[1]!.name}`, ...s3)
        expect(planned, planned.stderr).toMatchObject({ code: 0, label: early.label })
        expect(planned.target).toMatch(/: a restore point at /)
        expect((await plan('name:nowhere', ...s3)).code).toBe(3)
      } finally {
        for (const name of Object.keys(moto.env)) delete process.env[name]
        Object.assign(process.env, before)
        moto.stop()
      }
    },
    120_000,
  )

  test('39, 43: a name on a branch is found there, and one on what the branch left is found there too', async () => {
    const { moments, early, plan } = named
    await branch()
    // Newer than every backup of the first timeline, and nothing else leads to it.
    const branched = await plan('name:on the branch')
    expect(branched).toMatchObject({ code: 3, target: expect.stringContaining('on timeline 2, where no backup leads') })
    const followed = await plan('name:on the branch', '--timeline', '2')
    expect(followed).toMatchObject({ code: 0, label: early.label })
    expect(followed.target).toMatch(/ on timeline 2$/)
    const shared = await plan(`name:${moments[1]!.name}`, '--timeline', '2')
    expect([shared.code, shared.target]).toEqual([0, expect.stringMatching(/ on timeline 1$/)])
    const left = await plan('name:twice')
    expect([left.code, left.target]).toEqual([0, expect.stringMatching(/ on timeline 1$/)])
    const other = await plan('name:twice', '--timeline', '2')
    expect([other.code, other.target]).toEqual([3, expect.stringContaining('on timeline 1, where no backup leads')])
  }, 240_000)

  /** A copy that was promoted behind the first batch, and archives to where the original does. */
  async function branch(): Promise<void> {
    const { scene, early, moments } = named
    const dataDir = join(scene.folder, 'restored', 'branch')
    const { repository, key, programs } = scene
    const account = serverAccount()
    const signal = AbortSignal.timeout(240_000)
    const how = { repository, key, chain: [early], programs, env: process.env, signal }
    await unpackChain({ ...how, into: dataDir, account, progress() {} })
    await writeFile(join(dataDir, 'recovery.signal'), '')
    const { rows: settings } = await scene.client.query(`select current_setting('archive_command') as command`)
    const desk = openDesk({
      ...{ dataDir, account, segmentBytes: SEGMENT },
      source: archivedWal(repository, scene.systemId, key),
    })
    const server = await startIsolated({
      ...{ dataDir, programs, env: process.env, signal },
      settings: {
        ...{ archive_mode: 'on', archive_command: settings[0].command, restore_command: desk.command },
        ...{ recovery_target_name: moments[1]!.name, recovery_target_action: 'promote' },
        ...{ recovery_target_timeline: 'current', max_prepared_transactions: '4' },
      },
    })
    try {
      await asking(server, async (client) => {
        const until = async (sql: string): Promise<void> => {
          for (let tries = 0; tries < 600; tries++) {
            if ((await client.query(sql)).rows[0].ok) return
            await sleep(50)
          }
          throw new Error(`never came: ${sql}`)
        }
        await until('select not pg_is_in_recovery() as ok')
        await client.query(`insert into ticks values (now(), 99, 0); select pg_create_restore_point('on the branch')`)
        const { rows } = await client.query('select pg_walfile_name(pg_switch_wal()) as name')
        await until(`select last_archived_wal >= '${rows[0].name}' as ok from pg_stat_archiver`)
      })
    } finally {
      await server.stop()
      await desk.close()
    }
  }
})
