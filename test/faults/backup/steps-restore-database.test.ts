// `restore run --into-database` killed, and interrupted, at every step that it takes: the name is free until all is there, the
// next restore is well, and what was left of the killed one goes with it. So for a copy and for a dump; with TimescaleDB
// between timescaledb_pre_restore() and timescaledb_post_restore() too.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../backup/fingerprint.ts'
import { fillArxdb } from '../../backup/logical-scene.ts'
import { migratedDatabase, type TestDatabase, tiers, urlOf, withClient } from '../../servers/databases.ts'
import { atEach, databasesOf, leftIn, repositoryWords, sampled } from '../harness/afterwards.ts'
import { type Fault, runFaulty, stepsOf } from '../harness/faulty.ts'
import { type Host, hostIn } from './steps-host.ts'

const HERE = tiers().filter(({ name }) => name !== 'apache')

describe.each(HERE)('restore run --into-database on $name', ({ name: tier, url }) => {
  let database: TestDatabase
  let host: Host
  let wanted: readonly string[]
  const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-database-'))
  const restored = `arxdb_steps_${tier}_${process.pid}`
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, async (client) => {
      await fillArxdb(client, tier, 1)
      await client.query(`alter database ${new URL(database.url).pathname.slice(1)} set work_mem to '7MB'`)
    })
    wanted = await withClient(database.url, fingerprint)
    host = hostIn(base)
  }, 120_000)
  afterAll(async () => {
    await dropped()
    await database?.drop()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  /** The scheduler is asked first: one that is ended keeps its place among the server's workers for a minute. */
  async function dropped(): Promise<void> {
    if (tier === 'community') {
      const stop = 'select _timescaledb_functions.stop_background_workers()'
      await withClient(urlOf(url, restored), (client) => client.query(stop)).catch(() => {})
    }
    for (const name of await databasesOf(url, restored))
      await withClient(url, (client) => client.query(`drop database if exists ${name} with (force)`))
  }

  /** Nothing of the name but what is whole; and the same command again brings it, or says that it is there. */
  async function survives(words: readonly string[], fault: Fault): Promise<void> {
    const ended = await runFaulty(host.subject, words, fault)
    if (fault.what !== 'interrupt') expect(ended.signal, ended.stderr).toBe('SIGKILL')
    else expect([0, 130], ended.stderr).toContain(ended.code)
    const left = await databasesOf(url, restored)
    const done = left.includes(restored)
    if (fault.what === 'interrupt') {
      // Nothing half done is left, and no folder.
      expect(left).toEqual(done ? [restored] : [])
      expect(leftIn(host.staging)).toEqual([])
    }
    const next = await runFaulty(host.subject, words)
    if (done) {
      expect(next).toMatchObject({ code: 6, stderr: expect.stringContaining('give another name with --into-database') })
    } else {
      expect(next, next.stderr).toMatchObject({ code: 0 })
      expect(leftIn(host.staging)).toEqual([])
    }
    expect(await databasesOf(url, restored)).toEqual([restored])
    expect(await withClient(urlOf(url, restored), fingerprint)).toEqual(wanted)
    const limits = `select datallowconn, datconnlimit, shobj_description(oid, 'pg_database') as said from pg_database where datname = $1`
    const { rows } = await withClient(url, (client) => client.query(limits, [restored]))
    expect(rows).toEqual([{ datallowconn: true, datconnlimit: -1, said: null }])
    await dropped()
  }

  test.runIf(tier === 'community')(
    '44: opening that is killed at any step is done again, and then jobs run',
    async () => {
      await dropped()
      const make = ['backup', 'run', '--kind', 'copy', '--url', database.url, '-o', 'json', ...repositoryWords(host)]
      expect(await runFaulty(host.subject, make)).toMatchObject({ code: 0 })
      const into = ['restore', 'run', '--into-database', restored, '--url', url, ...repositoryWords(host)]
      const open = ['restore', 'open', '--database', restored, '--url', url, '--yes']
      const ask = <T>(sql: string): Promise<T> =>
        withClient(urlOf(url, restored), async (client) => (await client.query(sql)).rows[0] as T)
      const jobs =
        'select count(*) filter (where scheduled)::int as on from timescaledb_information.jobs where job_id >= 1000'
      const steps = ['jobs marked', 'jobs resumed']
      for (const at of steps) {
        const brought = await runFaulty(host.subject, into)
        expect(brought, brought.stderr).toMatchObject({ code: 0 })
        expect(await ask(jobs)).toEqual({ on: 0 })
        expect((await runFaulty(host.subject, open, { at })).signal).toBe('SIGKILL')
        const next = await runFaulty(host.subject, open)
        expect(next, next.stderr).toMatchObject({ code: 0 })
        expect(await ask<{ on: number }>(jobs)).not.toEqual({ on: 0 })
        const scheduler = `select count(*)::int as n from pg_stat_activity where datname = current_database() and backend_type ~ 'Scheduler'`
        for (let waited = 0; (await ask<{ n: number }>(scheduler)).n === 0; waited += 200) {
          if (waited > 30_000) throw new Error(`killed at "${at}": nobody runs the jobs`)
          await sleep(200)
        }
        await dropped()
      }
    },
    200_000,
  )

  test.each(['copy', 'dump'])(
    '50: a %s that is restored and killed at any step is not there, or there whole',
    async (kind) => {
      await dropped()
      const make = ['backup', 'run', '--kind', kind, '--url', database.url, '-o', 'json', ...repositoryWords(host)]
      const made = await runFaulty(host.subject, make)
      expect(made, made.stderr).toMatchObject({ code: 0 })
      const [{ label }] = JSON.parse(made.stdout)
      const into = ['restore', 'run', '--into-database', restored, '--backup', label, '--url', url]
      const words = [...into, '-o', 'json', ...repositoryWords(host)]
      const steps = await stepsOf(host.subject, words)
      await dropped()
      await atEach(sampled(steps, 4, /^(created|closed|renamed|restoring left)/), (at) => survives(words, { at }))
      await atEach(sampled(steps, 2), (at) => survives(words, { at, what: 'interrupt' }))
    },
    400_000,
  )
})
