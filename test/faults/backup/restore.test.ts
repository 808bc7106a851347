// What can go wrong on the way back, injected for real: each time nothing is promoted, nothing runs, nothing is lost.
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestKey, signed } from '../../../src/backup/catalogue.ts'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { unpackChain } from '../../../src/backup/restore/chain.ts'
import { serverAccount, startIsolated } from '../../../src/backup/restore/isolated.ts'
import { openDesk } from '../../../src/backup/restore/wal-desk.ts'
import { archivedWal, type WalSource } from '../../../src/backup/restore/wal-source.ts'
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
import { type Ended, type SessionOptions, session } from '../../cli/session.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'

const [tier] = tiers()
  .filter(({ name }) => name === 'community' || name === 'plain')
  .reverse()

describe.runIf(tier)('a restore', () => {
  let scene: PhysicalScene
  let backup: Manifest
  let bindir: string
  const moments: Moment[] = []
  const segments = async (): Promise<readonly string[]> => (await readdir(scene.archive())).sort()

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: tier!.name })
    await makeTicks(scene)
    moments.push(await load(scene, 0, 10_000))
    backup = await scene.backup(baseMethod, 'base')
    for (const batch of [1, 2, 3, 4]) {
      moments.push(await load(scene, batch, 20_000))
      await scene.archived()
    }
  })

  afterAll(() => scene.end())

  const arxdb = (args: readonly string[], options: SessionOptions = {}): Promise<Ended> =>
    session([...args], {
      env: { PATH: process.env.PATH },
      cwd: join(scene.folder, 'restored'),
      now: new Date().toISOString(),
      ...options,
    })
  const repo = (): readonly string[] => [
    ...['--repo', scene.settings.repo, '--key-file', scene.settings.keyFile, '--bindir', bindir],
  ]
  const plan = (to: string, ...more: string[]) => arxdb(['restore', 'plan', '--to', to, ...more, ...repo(), '--json'])
  const told = ({ stdout }: Ended): { check: string; outcome: string; detail: string }[] => JSON.parse(stdout)

  /** The archive, but one file of it is answered in another way. */
  function faulty(name: string, answer: WalSource['fetch']): WalSource {
    const wal = archivedWal(scene.repository, scene.systemId, scene.key)
    return { ...wal, fetch: (wanted, signal) => (wanted === name ? answer : wal.fetch)(wanted, signal) }
  }

  /** With one byte of a file of the archive another, which no plan for a time reads. */
  async function damaged(body: () => Promise<void>): Promise<void> {
    const middle = (await segments()).filter((name) => /^[0-9A-F]{24}$/.test(name)).at(-2)!
    const path = join(scene.archive(), middle)
    const bytes = await readFile(path)
    const broken = Buffer.from(bytes)
    broken[9_000_000]! ^= 1
    await writeFile(path, broken)
    try {
      await body()
    } finally {
      await writeFile(path, bytes)
    }
  }

  /** A copy as others make them: recovered, promoted, and archiving where the original does. */
  async function rogueCopy(): Promise<void> {
    const dataDir = server('rogue')
    const account = serverAccount()
    const { repository, key, programs } = scene
    const signal = AbortSignal.timeout(60_000)
    const how = { repository, key, chain: [backup], programs, env: process.env, signal }
    await unpackChain({ ...how, into: dataDir, account, progress() {} })
    await writeFile(join(dataDir, 'recovery.signal'), '')
    const { rows } = await scene.client.query("select current_setting('archive_command') as command")
    const source = archivedWal(repository, scene.systemId, key)
    const desk = openDesk({ dataDir, account, source, segmentBytes: 16_777_216 })
    const rogue = await startIsolated({
      ...{ dataDir, programs, env: process.env, signal },
      settings: {
        ...{ archive_mode: 'on', archive_command: rows[0].command, restore_command: desk.command },
        ...{ recovery_target_name: moments[1]!.name, recovery_target_action: 'promote' },
        recovery_target_timeline: 'current',
      },
    })
    const gone = 'delete from ticks; insert into ticks values (now(), 99, 0); select pg_switch_wal()'
    await asking(rogue, async (client) => {
      for (let tries = 0; tries < 200; tries++) {
        const { rows: found } = await client.query('select pg_is_in_recovery() as recovering')
        if (!found[0].recovering) break
        await sleep(50)
      }
      await client.query(gone)
      for (let tries = 0; tries < 200; tries++) {
        const { rows: found } = await client.query('select last_archived_wal as wal from pg_stat_archiver')
        if (/^00000002[0-9A-F]{16}$/.test(found[0].wal ?? '')) return
        await sleep(50)
      }
    })
    await rogue.stop()
    await desk.close()
  }

  const server = (name: string) => join(scene.folder, 'restored', name)
  const runningOn = async (folder: string): Promise<boolean> => existsSync(join(folder, 'postmaster.pid'))

  test('37: an error in the middle of the archive ends the recovery, and is no end of the WAL', async () => {
    const middle = (await segments()).filter((name) => /^[0-9A-F]{24}$/.test(name)).at(-2)!
    for (const target of [{ kind: 'latest' }, { kind: 'time', at: moments[4]!.time }] as const) {
      const into = server(`r37-${target.kind}`)
      const wal = faulty(middle, async () => {
        throw new Error('the network is down')
      })
      const restored = scene.restore([backup], { target, into, wal })
      await expect(restored).rejects.toMatchObject({ code: 'wal-unavailable', detail: 'the network is down' })
      expect(await runningOn(into)).toBe(false)
      expect(await readdir(join(into, 'pg_wal'))).not.toContain('00000002.history')
    }
  })

  test('37: so does a file of the archive in which one byte is another', async () => {
    await damaged(async () => {
      const restored = scene.restore([backup], { target: { kind: 'latest' } })
      await expect(restored).rejects.toMatchObject({
        code: 'wal-unavailable',
        detail: expect.stringMatching(/SHA-256/),
      })
    })
  })

  test('39: before the first end and after the last commit is refused, with what can be reached', async () => {
    const early = await plan('2020-01-01T00:00:00Z')
    expect(early.code).toBe(3)
    expect(told(early)[0]).toMatchObject({ check: 'target', outcome: 'problem' })
    expect(told(early)[0]!.detail).toContain(`nearest behind it: --to backup --backup ${backup.label}`)
    const late = await plan('2099-01-01T00:00:00Z')
    expect(late.code).toBe(3)
    expect(told(late)[0]!.detail).toMatch(/no commit behind .* the last one is of .*nearest before it: --to latest/)
    const run = await arxdb(['restore', 'run', '--to', '2099-01-01T00:00:00Z', '--into', server('r39'), ...repo()])
    expect(run.code).toBe(6)
    expect(existsSync(server('r39'))).toBe(false)
  })

  test('39: behind a gap is refused, and "all there is" does not stop there in silence', async () => {
    const middle = (await segments()).filter((name) => /^[0-9A-F]{24}$/.test(name)).at(-2)!
    await rename(join(scene.archive(), middle), join(scene.folder, middle))
    try {
      const inside = await plan(moments[3]!.time)
      expect(inside.code).toBe(3)
      expect(told(inside).find(({ check }) => check === 'window')!.detail).toContain(`${middle} is missing`)
      const latest = await plan('latest')
      expect(told(latest).find(({ check }) => check === 'gap')).toMatchObject({ outcome: 'problem' })
      expect((await plan(moments[1]!.time)).code).toBe(0)
      // And where nobody planned.
      const restored = scene.restore([backup], { target: { kind: 'latest' } })
      await expect(restored).rejects.toMatchObject({ code: 'wal-gap' })
      const timed = scene.restore([backup], { target: { kind: 'time', at: moments[3]!.time } })
      await expect(timed).rejects.toMatchObject({ code: 'target-not-reached' })
    } finally {
      await rename(join(scene.folder, middle), join(scene.archive(), middle))
    }
  })

  test('40, 41: a time has to say which one it is', async () => {
    const naive = await plan('2026-01-02T03:04:05')
    expect([naive.code, naive.stderr]).toEqual([2, expect.stringContaining('does not say its zone')])
    const twice = await plan('2025-10-26T02:30:00', '--tz', 'Europe/Berlin')
    expect(twice.code).toBe(2)
    expect(twice.stderr).toContain('2025-10-26T00:30:00Z for the first, 2025-10-26T01:30:00Z for the second')
    const never = await plan('2025-03-30T02:30:00', '--tz', 'Europe/Berlin')
    expect([never.code, never.stderr]).toEqual([2, expect.stringContaining('the clocks skip it')])
  })

  test('42, 43: a copy archives nothing; one that did makes a branch that nobody follows unasked', async () => {
    const before = await segments()
    const copy = await scene.restore([backup], { target: { kind: 'name', name: moments[1]!.name } })
    await asking(copy.server, async (client) => {
      expect((await client.query("select current_setting('archive_mode') as mode")).rows[0].mode).toBe('off')
      await client.query('insert into ticks values (now(), 99, 0); select pg_switch_wal()')
    })
    await sleep(500)
    expect(await segments()).toEqual(before)
    await copy.server.stop()
    await rogueCopy()
    const shown = await plan('latest')
    expect(told(shown).find(({ check }) => check === 'timeline')!.detail).toMatch(/timeline 2, branched off 1 at/)
    const own = await scene.restore([backup], { target: { kind: 'latest' }, disposable: true })
    expect((await asking(own.server, contentOf)).rows).toBe(moments[4]!.rows)
    await own.server.stop()
    const other = await scene.restore([backup], { target: { kind: 'latest' }, timeline: 2, disposable: true })
    expect((await asking(other.server, contentOf)).rows).toBe('1')
    await other.server.stop()
  })

  test('45: nothing is restored over a running server, or over files that nobody gave up', async () => {
    const into = scene.production.dataDir
    const run = (...more: string[]) => arxdb(['restore', 'run', '--to', moments[1]!.time, ...more, ...repo()])
    const running = await run('--into', into, '--yes')
    expect([running.code, running.stderr]).toEqual([6, expect.stringContaining('a server runs on')])
    const full = server('full')
    await mkdir(full)
    await writeFile(join(full, 'precious'), 'x')
    const refused = await run('--into', full)
    expect([refused.code, await readdir(full)]).toEqual([6, ['precious']])
    const stopped = server('production')
    await mkdir(stopped)
    await cp(join(into, 'global'), join(stopped, 'global'), { recursive: true })
    await cp(join(into, 'PG_VERSION'), join(stopped, 'PG_VERSION'))
    const production = await run('--into', stopped)
    expect([production.code, production.stderr]).toEqual([6, expect.stringContaining('PRODUCTION ITSELF')])
    expect(await readdir(stopped)).toEqual(['PG_VERSION', 'global'])
  })

  test('45: with its name typed, what stood there is moved aside, and comes back when the restore fails', async () => {
    const into = server('typed')
    await mkdir(into)
    await writeFile(join(into, 'precious'), 'x')
    const run = (to: string, typed: string) =>
      arxdb(['restore', 'run', '--to', to, '--into', into, ...repo()], { terminal: 120, typed })
    expect((await run('backup', 'yes\r')).code).toBe(6)
    await damaged(async () => {
      expect((await run(moments[3]!.time, `${into}\r`)).code).toBe(1)
    })
    expect(await readdir(into)).toEqual(['precious'])
    expect((await run('backup', `${into}\r`)).code).toBe(0)
    expect(await readdir(into)).toContain('PG_VERSION')
    const aside = (await readdir(join(scene.folder, 'restored'))).find((name) => name.startsWith('typed.before-'))!
    expect(await readdir(server(aside))).toEqual(['precious'])
  })

  test('46: a server that came up and missed its target is no success', async () => {
    const into = server('r46')
    const restored = scene.restore([backup], { target: { kind: 'time', at: '2099-01-01T00:00:00Z' }, into })
    await expect(restored).rejects.toMatchObject({ code: 'target-not-reached' })
    expect(await runningOn(into)).toBe(false)
    const early = scene.restore([backup], { target: { kind: 'lsn', lsn: '0/1000000' } })
    await expect(early).rejects.toMatchObject({ code: expect.stringMatching(/target-too-early|isolated-start/) })
    const nowhere = scene.restore([backup], { target: { kind: 'name', name: 'no such moment' } })
    await expect(nowhere).rejects.toMatchObject({ code: 'target-not-reached' })
  })

  test('47, 48, 52: another version, or too little room, is refused before anything is fetched', async () => {
    const rewrite = async (change: Partial<Manifest['server']>): Promise<void> => {
      const manifest: Manifest = { ...backup, server: { ...backup.server, ...change } }
      await scene.repository.store.put(manifestKey(backup.label), signed(manifest, scene.key), { replace: true })
    }
    const outcomes = async (): Promise<readonly string[]> => {
      const ended = await plan('latest')
      return [
        String(ended.code),
        ...told(ended).flatMap(({ check, outcome }) => (outcome === 'problem' ? [check] : [])),
      ]
    }
    try {
      await rewrite({ timescaledb: '9.9.9' })
      expect(await outcomes()).toEqual(['3', 'timescaledb'])
      await rewrite({ major: 99 })
      expect(await outcomes()).toContain('postgresql')
      await rewrite({ bytes: 1e15 })
      expect(await outcomes()).toEqual(['3', 'disk'])
    } finally {
      await rewrite({})
    }
  })

  test('run leaves a directory that is stopped, guarded, and opened by request', async () => {
    const into = server('kept')
    const run = await arxdb(['restore', 'run', '--to', moments[2]!.time, '--into', into, ...repo(), '--json'])
    expect(run.stderr).toContain('arxdb restore open')
    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)[0]).toMatchObject({ label: backup.label, into, target: moments[2]!.time })
    expect([await runningOn(into), existsSync(join(into, 'arxdb-wal'))]).toEqual([false, false])
    const conf = () => readFile(join(into, 'postgresql.auto.conf'), 'utf8')
    expect(await conf()).toMatch(/archive_mode = 'off'\ntimescaledb.max_background_workers = '0'/)
    const open = (...more: string[]) => arxdb(['restore', 'open', into, '--bindir', bindir, '--json', ...more])
    // It has no jobs: only archiving again is worth a question.
    expect((await open('--archive')).code).toBe(6)
    expect((await open('--dry-run')).code).toBe(0)
    expect(await conf()).toContain('max_background_workers')
    const opened = await open('--yes')
    expect([opened.code, opened.stderr]).toEqual([0, expect.stringContaining('pg_ctl -D')])
    expect(await conf()).not.toContain('max_background_workers')
    expect((await conf()).trimEnd().split('\n').slice(-2)).toEqual([
      "archive_mode = 'off'",
      "max_logical_replication_workers = '0'",
    ])
    expect((await open('--yes')).code).toBe(6)
  })
})
