// `policy run` killed at random moments: the next one finishes what is left, no row that is kept is lost, and no job of the
// server stays switched off.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClient } from '../../../src/db/connect.ts'
import { random } from '../../../src/demo/random.ts'
import { session } from '../../cli/session.ts'
import { fillCandles, fillPrices, policiesOf, writeDown } from '../../engines/policy-scene.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../../servers/databases.ts'
import { makeProgram, type Program } from '../ingest/program.ts'

const SEED = 20_261_125
const KILLS = 8
const KEPT_DAYS = 200

/** What is kept, whatever of it is compressed by then: its number and a sum over all of its values. */
const PICTURE = `
  select count(*)::int as rows, sum(hashtextextended(concat_ws('|', market_id, timestamp, open, close, volume), 0))::text as sum
    from arxdb.candles where timestamp >= $1`

describeTiers('a run that is killed', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  let program: Program
  let kept: string
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-kill-'))

  beforeAll(async () => {
    ;[database, program] = await Promise.all([migratedDatabase(tier), makeProgram()])
    client = await openClient(database.connection)
    // Its own jobs would do the work of the run.
    if (tier.name !== 'plain') await client.query('select _timescaledb_functions.stop_background_workers()')
    const width = "interval '10 days'"
    for (const facts of ['candles', 'prices'])
      await client.query(
        tier.name === 'plain'
          ? `update arxdb.partitioning set width = ${width} where table_name = '${facts}'`
          : `select set_chunk_time_interval('arxdb.${facts}', ${width})`,
      )
    const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    for (const coin of ['one', 'two'])
      await fillCandles(client, { timeframe: '1h', coin, from: at(500), to: at(0), every: '20 minutes' })
    await fillCandles(client, { timeframe: '1m', from: at(500), to: at(0), every: '1 hour' })
    await fillPrices(client, { from: at(500), to: at(0), every: '1 hour' })
    kept = at(KEPT_DAYS - 1)
    const written = {
      candles: { chunkInterval: '10d', retainFor: { '1m': '90d', '*': `${KEPT_DAYS}d` } },
      prices: { chunkInterval: '10d', retainFor: `${KEPT_DAYS}d` },
    }
    const policies = policiesOf(tier.name, written)
    // Its rows are deleted row by row, so it may go whenever it does.
    await client.query(`create view minutes as select market_id from arxdb.markets where timeframe = '1m'`)
    if (tier.name === 'community') {
      const applied = await arxdb(['policy', 'apply', '--yes', '--config', config(written)])
      expect(applied, applied.stderr).toMatchObject({ code: 0 })
    } else for (const policy of Object.values(policies)) await writeDown(client, policy)
  }, 120_000)

  afterAll(async () => {
    program.remove()
    rmSync(folder, { recursive: true })
    await client?.end()
    await database?.drop()
  })

  const env = () => ({ DATABASE_URL: database.url, HOME: '/nowhere' })
  const arxdb = (argv: readonly string[]) => session(argv, { env: env(), now: new Date().toISOString() })

  function config(policy: object): string {
    const file = join(folder, 'arxdb.json')
    writeFileSync(file, JSON.stringify({ policy }))
    return file
  }

  const picture = async () =>
    (await client.query(`${PICTURE} and market_id not in (select market_id from minutes)`, [kept])).rows[0]

  const paused = async (): Promise<number> =>
    tier.name === 'plain'
      ? 0
      : (await client.query('select count(*)::int as n from timescaledb_information.jobs where not scheduled')).rows[0]
          .n

  let runs = 0
  /** Waits until another run has been written down. */
  async function begun(): Promise<void> {
    const before = runs
    for (const end = Date.now() + 10_000; runs === before; await sleep(2)) {
      runs = (await client.query('select coalesce(max(run_id), 0)::int as n from arxdb.policy_runs')).rows[0].n
      if (Date.now() > end) throw new Error('no run began')
    }
  }

  test('leaves nothing undone that the next one does not do', { timeout: 240_000 }, async () => {
    const next = random(SEED)
    const whole = await picture()
    expect(whole.rows).toBeGreaterThan(20_000)
    let killed = 0
    for (let round = 0; round < KILLS; round++) {
      // However fast the machine, there is something left to do.
      await client.query("select arxdb.note_range('candles', min(timestamp), max(timestamp)) from arxdb.candles")
      const running = program.arxdb(['policy', 'run'], env())
      await begun()
      // The first ones while chunks are dropped, later ones while they are compressed and rolled up.
      await sleep(next() * 60 * (round + 1))
      running.child.kill('SIGKILL')
      if ((await running.ended).code === null) killed++
      expect(await picture(), `seed ${SEED}, round ${round}`).toEqual(whole)
      expect(await paused(), `seed ${SEED}, round ${round}`).toBe(0)
    }
    expect(killed).toBeGreaterThan(2)
    // A server finishes the statement of a client that is gone before it looks for the next.
    for (let tries = 0; ; tries++) {
      const ended = await arxdb(['policy', 'run', '--json'])
      if (ended.code === 0) break
      if (tries === 20) throw new Error(ended.stderr)
      await sleep(500)
    }
    expect(await picture()).toEqual(whole)
    const again = await arxdb(['policy', 'run', '--json'])
    const deeds = JSON.parse(again.stdout) as { step: string; outcome: string }[]
    expect(deeds.filter(({ outcome }) => outcome !== 'nothing')).toEqual([])
    const gone = "select count(*)::int as n from arxdb.candles where timestamp < now() - interval '215 days'"
    expect((await client.query(gone)).rows[0].n).toBe(0)
    if (tier.name === 'community') {
      const shown = JSON.parse((await arxdb(['policy', 'show', '--json'])).stdout) as {
        table: string
        backlog: number
        compressed: number
      }[]
      expect(shown.find(({ table }) => table === 'arxdb.candles')).toMatchObject({ backlog: 0 })
      expect(shown.find(({ table }) => table === 'arxdb.candles')!.compressed).toBeGreaterThan(0)
    }
    // Rollups survived it too.
    const ask = ['candles', 'ONE', '--every', '1d', '--from', '400d', '--timeframe', '1h', '--json']
    const rolled = await arxdb(ask)
    expect(JSON.parse(rolled.stdout)).toEqual(JSON.parse((await arxdb([...ask, '--no-rollup'])).stdout))
    const unfinished = 'select count(*)::int as n from arxdb.policy_runs where ended_at is null'
    expect((await client.query(unfinished)).rows[0].n).toBeGreaterThan(0)
  })
})
