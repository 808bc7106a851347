// Checks of TimescaleDB's jobs: failed, late, never run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { checked, session } from './scene.ts'
import {
  describeCommunity,
  describeTimescaledb,
  type JobStat,
  plantJob,
  plantStat,
  startJobs,
  stopJobs,
  until,
} from './timescaledb-scene.ts'

const WELL: JobStat = {
  ...{ started: "now() - interval '31 minutes'", finished: "now() - interval '30 minutes'" },
  ...{ succeeded: "now() - interval '30 minutes'", next: "now() + interval '30 minutes'", success: true },
}

describeTiers('without TimescaleDB', (tier) => {
  test.skipIf(tier.name !== 'plain')('its checks are skipped', async () => {
    const database = await migratedDatabase(tier)
    for (const name of ['jobs-failed', 'jobs-late', 'jobs-never-run'])
      expect(await checked(database.connection, name)).toMatchObject([
        { state: 'SKIPPED', text: expect.stringContaining('no TimescaleDB') },
      ])
    await database.drop()
  })
})

describeTimescaledb('jobs', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await session(database.url)
    await stopJobs(client)
    await client.query('delete from _timescaledb_config.bgw_job')
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  test('jobs-failed', async () => {
    expect(await checked(database.connection, 'jobs-failed')).toMatchObject([{ state: 'OK' }])
    await plantJob(client, 1000, WELL)
    expect(await checked(database.connection, 'jobs-failed')).toMatchObject([
      { state: 'OK', object: 'Planted Job [1000]', value: 0, try: null },
    ])
    // The worker went without a word: its run has no end.
    await plantStat(client, 1000, { ...WELL, finished: "'-infinity'", next: "'-infinity'", success: false })
    expect(await checked(database.connection, 'jobs-failed')).toMatchObject([
      {
        state: 'WARNING',
        text: expect.stringContaining('the worker of its last run is gone'),
        try: 'call run_job(1000)',
      },
    ])
    await plantStat(client, 1000, { ...WELL, success: false })
    for (let n = 0; n < 3; n++)
      await client.query(
        `insert into _timescaledb_internal.bgw_job_stat_history (job_id, pid, execution_start, execution_finish, succeeded, data)
           values (1000, 1, now() - $1 * interval '1 minute', now(), false, $2)`,
        [3 - n, { error_data: { message: `no luck ${n}`, detail: 'none at all' } }],
      )
    const [bad] = await checked(database.connection, 'jobs-failed')
    expect(bad).toMatchObject({ state: 'CRITICAL', value: 3, text: 'failed 3 times in a row: no luck 2 none at all' })
    expect(Date.now() - Date.parse(bad!.since!)).toBeGreaterThan(150_000)
    // Newer versions show the history to owners alone: who may not read it sees that it failed all the same.
    const role = `arxdb_blind_${process.pid}_${tier.name}`
    await client.query(`create role ${role} login`)
    const [blind] = await checked({ ...database.connection, user: role }, 'jobs-failed')
    expect(['WARNING', 'CRITICAL']).toContain(blind!.state)
    expect(blind!.text).toMatch(
      tier.name === 'community'
        ? /^failed, and succeeded last 30 min ago: no message is kept that this role may read$/
        : /^failed 3 times in a row: no luck 2/,
    )
    await client.query(`drop role ${role}`)
    await client.query('delete from _timescaledb_config.bgw_job')
  })

  test('jobs-late', async () => {
    await plantJob(client, 1001, WELL)
    const seen = async () => (await checked(database.connection, 'jobs-late'))[0]
    expect(await seen()).toMatchObject({ state: 'OK', value: 0, text: expect.stringMatching(/^due at 2/) })
    await plantStat(client, 1001, { ...WELL, next: "now() - interval '40 minutes'" })
    expect(await seen()).toMatchObject({
      ...{ state: 'WARNING', object: 'Planted Job [1001]', try: expect.stringContaining('start_background_workers') },
      text: 'was due 40 min ago and was not started, and no scheduler runs in this database',
    })
    await plantStat(client, 1001, {
      ...{ ...WELL, started: "now() - interval '8 hours'", finished: "'-infinity'", next: "'-infinity'" },
    })
    expect(await seen()).toMatchObject({
      state: 'CRITICAL',
      text: expect.stringMatching(/^is due at no time .* 8 h ago/),
    })
    const succeeded = "now() - interval '3 days'"
    await plantStat(client, 1001, { ...WELL, finished: succeeded, succeeded })
    expect(await seen()).toMatchObject({
      ...{ state: 'CRITICAL', text: expect.stringMatching(/^succeeded last 3 d ago, and is to run every 60 min/) },
    })
    // One that fails is late for that reason, which is told elsewhere.
    await plantStat(client, 1001, { ...WELL, succeeded, success: false })
    expect(await seen()).toMatchObject({ state: 'OK' })
    await client.query('delete from _timescaledb_config.bgw_job')
  })

  test('jobs-never-run', async () => {
    const state = mkdtempSync(join(tmpdir(), 'arxdb-health-'))
    const later = (hours: number) => ({ state, now: () => new Date(Date.now() + hours * 3_600_000) })
    const seen = async (hours: number) => (await checked(database.connection, 'jobs-never-run', later(hours)))[0]
    await plantJob(client, 1002)
    expect(await seen(0)).toMatchObject({ state: 'OK', value: 0 })
    expect(await seen(2)).toMatchObject({
      ...{ state: 'WARNING', object: 'Planted Job [1002]' },
      text: 'never ran in the 2 h it is known, and no scheduler runs in this database',
    })
    expect(await seen(30)).toMatchObject({ state: 'CRITICAL' })
    await plantStat(client, 1002, WELL)
    expect(await seen(30)).toMatchObject({ state: 'OK', text: 'every job ran at least once' })
    await client.query('delete from _timescaledb_config.bgw_job')
    rmSync(state, { recursive: true })
  })
})

