// Targets that are easily missed by one record, one microsecond or one hour; and what a restore does with what is neither
// committed nor rolled back, not logged, large, or in another place.
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { serverAccount, startIsolated } from '../../../src/backup/restore/isolated.ts'
import { openClient } from '../../../src/db/connect.ts'
import { asking, majorOf, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'

const own = tiers().some(({ name }) => name !== 'apache')
const SEEN = `select string_agg(what, ' ' order by n) as seen from log`

describe.skipIf(!own)('a target', () => {
  let scene: PhysicalScene
  let backup: Manifest
  let bindir: string
  let space: string
  /** The commit of `exact`, to the microsecond; a position inside `unfinished`, before its commit; and so on. */
  let exact: string
  let inside: string
  let undone: string
  let twice: string
  let newest: string
  let restores = 0

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    const settings = { track_commit_timestamp: 'on', max_prepared_transactions: '5' }
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain', settings })
    const { client } = scene
    const one = async (sql: string): Promise<string> => Object.values((await client.query(sql)).rows[0])[0] as string
    const log = (what: string) => client.query('insert into log (what) values ($1)', [what])
    const point = (name: string) => one(`select pg_create_restore_point('${name}')::text`)
    space = join(scene.folder, 'space')
    await mkdir(space)
    const account = serverAccount()
    if (account) await chown(space, account.uid, account.gid)
    await client.query(`create tablespace elsewhere location '${space}'`)
    await client.query(`create table log (n serial, what text); create table distant (n int) tablespace elsewhere;
      insert into distant select generate_series(1, 1000); create unlogged table passing (n int); insert into passing values (1)`)
    await client.query(`create database "it's ""odd"" %d"`)
    backup = await scene.backup(baseMethod, 'base')
    await log('exact')
    const stamp = `to_char(pg_xact_commit_timestamp(xmin) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    exact = await one(`select ${stamp} from log where what = 'exact'`)
    await log('behind')
    const loid = await one(`select lo_from_bytea(0, 'large')`)
    await client.query('update log set what = what || $1 where n = 1', [`:${loid}`])
    // A position in the middle of a record that belongs to a transaction, whose commit comes behind it.
    const other = await openClient(scene.production.connection('postgres'))
    await other.query(`begin; insert into log (what) values (repeat('unfinished', 50))`)
    const end = (await other.query('select pg_current_wal_insert_lsn()::text as lsn')).rows[0].lsn
    inside = await one(`select ('${end}'::pg_lsn - 24)::text`)
    await other.query('commit')
    await other.end()
    await client.query(`delete from log where what like 'unfinished%'`)
    await client.query('begin')
    await log('undone')
    undone = await one('select pg_current_xact_id()::text')
    await client.query('rollback')
    await log('after undone')
    twice = await point('twice')
    await log('between')
    await point('twice')
    await client.query(`begin; insert into log (what) values ('prepared'); prepare transaction 'half''way'`)
    await point('prepared')
    await client.query(`commit prepared 'half''way'`)
    await scene.archived()
    await client.query('checkpoint')
    newest = (await scene.backup(baseMethod, 'base')).label
    await log('last')
    await scene.archived()
  }, 120_000)
  afterAll(() => scene?.end())

  const arxdb = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> => {
    const { repo, keyFile } = scene.settings
    const where = ['--repo', repo, '--key-file', keyFile, '--bindir', bindir, '-o', 'json']
    return runBeside('plain', [...args, ...where], scene.folder, { env })
  }
  const place = (): string => join(scene.folder, 'restored', `t${++restores}`)

  /** What is in the directory, by a server that nobody else reaches. */
  async function found(into: string, sql: string): Promise<Record<string, unknown>> {
    const signal = AbortSignal.timeout(60_000)
    const server = await startIsolated({ dataDir: into, programs: scene.programs, env: process.env, signal })
    try {
      return await asking(server, async (client) => (await client.query(sql)).rows[0])
    } finally {
      await server.stop()
    }
  }
  async function restored(to: string, ...more: string[]) {
    const into = place()
    const run = await arxdb(['restore', 'run', '--to', to, '--into', into, '--backup', backup.label, ...more])
    expect(run, run.stderr).toMatchObject({ code: 0 })
    return { into, run, row: JSON.parse(run.stdout)[0] }
  }

  test('exactly at the microsecond of a commit brings that commit back, and none behind it', async () => {
    const space2 = join(scene.folder, 'restored', 'space2')
    const { into } = await restored(exact, '--tablespace', `${space}=${space2}`)
    const sql = `select (${SEEN}), (select count(*)::int from distant) as distant, (select count(*)::int from passing) as passing,
      (select count(*)::int from pg_database where datname = 'it''s "odd" %d') as odd`
    expect(await found(into, sql)).toEqual({ seen: 'exact', distant: 1000, passing: 0, odd: 1 })
    const [oid] = readdirSync(join(into, 'pg_tblspc'))
    expect(await readlink(join(into, 'pg_tblspc', oid!))).toBe(space2)
  })

  test('in the middle of a record brings nothing back that begins behind it', async () => {
    const { into } = await restored(`lsn:${inside}`)
    const { seen, large } = await found(
      into,
      `select (${SEEN}), (select convert_from(lo_get(split_part(what, ':', 2)::oid), 'utf8')
      from log where n = 1) as large`,
    )
    expect([seen, large]).toEqual([expect.stringMatching(/^exact:\d+ behind$/), 'large'])
  })

  test('a transaction that was rolled back is a moment like others', async () => {
    const { into } = await restored(`xid:${undone}`)
    const { seen } = await found(into, SEEN)
    expect(seen).toMatch(/^exact:\d+ behind$/)
  })

  test('a name that was given twice is the first one behind the backup, and where it was is told', async () => {
    const { into, row } = await restored('name:twice')
    expect(row.reached_lsn).toBe(twice)
    const { seen } = await found(into, SEEN)
    expect(seen).toMatch(/^exact:\d+ behind after undone$/)
  })

  test('what was prepared and not committed stays so, and is told', async () => {
    const { into, run } = await restored('name:prepared')
    expect(run.stderr).toMatch(/prepared, and neither committed nor rolled back there: 'half''way' in postgres/)
    const { seen, gid } = await found(into, `select (${SEEN}), (select gid from pg_prepared_xacts)`)
    expect([seen, gid]).toEqual([expect.not.stringContaining('prepared'), "half'way"])
  })

  test('46: one that lies before the newest backup is refused from there, and the way to it is told', async () => {
    const into = place()
    const run = await arxdb(['restore', 'run', '--to', 'name:twice', '--backup', newest, '--into', into])
    expect(run.code, run.stderr).toBe(6)
    const { error } = JSON.parse(run.stderr.trim().split('\n').at(-1)!)
    expect(error).toMatchObject({
      code: 'restore-refused',
      detail: expect.stringContaining('without --backup every backup is looked at'),
    })
    expect(existsSync(into)).toBe(false)
  })

  test('39: behind all there is, the nearest moment is told in JSON too, by the plan and by the run', async () => {
    const planned = await arxdb(['restore', 'plan', '--to', '2099-01-01T00:00:00Z'])
    expect(planned.code).toBe(3)
    const [target] = JSON.parse(planned.stdout)
    const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`
    expect(target).toMatchObject({ check: 'target', outcome: 'problem' })
    expect(target.detail).toMatch(new RegExp(`nearest before it: --to latest --backup ${newest} \\(${stamp}\\)`))
    const into = place()
    const run = await arxdb(['restore', 'run', '--to', '2001-01-01T00:00:00Z', '--into', into])
    const { error } = JSON.parse(run.stderr.trim().split('\n').at(-1)!)
    expect([run.code, error.exit]).toEqual([6, 6])
    expect(error.detail).toContain(`nearest behind it: --to backup --backup ${backup.label}`)
    expect(readdirSync(join(into, '..'))).not.toContain(into.split('/').at(-1))
  })

  test.each([
    ['2026-01-02T03:04:05', {}, 'does not say its zone'],
    // The zone of whoever types is no answer: the server's may be another.
    ['2026-01-02T03:04:05', { TZ: 'Europe/Berlin' }, 'does not say its zone'],
    ['2026-01-02', {}, 'nothing to restore to'],
    ['1767322800', {}, 'nothing to restore to'],
    ['yesterday', {}, 'nothing to restore to'],
    ['2026-02-30T00:00:00Z', {}, 'does not exist'],
    ['2026-01-02T24:00:00Z', {}, 'does not exist'],
    ['xid:-1', {}, 'no transaction id'],
    ['lsn:123', {}, 'no LSN'],
    [`name:${'x'.repeat(64)}`, {}, 'no restore point'],
  ])('40: %s is refused by plan and run before anything is looked at (%o)', async (to, env, why) => {
    for (const verb of [['plan'], ['run', '--into', '/nonexistent/x']]) {
      const ended = await arxdb(['restore', ...verb, '--to', to], env)
      expect([ended.code, ended.stdout, ended.stderr]).toEqual([2, '', expect.stringContaining(why)])
    }
  })

  test.each([
    ['2025-10-26T02:30:00', 'Europe/Berlin', /2025-10-26T00:30:00Z for the first.*2025-10-26T01:30:00Z for the second/],
    ['2025-03-30T02:30:00', 'Europe/Berlin', /the clocks skip it/],
    [
      '2025-11-02T01:30:00',
      'America/New_York',
      /2025-11-02T05:30:00Z for the first.*2025-11-02T06:30:00Z for the second/,
    ],
    // By half an hour.
    [
      '2025-04-06T01:45:00',
      'Australia/Lord_Howe',
      /2025-04-05T14:45:00Z for the first.*2025-04-05T15:15:00Z for the second/,
    ],
  ])('41: %s in %s is refused, and what could be meant is told', async (to, tz, why) => {
    const ended = await arxdb(['restore', 'plan', '--to', to, '--tz', tz])
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([2, '', expect.stringMatching(why)])
  })
})
