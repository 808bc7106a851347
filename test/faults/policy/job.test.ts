// Jobs of the server that fail, with a scheduler that really runs: `policy show` has to say so, and with which error.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../../src/db/connect.ts'
import { applyPolicies } from '../../../src/policy/apply.ts'
import { runPolicies } from '../../../src/policy/run/run.ts'
import { showPolicies } from '../../../src/policy/show.ts'
import { session } from '../../cli/session.ts'
import { type Scheduled, scheduledDatabase, untilState } from '../../engines/lease-scene.ts'
import { fillCandles } from '../../engines/policy-scene.ts'
import { tiers } from '../../servers/databases.ts'

const hasCommunity = tiers().some(({ name }) => name === 'community')

describe.skipIf(!hasCommunity)('a job of the server', () => {
  let scene: Scheduled
  let client: pg.Client
  const signal = new AbortController().signal

  beforeAll(async () => {
    const found = await scheduledDatabase()
    if (!found) throw new Error('a community server was given, and none is here whose scheduler may run')
    scene = found
    client = await openClient(scene.db.connection)
    await fillCandles(client, { timeframe: '1h', from: '2024-01-01', to: '2024-06-30', every: '1 hour' })
    // The job gives its locks up sooner than the reader below does.
    await client.query(
      `do $$ begin execute format('alter database %I set lock_timeout = %L', current_database(), '100ms'); end $$`,
    )
  }, 120_000)

  afterAll(async () => {
    await client?.end()
    await scene?.stop()
  })

  const show = async () =>
    (await showPolicies(scene.db.connection, {}, 30_000)).rows.find(({ table }) => table === 'arxdb.candles')!
  const jobId = async (): Promise<number> =>
    (
      await client.query(
        "select job_id from timescaledb_information.jobs where hypertable_name = 'candles' and proc_name = 'policy_compression'",
      )
    ).rows[0].job_id

  test('that fails shows with its error, and the run does its work', { timeout: 60_000 }, async () => {
    const reader = await openClient(scene.db.connection)
    await reader.query('begin; lock table arxdb.candles in share mode')
    await applyPolicies(scene.db.connection, {}, { signal, timeoutMs: 30_000, agree: async () => {} }).catch(() => {})
    await reader.query('commit')
    await applyPolicies(scene.db.connection, {}, { signal, timeoutMs: 30_000, agree: async () => {} })
    const job = await jobId()
    await reader.query('begin; lock table arxdb.candles in share mode')
    const { runs } = await untilState(client, job, () => true)
    await client.query('select alter_job($1, next_start => now())', [job])
    await untilState(client, job, (state) => state.runs > runs && !state.running)
    await reader.query('rollback')
    await reader.end()
    const shown = await show()
    expect(shown).toMatchObject({ state: 'failed', compressed: 0 })
    expect(shown.last_failure).toMatch(/failed|fail/i)
    expect(shown.failures).toBeGreaterThan(0)
    expect(Date.parse(shown.last_failure_at!)).toBeGreaterThan(Date.now() - 60_000)
    expect(Date.parse(shown.next_run!)).toBeGreaterThan(Date.now())
    const env = { DATABASE_URL: scene.db.url, HOME: '/nowhere' }
    const told = await session(['policy', 'show', '--check'], { env })
    expect(told).toMatchObject({ code: 3, stderr: expect.stringContaining('arxdb.candles: a job failed: ') })
    expect(told.stderr).toContain(shown.last_failure)
    const { deeds } = await runPolicies(scene.db.connection, { signal })
    expect(deeds.find(({ step, table }) => step === 'compress' && table === 'arxdb.candles')).toMatchObject({
      outcome: 'done',
    })
    expect(await show()).toMatchObject({ backlog: 0 })
  })

  test('waits while a run is at its table, and is due as before when it is done', { timeout: 60_000 }, async () => {
    const job = await jobId()
    const due = async (): Promise<string> =>
      (await client.query('select next_start::text as at from timescaledb_information.jobs where job_id = $1', [job]))
        .rows[0].at
    await client.query("select alter_job($1, next_start => now() + interval '2 minutes')", [job])
    const before = await due()
    await client.query("select decompress_chunk(c) from show_chunks('arxdb.candles') c")
    const held: string[] = []
    const running = runPolicies(scene.db.connection, { signal })
    let over = false
    void running.finally(() => {
      over = true
    })
    while (!over) {
      const { rows } = await client.query('select holder, until > now() as live from arxdb.job_leases')
      held.push(...rows.map(({ holder }) => holder))
    }
    await running
    expect(held.some((holder) => holder.startsWith('policy run '))).toBe(true)
    expect((await client.query('select count(*)::int as n from arxdb.job_leases')).rows[0].n).toBe(0)
    expect(await due()).toBe(before)
  })
})
