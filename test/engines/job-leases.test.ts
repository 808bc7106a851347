// Background jobs make room for heavy work and come back by themselves, with a scheduler that really runs.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { holdJobs } from '../../src/storage/job-leases.ts'
import { openSession, type StorageSession, writing } from '../../src/storage/session.ts'
import { connectionOf } from '../servers/connection.ts'
import { describeTiers, migratedDatabase, tiers } from '../servers/databases.ts'
import { type Holder, jobState, makeHolder, type Scheduled, scheduledDatabase, untilState } from './lease-scene.ts'

const TABLE = 'arxdb.candles'
/** As long as a scheduler takes to see that a job is due, and to start it, several times over. */
const LONG_ENOUGH = 3000

/** How many leases ran out, and are forgotten. */
const swept = (session: StorageSession) => writing(session, async (run) => (await run('storage/lease-sweep')).length)

const hasCommunity = tiers().some(({ name }) => name === 'community')

describe.skipIf(!hasCommunity)('background jobs', () => {
  let scene: Scheduled
  let client: pg.Client
  let session: StorageSession
  let holders: Holder
  let job: number

  beforeAll(async () => {
    const found = await scheduledDatabase()
    if (!found) throw new Error('a community server was given, and none is here whose scheduler may run')
    scene = found
    client = await openClient(scene.db.connection)
    session = await openSession(scene.db.connection, DEFAULT_LIMITS)
    holders = await makeHolder()
    await client.query(
      `alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id',
         timescaledb.compress_orderby = 'timestamp')`,
    )
  }, 120_000)

  afterAll(async () => {
    holders?.remove()
    await session?.close()
    await client?.end()
    await scene?.stop()
  })

  beforeEach(async () => {
    await client.query("select remove_compression_policy('arxdb.candles', if_exists => true)")
    await client.query('truncate arxdb.candles, arxdb.job_leases')
    await client.query(
      `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
         select 1, timestamptz '2024-01-01' + i * interval '1 minute', 1, 1, 1, 1 from generate_series(1, 100) i`,
    )
    const { rows } = await client.query(
      `select add_compression_policy('arxdb.candles', interval '3 days', schedule_interval => interval '7 hours',
         initial_start => now() + interval '1 hour') as job`,
    )
    job = rows[0].job
  })

  const dueIn = (seconds: number) =>
    client.query('select alter_job($1, next_start => now() + make_interval(secs => $2))', [job, seconds])
  const compressed = async (): Promise<boolean> =>
    (
      await client.query(
        `select bool_and(is_compressed) as all from timescaledb_information.chunks
           where hypertable_name = 'candles'`,
      )
    ).rows[0].all
  const leases = async () =>
    (await client.query('select job_id, holder from arxdb.job_leases order by holder')).rows.map(({ holder }) => holder)

  test('a job that is due waits for its holder, and starts when that lets go', async () => {
    const before = await jobState(client, job)
    // A short lease, renewed several times.
    const held = await holdJobs(session, { table: TABLE, holder: 'one', leaseMs: 1200 })
    expect(held).toMatchObject({ jobs: 1, reason: undefined })
    await held.release()
    await dueIn(0.5)
    const again = await holdJobs(session, { table: TABLE, holder: 'one', leaseMs: 1200 })
    await sleep(LONG_ENOUGH + 1200)
    expect(await jobState(client, job)).toMatchObject({ runs: 0, scheduled: true, running: false })
    expect(await compressed()).toBe(false)
    await again.release()
    expect(await leases()).toEqual([])
    const after = await untilState(client, job, ({ runs, running }) => runs === 1 && !running)
    expect(await compressed()).toBe(true)
    const { schedule_interval, config } = before
    expect(after).toMatchObject({ schedule_interval, config, scheduled: true })
  })

  test('its holder killed, a job comes back by itself when the lease runs out', async () => {
    await dueIn(1)
    const child = await holders.hold({ url: scene.db.url, table: TABLE, holder: 'dead', leaseMs: 4000 })
    child.kill('SIGKILL')
    const killed = performance.now()
    expect((await jobState(client, job)).due).toBeGreaterThan(1.5)
    await untilState(client, job, ({ runs }) => runs === 1)
    expect(performance.now() - killed).toBeGreaterThan(1500)
    await untilState(client, job, ({ running }) => !running)
    expect(await compressed()).toBe(true)
    expect(await leases()).toEqual(['dead'])
    expect(await swept(session)).toBe(1)
    expect(await swept(session)).toBe(0)
  })

  test('released, a job is due when it was; one due after the lease is never brought forward', async () => {
    for (const seconds of [30, 1200]) {
      await dueIn(seconds)
      const held = await holdJobs(session, { table: TABLE, holder: 'one', leaseMs: 300_000 })
      expect((await jobState(client, job)).due).toBeCloseTo(Math.max(seconds, 300), -1)
      await held.release()
      expect((await jobState(client, job)).due).toBeCloseTo(seconds, -1)
    }
  })

  test('the last of several holders gives it back, and a dead one does not keep it', async () => {
    await dueIn(60)
    const one = await holdJobs(session, { table: TABLE, holder: 'one', leaseMs: 300_000 })
    const two = await holdJobs(session, { table: TABLE, holder: 'two', leaseMs: 600_000 })
    expect(await leases()).toEqual(['one', 'two'])
    expect((await jobState(client, job)).due).toBeCloseTo(600, -1)
    await two.release()
    expect((await jobState(client, job)).due).toBeCloseTo(300, -1)
    const three = await holdJobs(session, { table: TABLE, holder: 'three', leaseMs: 200_000 })
    await one.release()
    expect((await jobState(client, job)).due).toBeCloseTo(200, -1)
    // One that died: its lease ran out, and says nothing any more.
    await client.query(
      `insert into arxdb.job_leases values ($1, 'dead', now() - interval '1 day', now() - interval '1 hour')`,
      [job],
    )
    await three.release()
    expect((await jobState(client, job)).due).toBeCloseTo(60, -1)
    expect(await leases()).toEqual([])
  })

  test('one that is running is not stopped, and is put off from its end on', async () => {
    // Takes as long as another session holds the chunk.
    const blocker = await openClient(scene.db.connection)
    const { rows } = await client.query("select show_chunks('arxdb.candles')::text as chunk")
    await blocker.query(`begin; lock table ${rows[0].chunk} in access exclusive mode`)
    await dueIn(0.1)
    await untilState(client, job, ({ running }) => running)
    const held = await holdJobs(session, { table: TABLE, holder: 'one', leaseMs: 1500 })
    expect(held.jobs).toBe(1)
    expect(await jobState(client, job)).toMatchObject({ running: true })
    await blocker.query('rollback')
    await untilState(client, job, ({ runs, running }) => runs === 1 && !running)
    await dueIn(0.2)
    // The renewal puts it off again, and what it was due by then is what it goes back to.
    await sleep(LONG_ENOUGH)
    expect((await jobState(client, job)).runs).toBeLessThanOrEqual(2)
    await held.release()
    await blocker.end()
  })

  test('switched off by hand, it stays so; without the right to, it is said who has it', async () => {
    await client.query('select alter_job($1, scheduled => false)', [job])
    const none = await holdJobs(session, { table: TABLE, holder: 'one' })
    expect(none).toMatchObject({ jobs: 0, reason: undefined })
    await none.release()
    expect(await jobState(client, job)).toMatchObject({ scheduled: false })

    await client.query('select alter_job($1, scheduled => true)', [job])
    await client.query(
      `drop role if exists lease_loader; create role lease_loader login;
       grant usage on schema arxdb to lease_loader; grant all on all tables in schema arxdb to lease_loader`,
    )
    const url = new URL(scene.db.url)
    url.username = 'lease_loader'
    const stranger = await openSession(connectionOf(url.href), DEFAULT_LIMITS)
    const before = await jobState(client, job)
    const held = await holdJobs(stranger, { table: TABLE, holder: 'stranger' })
    expect(held.jobs).toBe(0)
    expect(held.reason).toContain(`(${job}): only their owner, postgres,`)
    expect((await jobState(client, job)).due).toBeCloseTo(before.due!, 0)
    expect(await leases()).toEqual([])
    await held.release()
    await stranger.close()
  })

  test('a lease that could not be renewed is told once, and jobs run', async () => {
    await dueIn(0.5)
    const told: string[] = []
    const held = await holdJobs(session, {
      ...{ table: TABLE, holder: 'one', leaseMs: 1500 },
      onLapse: (why) => told.push(why),
    })
    await client.query('alter table arxdb.job_leases rename to hidden')
    await untilState(client, job, ({ runs }) => runs === 1)
    await sleep(1500)
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('background jobs of arxdb.candles made room for a part of it alone')
    await held.release()
    await client.query('alter table arxdb.hidden rename to job_leases')
  })
})

describeTiers('without jobs', (tier) => {
  test('there is nothing to hold, and nothing is said', async () => {
    const db = await migratedDatabase(tier)
    const session = await openSession(db.connection, DEFAULT_LIMITS)
    const held = await holdJobs(session, { table: TABLE, holder: 'one' })
    expect(held).toMatchObject({ jobs: 0, reason: undefined })
    await held.release()
    expect(await swept(session)).toBe(0)
    await session.close()
    await db.drop()
  })
})
