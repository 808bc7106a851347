// A copy of production that everything would have act as production: archiving, subscriptions, slots, what it was a
// standby of, jobs. It stays silent until it is opened, and when it is opened beside the original as well.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { asking, load, majorOf, makeTicks, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { runFaulty } from '../harness/faulty.ts'
import { byHand } from './by-hand.ts'

const own = tiers().some(({ name }) => name !== 'apache')

describe.skipIf(!own)('a copy of production', () => {
  let scene: PhysicalScene
  let bindir: string
  let upstream: Server
  let calls = 0
  let moment: string
  let restores = 0

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    // What production is subscribed to: whoever calls there takes changes that are production's.
    upstream = createServer((socket) => {
      calls++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain', settings: { wal_level: 'logical' } })
    const { client, production } = scene
    await makeTicks(scene)
    const { port } = upstream.address() as { port: number }
    const settings = [
      ...['wal_level = logical', `primary_conninfo = 'host=127.0.0.1 port=${port} password=hunter2'`],
      ...["primary_slot_name = 'ours'", "recovery_target_name = 'long ago'", "restore_command = 'false'"],
    ]
    for (const one of settings) await client.query(`alter system set ${one}`)
    await client.query(`create subscription ours connection 'host=127.0.0.1 port=${port} dbname=x connect_timeout=2 password=hunter2'
      publication p with (connect = false, slot_name = 'ours')`)
    await client.query('alter subscription ours enable')
    await client.query(`select pg_create_physical_replication_slot('kept', true)`)
    // As pg_cron has it.
    await client.query(`create schema cron; create table cron.job (jobid bigint, schedule text, command text, nodename text, nodeport int,
      database text, username text, active boolean, jobname text);
      insert into cron.job values (1, '* * * * *', 'delete from ticks', 'localhost', 5432, 'postgres', 'postgres', true, 'purge'),
        (2, '0 3 * * *', 'vacuum', 'localhost', 5432, 'postgres', 'postgres', false, 'off')`)
    // And it was taken of a standby.
    writeFileSync(join(production.dataDir, 'standby.signal'), '')
    await scene.backup(baseMethod, 'base')
    moment = (await load(scene, 1, 1_000)).time
    await scene.archived()
    await load(scene, 2, 1_000)
    await scene.archived()
  }, 60_000)
  afterAll(async () => {
    upstream?.close()
    await scene?.end()
  })

  const repo = (): readonly string[] => ['--repo', scene.settings.repo, '--key-file', scene.settings.keyFile]
  const arxdb = (...args: string[]): Promise<Outcome> =>
    runBeside('plain', [...args, '--bindir', bindir, '-o', 'json'], scene.folder)
  const archived = (): readonly string[] =>
    readdirSync(scene.archive('').replace(/\/$/, ''), { recursive: true }).map(String).sort()
  const confOf = (into: string): string => readFileSync(join(into, 'postgresql.auto.conf'), 'utf8')

  async function restored(...to: string[]): Promise<string> {
    const into = join(scene.folder, 'restored', `c${++restores}`)
    const run = await arxdb('restore', 'run', '--into', into, ...to, ...repo())
    expect(run, run.stderr).toMatchObject({ code: 0 })
    return into
  }

  /** Started by hand, given work and time: how often it called the upstream, and whether it archived anything. */
  async function started(dataDir: string, patient: () => boolean) {
    const [before, called] = [archived(), calls]
    const facts = await byHand({ dataDir, bindir }, (server) =>
      asking(server, async (client) => {
        await client.query('insert into ticks values (now(), 99, 0)')
        await client.query('select pg_switch_wal()')
        for (let tries = 0; tries < 60 && (tries < 30 || patient()); tries++) await sleep(100)
        const { rows } =
          await client.query(`select pg_is_in_recovery() as recovering, (select count(*)::int from pg_replication_slots) as slots,
          current_setting('archive_mode') as archive_mode, current_setting('primary_conninfo') as upstream`)
        return rows[0]
      }),
    )
    return { ...facts, calls: calls - called, archived: archived().length - before.length }
  }
  const silent = { recovering: false, slots: 0, archive_mode: 'off', upstream: '', calls: 0, archived: 0 }

  test('42: is silent when it is started unopened, and when it is opened beside the original', async () => {
    const into = await restored('--to', moment)
    expect(readdirSync(into).filter((name) => /\.signal$|arxdb-wal|arxdb-restore-unfinished/.test(name))).toEqual([])
    expect(confOf(into)).not.toMatch(/primary_|recovery_target|restore_command|hunter2/)
    expect(await started(into, () => false)).toEqual(silent)

    const shown = await arxdb('restore', 'open', into, '--dry-run')
    expect(shown, shown.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(shown.stdout)).toMatchObject([
      { job: 'pg_cron 1', database: 'postgres', config: '* * * * *: delete from ticks', deletes: true },
    ])
    expect(shown.stderr).toContain('subscription ours of postgres stays off without --archive')
    expect(shown.stdout + shown.stderr).not.toContain('hunter2')
    const opened = await arxdb('restore', 'open', into, '--yes')
    expect(opened, opened.stderr).toMatchObject({ code: 0 })
    expect(await started(into, () => false)).toEqual(silent)
  }, 120_000)

  test('42: does all of it where it takes the place of the original, and only there', async () => {
    const into = await restored('--to', 'latest')
    const asked = await arxdb('restore', 'open', into, '--archive')
    expect(asked.code, asked.stderr).toBe(6)
    const shown = await arxdb('restore', 'open', into, '--archive', '--dry-run')
    expect(JSON.parse(shown.stdout)).toContainEqual(
      expect.objectContaining({ job: 'subscription ours', due: true, config: 'slot ours' }),
    )
    expect((await arxdb('restore', 'open', into, '--archive', '--yes')).code).toBe(0)
    const [before, called] = [archived().length, calls]
    const loud = await started(into, () => calls === called || archived().length === before)
    expect(loud).toMatchObject({ recovering: false, archive_mode: 'on' })
    expect([loud.calls > 0, loud.archived > 0]).toEqual([true, true])
  }, 120_000)

  test.each(['unpacked', 'target reached', 'promoted', 'stopped', 'configured', 'recorded'])(
    '42: killed at "%s" it is held back already, and the next restore does not take it for nothing',
    async (at) => {
      const into = join(scene.folder, 'restored', `killed-${at.replace(' ', '-')}`)
      const words = ['restore', 'run', '--into', into, '--to', 'latest', ...repo(), '--bindir', bindir, '-o', 'json']
      const killed = await runFaulty({ tier: 'plain', home: scene.folder }, words, { at })
      expect(killed.signal).toBe('SIGKILL')
      expect(existsSync(join(into, 'global', 'pg_control'))).toBe(true)
      for (const line of [
        "archive_mode = 'off'",
        "max_logical_replication_workers = '0'",
        "cron.launch_active_jobs = 'off'",
      ])
        expect(confOf(into)).toContain(line)
      const again = await arxdb(...words.slice(0, -4))
      expect(again.code, again.stderr).toBe(6)
      // Not a server that the killed one left running: that one is ended first.
      expect(again.stderr).toMatch(at === 'recorded' ? /holds the cluster/ : /an unfinished restore of/)
    },
    60_000,
  )
})
