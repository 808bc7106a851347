// pgBackRest's backups through bin/arxdb.js: made, verified, planned, brought back to moments, drilled; and what is damaged
// or missing in its repository brings nothing back.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arxdbBeside, type Outcome, runBeside } from '../../servers/beside.ts'
import { standingAt } from '../harness/faulty.ts'
import { BIN, canRun, flipped, harmed, openScene, type Scene } from './scene-pgbackrest.ts'

interface Told {
  readonly check: string
  readonly outcome: string
  readonly detail: string
}

describe.skipIf(!canRun)('restores of kind pgbackrest', () => {
  let scene: Scene
  let client: pg.Client
  /** arxdb's labels, and a segment with rows before and behind it. */
  let [full, incremental, middle] = ['', '', '']
  let moment: string
  let lsn: string

  // Drills go to a folder of their own, so that those of other tests do not come between.
  const keyed = () => ({
    ...{ ARXDB_BACKUP_KEY: join(scene.shop.home, 'backup.key'), TMPDIR: scene.folder },
    ...scene.env,
  })
  const arxdb = (args: readonly string[]): Promise<Outcome> =>
    runBeside('plain', [...args, '--repo', scene.shop.folder], scene.shop.home, { env: keyed() })
  const words = (into: string) => ['restore', 'run', '--into', into, '--repo', scene.shop.folder]
  const insert = (from: number, to: number) =>
    client.query(`insert into t select g, md5(g::text) from generate_series(${from}, ${to}) as g`)
  async function backup(...more: string[]): Promise<string> {
    const args = ['backup', 'run', '--kind', 'pgbackrest', '--stanza', 'main', '--url', scene.url, '-o', 'json']
    const made = await arxdb([...args, ...more])
    expect(made, made.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(made.stdout)).toMatchObject([{ kind: 'pgbackrest', exact: true }])
    return JSON.parse(made.stdout)[0].label
  }
  const plan = async (...args: string[]): Promise<{ code: number | null; stderr: string; told: readonly Told[] }> => {
    const { code, stdout, stderr } = await arxdb(['restore', 'plan', ...args, '-o', 'json'])
    return { code, stderr, told: stdout === '' ? [] : JSON.parse(stdout) }
  }

  beforeAll(async () => {
    scene = await openScene()
    // What is meant for restores of the original must not reach ours.
    const traps = ['delta=y', 'link-all=y', 'db-include=nothing', 'recovery-option=primary_conninfo=host=x']
    appendFileSync(scene.env.PGBACKREST_CONFIG!, `[global:restore]\n${traps.join('\n')}\n`)
    scene.run('mkdir', [join(scene.folder, 'space')])
    client = await scene.client()
    await client.query(`create tablespace apart location '${join(scene.folder, 'space')}'`)
    await client.query('create table aside tablespace apart as select generate_series(1, 500) as n')
    await client.query('create table t as select g, md5(g::text) as m from generate_series(1, 20000) as g')
    full = await backup()
    await insert(20_001, 30_000)
    incremental = await backup()
    await insert(30_001, 31_000)
    await sleep(20)
    const { rows } = await client.query(
      `select pg_create_restore_point('there')::text as lsn,
         to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
    )
    ;({ at: moment, lsn } = rows[0])
    await sleep(20)
    await scene.archived(client)
    await insert(31_001, 32_000)
    middle = await scene.archived(client)
    await insert(32_001, 33_000)
    await scene.archived(client)
  }, 180_000)
  afterAll(async () => {
    await client?.end()
    await scene?.close()
  })

  test('the first one is full, the next one is an increment of pgBackRest, and both pass verify', async () => {
    const shown = async (label: string) => (await arxdb(['backup', 'show', label, '-o', 'json'])).stdout
    expect(await shown(full)).toContain(String.raw`\"full\"`)
    expect(await shown(incremental)).toContain(String.raw`\"incr\"`)
    const verified = await arxdb(['backup', 'verify', incremental, '--level', '3', '-o', 'json'])
    expect(verified, verified.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(verified.stdout)).toMatchObject([
      { label: full, outcome: 'passed' },
      { label: incremental, outcome: 'passed' },
    ])
  }, 240_000)

  test('the plan knows how far the archive goes, and what lies beyond it', async () => {
    const latest = await plan('--to', 'latest')
    expect(latest, latest.stderr).toMatchObject({ code: 0 })
    expect(latest.told).toContainEqual({
      ...{
        check: 'target',
        outcome: 'ok',
        detail: expect.stringMatching(/^latest: a commit of \d{4}-.*Z is the last$/),
      },
    })
    expect(latest.told).toContainEqual(
      expect.objectContaining({ check: 'backup', detail: expect.stringContaining(`${incremental} (`) }),
    )
    expect(await plan('--to', moment)).toMatchObject({ code: 0 })
    expect(await plan('--to', `lsn:${lsn}`)).toMatchObject({ code: 0 })
    const named = await plan('--to', 'name:there')
    expect(named).toMatchObject({ code: 0 })
    expect(named.told[0]!.detail).toMatch(/^name:there: a restore point at \S+ of \d{4}-\S+Z on timeline 1$/)
    const nowhere = await plan('--to', 'name:nowhere')
    expect(nowhere).toMatchObject({ code: 3 })
    expect(nowhere.told[0]!.detail).toMatch(/no restore point "nowhere" .*; there are "there" \(/)
    const beyond = await plan('--to', '2099-01-01T00:00:00Z')
    expect(beyond).toMatchObject({ code: 3 })
    expect(beyond.told[0]).toMatchObject({ outcome: 'problem', detail: expect.stringContaining('no commit behind') })
    expect(await plan('--to', 'lsn:FF/0')).toMatchObject({ code: 3 })
  }, 240_000)

  let restores = 0
  async function restored(...args: string[]) {
    const into = join(scene.folder, `r${restores++}`)
    const done = await arxdb(['restore', 'run', '--into', into, ...args, '-o', 'json'])
    return { ...done, into }
  }

  /** What stands in a restored directory, by a server of its own on it. */
  const content = (into: string) =>
    scene.within(into, async (own) => {
      const { rows } = await own.query(`select
        (select count(*)::int from t) as rows, (select count(*)::int from aside) as aside,
        (select md5(string_agg(t::text, ',' order by g)) from t) as digest,
        current_setting('archive_mode') as archiving, pg_is_in_recovery() as recovering,
        current_setting('restore_command') as command, current_setting('primary_conninfo') as primary_conninfo,
        (select pg_tablespace_location(oid) from pg_tablespace where spcname = 'apart') as apart`)
      return rows[0]
    })
  /** The digest of the first so many rows of the original. */
  const digest = async (rows: number): Promise<string> =>
    (await client.query(`select md5(string_agg(t::text, ',' order by g)) as d from t where g <= ${rows}`)).rows[0].d

  test('restored to the latest: every row that was archived, archiving off, the original as it was', async () => {
    const done = await restored('--to', 'latest')
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(done.stdout)).toMatchObject([{ label: incremental, into: done.into, target: 'latest' }])
    const found = await content(done.into)
    expect(found).toMatchObject({ rows: 33_000, aside: 500, digest: await digest(33_000), archiving: 'off' })
    expect(found).toMatchObject({ recovering: false, command: '', primary_conninfo: '' })
    expect(found.apart).toMatch(new RegExp(`^${done.into}\\.tablespaces/\\d+$`))
    expect((await client.query('select count(*)::int as n from aside')).rows[0].n).toBe(500)
  }, 240_000)

  test('restored to a moment, a name, a position, the backup itself: exactly the rows of then', async () => {
    const to: readonly (readonly [string, number])[] = [
      [moment, 31_000],
      ['name:there', 31_000],
      [`lsn:${lsn}`, 31_000],
      ['backup', 30_000],
    ]
    for (const [target, rows] of to) {
      const place = join(scene.folder, `space-${restores}`)
      const done = await restored('--to', target, '--tablespace', `${join(scene.folder, 'space')}=${place}`)
      expect(done, done.stderr).toMatchObject({ code: 0 })
      const found = await content(done.into)
      expect(found, target).toMatchObject({ rows, aside: 500, digest: await digest(rows), apart: place })
    }
    const old = await restored('--to', 'backup', '--backup', full)
    expect(await content(old.into)).toMatchObject({ rows: 20_000 })
  }, 120_000)

  test('what was restored can be opened', async () => {
    const opened = await runBeside('plain', ['restore', 'open', join(scene.folder, 'r0'), '--yes'], scene.shop.home)
    expect(opened, opened.stderr).toMatchObject({ code: 0 })
    expect(readFileSync(join(scene.folder, 'r0/postgresql.auto.conf'), 'utf8')).toMatch(/archive_mode = 'off'/)
  }, 240_000)

  const drilled = () => readdirSync(scene.folder).filter((name) => name.startsWith('arxdb-drill-'))
  test('a drill: equal content, with RTO and RPO, and nothing is left of it', async () => {
    const before = drilled()
    const done = await arxdb(['backup', 'drill', '-o', 'json'])
    expect(done, done.stderr).toMatchObject({ code: 0 })
    const [row] = JSON.parse(done.stdout)
    expect(row).toMatchObject({
      ...{ label: incremental, kind: 'pgbackrest', passed: true, level: 5, problems: null },
      ...{ target: `name:arxdb-${incremental}`, rows: '30500' },
    })
    expect(row.rto_seconds).toBeGreaterThan(0)
    // The newest segment came in minutes ago at most, whenever the backup was made.
    expect(row.rpo_seconds).toBeGreaterThanOrEqual(0)
    expect(row.rpo_seconds).toBeLessThan(600)
    const relations = await arxdb(['backup', 'drill', full, '--relations', '-o', 'json'])
    expect(JSON.parse(relations.stdout)).toMatchObject([
      { relation: 'public.aside', rows: '500', restored: '500', passed: true },
      { relation: 'public.t', rows: '20000', restored: '20000', passed: true },
    ])
    const verified = await arxdb(['backup', 'verify', full, '--level', '5', '-o', 'json'])
    expect(JSON.parse(verified.stdout)).toMatchObject([{ label: full, level: 5, outcome: 'passed' }])
    expect(drilled()).toEqual(before)
    const listed = await arxdb(['backup', 'list', '-o', 'json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([{ proven_level: 5 }, { proven_level: 5 }])
  }, 120_000)

  test('a drill to another moment tells that rows were not compared', async () => {
    const done = await arxdb(['backup', 'drill', '--to', 'latest', '-o', 'json'])
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(done.stdout)).toMatchObject([{ passed: true, level: 4, target: 'latest', rows: '33500' }])
    expect(done.stderr).toContain('rows were not compared')
  }, 240_000)

  test('a segment with a flipped bit: archive-get hands it over, and nothing is promoted', async () => {
    await harmed(middle, flipped, async () => {
      const data = `--pg1-path=${join(scene.folder, 'data')}`
      const segment = middle.split('/').pop()!.slice(0, 24)
      expect(scene.pgbackrest('archive-get', data, segment, join(scene.folder, 'got'))).toBe('')
      const done = await restored('--to', 'latest')
      expect(done).toMatchObject({ code: 1 })
      expect(done.stderr).toMatch(/nothing was promoted[\s\S]*another SHA-1/)
      expect(readdirSync(done.into)).toEqual([])
      const practised = await arxdb(['backup', 'drill', '--to', 'latest', '-o', 'json'])
      expect(practised).toMatchObject({ code: 3 })
      expect(JSON.parse(practised.stdout)).toMatchObject([{ passed: false, target: 'none' }])
    })
  }, 240_000)

  test('a segment that is missing in the middle: planned as a gap, and refused', async () => {
    await harmed(
      middle,
      () => undefined,
      async () => {
        const planned = await plan('--to', 'latest')
        expect(planned).toMatchObject({ code: 3 })
        expect(planned.told).toContainEqual(expect.objectContaining({ check: 'gap', outcome: 'problem' }))
        const done = await restored('--to', 'latest')
        expect(done).toMatchObject({ code: 6 })
        expect(existsSync(done.into)).toBe(false)
        const before = await restored('--to', 'name:there', '--backup', incremental)
        expect(before, before.stderr).toMatchObject({ code: 0 })
        expect(await content(before.into)).toMatchObject({ rows: 31_000 })
      },
    )
  }, 240_000)

  test('a file of the repository with a flipped bit: the drill fails, names it, and leaves nothing', async () => {
    const { rows } = await client.query("select pg_relation_filepath('t') as path")
    const made = scene.pgbackrest('info', '--output=json').match(/"label":"([^"]+F)"/)![1]!
    const before = drilled()
    await harmed(join(scene.folder, `repo/backup/main/${made}/pg_data/${rows[0].path}.zst`), flipped, async () => {
      const done = await arxdb(['backup', 'drill', full, '-o', 'json'])
      expect(done, done.stderr).toMatchObject({ code: 3 })
      const [row] = JSON.parse(done.stdout)
      expect(row).toMatchObject({ label: full, passed: false, rpo_seconds: expect.any(Number) })
      expect(row.problems).toMatch(/it was not restored: pgbackrest restore failed: .*checksum/)
    })
    expect(drilled()).toEqual(before)
    const listed = await arxdb(['backup', 'list', '-o', 'json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([{ label: incremental }, { label: full, status: 'failed' }])
  }, 120_000)

  test('interrupted while files are laid out: nothing stays, and no process goes on writing', async () => {
    const into = join(scene.folder, 'interrupted')
    const words = ['restore', 'run', '--into', into, '--backup', incremental, '--repo', scene.shop.folder]
    const [file, ...args] = arxdbBeside('plain', words)
    const child = spawn(file!, args, {
      env: { ...process.env, ...keyed() },
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    while (!existsSync(join(into, 'base')) && child.exitCode === null) await sleep(5)
    child.kill('SIGINT')
    expect((await ended)[0]).toBe(130)
    expect(readdirSync(into)).toEqual([])
    const running = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    expect(running.split('\n').filter((line) => line.includes(into))).toEqual([])
  }, 240_000)

  test('a second one into the same place is refused while pgBackRest fills it, and follows once that was killed', async () => {
    const into = join(scene.folder, 'twice')
    // Named, because the drills before have left failed proofs of them.
    const chosen = ['--into', into, '--backup', incremental]
    const subject = { tier: 'plain', home: scene.shop.home, env: keyed() } as const
    const first = await standingAt(subject, [...words(into), '--backup', incremental], 'laid out')
    try {
      const second = await arxdb(['restore', 'run', ...chosen, '--yes'])
      expect(second, second.stderr).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('another restore is at work'),
      })
    } finally {
      await first.kill()
    }
    const asked = await arxdb(['restore', 'run', ...chosen])
    expect(asked, asked.stderr).toMatchObject({ code: 6, stderr: expect.stringContaining('unfinished restore of') })
    const spaces = `${into}.tablespaces`
    expect(asked.stderr).toContain(spaces)
    rmSync(spaces, { recursive: true })
    const next = await arxdb(['restore', 'run', ...chosen, '--yes'])
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(existsSync(`${into}.arxdb-restore-unfinished.json`)).toBe(false)
  }, 240_000)

  test('never over what is there: a running server is refused', async () => {
    const done = await arxdb(['restore', 'run', '--into', join(scene.folder, 'data'), '--yes'])
    expect(done).toMatchObject({ code: 6 })
    expect(done.stderr).toContain('a server runs on')
    expect((await client.query('select count(*)::int as n from t')).rows[0].n).toBe(33_000)
  })

  test('a promotion of the original: its branch is told, and followed where that is asked for', async () => {
    const data = join(scene.folder, 'data')
    await client.end()
    scene.run(`${BIN}/pg_ctl`, ['-D', data, '-w', '-m', 'fast', 'stop'])
    scene.run('touch', [join(data, 'recovery.signal')])
    const log = join(scene.folder, 'log/pg.log')
    scene.run(`${BIN}/pg_ctl`, ['-D', data, '-w', '-l', log, '-o', "-c restore_command='exit 1'", 'start'])
    client = await scene.client()
    for (let tries = 0; tries < 100; tries++) {
      if (!(await client.query('select pg_is_in_recovery() as r')).rows[0].r) break
      await sleep(50)
    }
    await insert(33_001, 34_000)
    expect(await scene.archived(client)).toContain('/00000002')
    const planned = await plan('--to', 'latest', '--backup', incremental)
    expect(planned).toMatchObject({ code: 0 })
    expect(planned.told).toContainEqual({
      ...{ check: 'timeline', outcome: 'warning', detail: expect.stringMatching(/^timeline 2, branched off 1 at /) },
    })
    const along = await restored('--to', 'latest', '--backup', incremental, '--timeline', '2')
    expect(along, along.stderr).toMatchObject({ code: 0 })
    expect(await content(along.into)).toMatchObject({ rows: 34_000 })
    const own = await restored('--to', 'latest', '--backup', incremental)
    expect(await content(own.into)).toMatchObject({ rows: 33_000 })
  }, 240_000)

  test('WAL that arxdb cannot read by itself: the plan says what it does not know, and the restore goes on', async () => {
    const conf = scene.env.PGBACKREST_CONFIG!
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('compress-type=zst', 'compress-type=lz4'))
    await insert(34_001, 35_000)
    expect(await scene.archived(client)).toMatch(/\.lz4$/)
    const along = ['--backup', incremental, '--timeline', '2']
    const planned = await plan('--to', '2099-01-01T00:00:00Z', ...along)
    expect(planned).toMatchObject({ code: 0 })
    expect(planned.told[0]).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('seen only while') })
    expect(planned.told).toContainEqual(expect.objectContaining({ detail: expect.stringContaining('cannot read lz4') }))
    const named = await plan('--to', 'name:nowhere', ...along)
    expect(named).toMatchObject({ code: 0 })
    expect(named.told).toContainEqual(
      expect.objectContaining({ detail: expect.stringMatching(/not looked up: arxdb cannot read lz4/) }),
    )
    const missed = await restored('--to', '2099-01-01T00:00:00Z', ...along)
    expect(missed).toMatchObject({ code: 1 })
    expect(missed.stderr).toContain('nothing was promoted')
    const latest = await restored('--to', 'latest', ...along)
    expect(latest, latest.stderr).toMatchObject({ code: 0 })
    expect(await content(latest.into)).toMatchObject({ rows: 35_000 })
  }, 240_000)

  test('what pgBackRest expired is told, and its stanza gone too', async () => {
    renameSync(join(scene.folder, 'repo'), join(scene.folder, 'elsewhere'))
    const unknown = await plan('--to', 'latest').finally(() =>
      renameSync(join(scene.folder, 'elsewhere'), join(scene.folder, 'repo')),
    )
    expect(unknown).toMatchObject({ code: 1 })
    expect(unknown.stderr).toContain('missing stanza path')
    const made = scene.pgbackrest('info', '--output=json').match(/"label":"([^"]+I)"/)![1]!
    scene.pgbackrest('expire', `--set=${made}`)
    const planned = await plan('--to', 'latest', '--backup', incremental)
    expect(planned).toMatchObject({ code: 6 })
    expect(planned.stderr).toContain('which pgBackRest has no more')
    const drill = await arxdb(['backup', 'drill', incremental, '-o', 'json'])
    expect(drill, drill.stderr).toMatchObject({ code: 3 })
  }, 240_000)
})
