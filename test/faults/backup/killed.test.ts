// SIGKILL at the moments that hurt most: in the middle of an upload, while jobs of TimescaleDB stand still, and between
// timescaledb_pre_restore() and timescaledb_post_restore().
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { programsOf } from '../../../src/backup/programs.ts'
import { openRepository } from '../../../src/backup/repository.ts'
import { fillArxdb } from '../../backup/logical-scene.ts'
import { arxdbBeside, type Outcome, runBeside } from '../../servers/beside.ts'
import { migratedDatabase, type TestDatabase, tiers, urlOf, withClient } from '../../servers/databases.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { behind } from '../harness/s3-proxy.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-killed-'))
const repo = join(home, 'repo')
mkdirSync(repo)
afterAll(() => rmSync(home, { recursive: true, force: true }))
const env = { ARXDB_BACKUP_KEY: join(home, 'key') }

const arxdb = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  runBeside('plain', args, home, { env: { ...env, ...more } })

/** The same, begun and left to itself, in a process group of its own. */
function begun(args: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess {
  const [file, ...rest] = arxdbBeside('plain', args)
  const { PATH = '' } = process.env
  const own = { PATH, HOME: home, ...env, ...more }
  return spawn(file!, rest, { cwd: home, env: own, stdio: 'ignore', detached: true })
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 50) {
    if (waited > 30_000) throw new Error(`${what} does not come about`)
    await sleep(50)
  }
}

/** Kills arxdb alone; its tools live on for a moment, as they do when the kernel picks a victim. */
async function killed(child: ChildProcess): Promise<void> {
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** A folder in which one of PostgreSQL's programs first says that it is at work and then stands still. */
async function standing(program: string, at: string): Promise<{ readonly bindir: string; readonly sign: string }> {
  const bindir = mkdtempSync(join(home, 'bin-'))
  const sign = join(bindir, 'stands')
  const major = await withClient(community!.url, async (client) => {
    const { rows } = await client.query("select current_setting('server_version_num')::int / 10000 as major")
    return rows[0].major as number
  })
  const programs = programsOf(major, undefined, process.env)
  for (const one of ['pg_dump', 'pg_restore'] as const) {
    const stands = one === program ? `case "$*" in ${at}) touch ${sign}; sleep 60;; esac\n` : ''
    writeFileSync(join(bindir, one), `#!/bin/bash\n${stands}exec ${programs.need(one)} "$@"\n`)
    chmodSync(join(bindir, one), 0o755)
  }
  return { bindir, sign }
}

const community = tiers().find(({ name }) => name === 'community')
const plain = tiers().find(({ name }) => name === 'plain')
const noMoto = motoReason()

describe.skipIf(!plain || noMoto)(`fault 3: killed in the middle of an upload${noMoto ? ` (${noMoto})` : ''}`, () => {
  let database: TestDatabase
  let moto: Moto
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    const noise = 'create table public.noise as select i, md5(i::text) as t from generate_series(1, 800000) i'
    await withClient(database.url, (client) => client.query(noise))
    moto = await startMoto()
    await moto.bucket('killed')
  })
  afterAll(async () => {
    moto?.stop()
    await database?.drop()
  })

  test('what was half uploaded is never listed, the next run is well, and a sweep ends the upload', async () => {
    const address = 's3://killed/market'
    const words = (endpoint: string, ...more: string[]) => [
      ...[
        'backup',
        ...more,
        '--repo',
        address,
        '--s3-endpoint',
        endpoint,
        '--s3-path-style',
        '--s3-region',
        'us-east-1',
      ],
    ]
    const run = ['run', '--kind', 'copy', '--compression', 'none', '--url', database.url]
    let middle = false
    const proxy = await behind(moto.endpoint, (path) => {
      if (!path.includes('partNumber=2')) return 'pass'
      middle = true
      return 'hang'
    })
    const client = moto.client()
    const uploads = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket: 'killed' }))).Uploads ?? []
    try {
      const child = begun(words(proxy.endpoint, ...run), moto.env)
      await until('a second part', () => middle)
      await killed(child)
      expect(await uploads()).toHaveLength(1)
      const listed = await arxdb(words(moto.endpoint, 'list', '-o', 'json'), moto.env)
      expect(listed, listed.stderr).toMatchObject({ code: 0, stdout: '[]\n' })

      // The lease of the killed one is taken over: it was of this host, and its process is gone.
      const next = await arxdb(words(moto.endpoint, ...run), moto.env)
      expect(next, next.stderr).toMatchObject({ code: 0 })
      const checked = await arxdb(words(moto.endpoint, 'verify', '--all'), moto.env)
      expect(checked, checked.stderr).toMatchObject({ code: 0 })
      const { stdout } = await arxdb(words(moto.endpoint, 'list', '-o', 'json'), moto.env)
      expect(JSON.parse(stdout)).toMatchObject([{ status: 'good' }])

      // Young uploads may be somebody's; once they are old the sweep of each run ends them.
      Object.assign(process.env, moto.env)
      const s3 = { endpoint: moto.endpoint, pathStyle: true, region: 'us-east-1' }
      const repository = await openRepository({ repo: address, s3 }, 'must exist')
      await repository.store.sweep(0).finally(() => repository.close())
      expect(await uploads()).toEqual([])
      const { Contents = [] } = await client.send(
        new ListObjectsV2Command({ Bucket: 'killed', Prefix: 'market/backups/' }),
      )
      const whole = Contents.filter(({ Key }) => Key!.endsWith('/manifest.json'))
      expect(whole).toHaveLength(1)
    } finally {
      proxy.close()
      client.destroy()
    }
  }, 120_000)
})