describeCommunity('jobs that run on community', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await session(database.url)
    await client.query(`create procedure public.act(job_id int, config jsonb) language plpgsql as $$
      begin
        perform pg_sleep((config ->> 'seconds')::float8);
        if config ? 'fail' then raise exception 'no luck' using detail = 'none at all'; end if;
      end $$`)
    await startJobs(client)
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const add = async (config: object): Promise<number> =>
    (await client.query("select add_job('public.act', '1 h', config => $1) as id", [config])).rows[0].id

  test('one that fails says why, and how often', async () => {
    const id = await add({ seconds: 0, fail: true })
    const seen = async () =>
      (await checked(database.connection, 'jobs-failed')).find(({ object }) => object?.includes(`[${id}]`))
    await until('it failed', async () => (await seen()) !== undefined)
    expect(await seen()).toMatchObject({ state: 'WARNING', text: 'failed once: no luck none at all' })
    await client.query('select alter_job($1, next_start => now())', [id])
    await until('it failed again', async () => (await seen())!.value === 2)
    expect(await seen()).toMatchObject({ state: 'WARNING', text: expect.stringMatching(/^failed 2 times in a row: /) })
    // A job that is paused is nobody's trouble.
    await client.query('select alter_job($1, scheduled => false)', [id])
    expect(await seen()).toBeUndefined()
  })

  test('one that was cut off is told, one that runs is not', async () => {
    const id = await add({ seconds: 60 })
    const own = async () =>
      (await checked(database.connection, 'jobs-failed')).find(({ object }) => object?.includes(`[${id}]`))
    const pid = async () =>
      (await client.query('select pid from pg_stat_activity where application_name like $1', [`%[${id}]`])).rows[0]?.pid
    await until('it runs', async () => (await pid()) !== undefined)
    expect(await own()).toBeUndefined()
    const late = await checked(database.connection, 'jobs-late')
    expect(late.find(({ object }) => object?.includes(`[${id}]`))).toBeUndefined()
    await stopJobs(client)
    await client.query('select pg_terminate_backend($1, 5000)', [await pid()])
    await until('it is gone', async () => (await own()) !== undefined)
    expect(await own()).toMatchObject({
      state: 'WARNING',
      text: expect.stringContaining('the worker of its last run is gone'),
    })
  })
})