describe.skipIf(!community)('TimescaleDB Community', () => {
  let database: TestDatabase
  const restored = `arxdb_killed_${process.pid}`
  beforeAll(async () => {
    database = await migratedDatabase(community!)
    await withClient(database.url, (client) => fillArxdb(client, 'community', 5))
  })
  afterAll(async () => {
    const drop = `drop database if exists ${restored} with (force)`
    await withClient(community!.url, (client) => client.query(drop))
    await database?.drop()
  })

  const jobs = () =>
    withClient(database.url, async (client) => {
      const all =
        'select job_id, j.scheduled, j.next_start, s.last_run_started_at as started from timescaledb_information.jobs j left join timescaledb_information.job_stats s using (job_id) where j.hypertable_name is not null order by 1'
      return (await client.query(all)).rows as readonly { next_start: Date; scheduled: boolean; started: Date | null }[]
    })
  const backupRun = (...more: string[]) => [
    ...['backup', 'run', '--kind', 'dump', '--repo', repo, '--url', database.url, '-o', 'json', ...more],
  ]

  test('fault 10: jobs that a killed dump holds back come back', async () => {
    const began = Date.now() - 1_000
    const before = await jobs()
    expect(before.length).toBeGreaterThan(0)
    const { bindir, sign } = await standing('pg_dump', '*--snapshot*')
    const child = begun(backupRun('--bindir', bindir))
    await until('the dump', () => existsSync(sign))
    const put = await jobs()
    expect(put).not.toEqual(before)
    // A lease and no switch: whatever becomes of the holder, nothing is off, and nothing waits for longer than the lease.
    expect(put.every(({ scheduled }) => scheduled)).toBe(true)
    for (const { next_start } of put) expect(next_start.getTime()).toBeLessThan(Date.now() + 24 * 3_600_000)
    await killed(child)
    process.kill(-child.pid!, 'SIGKILL')

    const next = await arxdb(backupRun())
    expect(next, next.stderr).toMatchObject({ code: 0 })
    // As if the lease had run out, which is when the job it put off starts.
    await withClient(database.url, async (client) => {
      await client.query(`update arxdb.job_leases set until = now() - interval '1 s'`)
      await client.query('select alter_job(job_id, next_start => until) from arxdb.job_leases')
    })
    const again = await arxdb(backupRun())
    expect(again, again.stderr).toMatchObject({ code: 0 })
    // Due, or started already by the scheduler, where there is one.
    for (const { next_start, scheduled, started } of await jobs()) {
      expect(scheduled).toBe(true)
      expect(next_start.getTime() <= Date.now() || (started?.getTime() ?? 0) >= began).toBe(true)
    }
    const left = await withClient(database.url, (client) => client.query('select from arxdb.job_leases'))
    expect(left.rows).toEqual([])
  }, 120_000)

  test('fault 50: a restore killed before timescaledb_post_restore() is begun anew, and nothing stays in restoring', async () => {
    const words = (...more: string[]) => [
      ...['restore', 'run', '--into-database', restored, '--repo', repo, '--url', community!.url, ...more],
    ]
    const { bindir, sign } = await standing('pg_restore', '*--dbname*')
    const child = begun(words('--bindir', bindir))
    await until('pg_restore', () => existsSync(sign))
    const unfinished = () =>
      withClient(community!.url, async (client) => {
        const all = 'select datname from pg_database where datname like $1'
        return (await client.query(all, [`${restored}%`])).rows.map(({ datname }) => datname as string)
      })
    const names = await unfinished()
    expect(names).toHaveLength(1)
    expect(names).not.toContain(restored)
    const restoring = async (name: string) =>
      withClient(urlOf(community!.url, name), async (client) => {
        const { rows } = await client.query("select current_setting('timescaledb.restoring', true) as on")
        return rows[0].on as string
      })
    expect(await restoring(names[0]!)).toBe('on')
    await killed(child)
    process.kill(-child.pid!, 'SIGKILL')

    const next = await arxdb(words())
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(await unfinished()).toEqual([restored])
    expect(await restoring(restored)).toBe('off')
    const count = async (url: string) =>
      withClient(url, async (client) => (await client.query('select count(*)::int as n from arxdb.candles')).rows[0].n)
    expect(await count(urlOf(community!.url, restored))).toBe(await count(database.url))
  }, 120_000)
})

test('fault 14: one table of many is no backup, and there is no flag that makes one', async () => {
  const ended = await arxdb(['backup', 'run', '--kind', 'dump', '--table', 'arxdb.candles', '--repo', repo])
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--table') })
})
