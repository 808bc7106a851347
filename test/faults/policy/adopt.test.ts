// A process that dies while it moves a table's rows.
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Scratch, scratch } from '../../engines/client-scratch.ts'
import { describeTiers } from '../../servers/databases.ts'
import { makeProgram, type Program } from '../ingest/program.ts'

const ROWS = 300_000

describeTiers('adopting a table', (tier) => {
  let database: Scratch
  let client: pg.Client
  let program: Program

  beforeAll(async () => {
    if (tier.name === 'plain') return
    program = await makeProgram()
    database = await scratch(tier)
    client = await database.client()
    await client.query('create extension timescaledb')
  }, 60_000)
  afterAll(async () => {
    program?.remove()
    await database?.drop()
  })

  beforeEach(async () => {
    await client?.query(`drop table if exists ticks;
      create table ticks (symbol text not null, at timestamptz not null, price numeric, primary key (symbol, at));
      insert into ticks select 's' || i % 50, timestamptz '2024-01-01' + i * interval '7 s', i / 7.0
        from generate_series(1, ${ROWS}) as i`)
  })

  const picture = async () =>
    (
      await client.query(
        `select count(*)::int as rows, sum(hashtextextended(t::text, 0)::numeric)::text as sum from ticks as t`,
      )
    ).rows[0]
  const chunks = async (): Promise<number> =>
    (
      await client.query(
        "select coalesce(sum(num_chunks), 0)::int as n from timescaledb_information.hypertables where hypertable_name = 'ticks'",
      )
    ).rows[0].n
  /** Of the server process that does it; undefined when there is none. */
  const doing = async (): Promise<string | undefined> =>
    (
      await client.query(
        "select query from pg_stat_activity where application_name = 'arxdb/policy adopt' and datname = current_database() and state <> 'idle'",
      )
    ).rows[0]?.query

  async function until(told: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 20_000
    while (!(await told())) if (performance.now() > end) throw new Error('it never happened')
  }

  const start = () =>
    program.arxdb(['policy', 'adopt', 'public.ticks', '--chunk-interval', '1h', '--yes'], {
      DATABASE_URL: database.url,
      HOME: '/nonexistent',
      ARXDB_HOME: '/nonexistent',
    })
  const moving = () =>
    until(async () => /^select from .*create_hypertable\('"public"\."ticks"/.test((await doing()) ?? ''))

  test.runIf(tier.name !== 'plain').each([0, 50, 150, 400, 1_000])(
    'killed %d ms into the move: a plain table with all rows, or a hypertable with all rows',
    async (later) => {
      const before = await picture()
      const running = start()
      await moving()
      await new Promise((resolve) => setTimeout(resolve, later))
      running.child.kill('SIGKILL')
      await running.ended
      // It notices within a second that nobody listens, and does not hold the table any longer.
      const begun = performance.now()
      await until(async () => (await doing()) === undefined)
      expect(performance.now() - begun).toBeLessThan(5_000)
      expect(await picture()).toEqual(before)
      const made = await chunks()
      expect(made === 0 || made > 500).toBe(true)
      if (made > 0) return
      // Nothing stands in the way of the next one.
      expect(await start().ended).toMatchObject({ code: 0 })
      expect(await picture()).toEqual(before)
      expect(await chunks()).toBeGreaterThan(500)
    },
    60_000,
  )

  test.runIf(tier.name !== 'plain')(
    'interrupted: exit 130, and the table is as it was',
    async () => {
      const before = await picture()
      const running = start()
      await moving()
      running.child.kill('SIGINT')
      expect(await running.ended).toMatchObject({ code: 130 })
      expect(await chunks()).toBe(0)
      expect(await picture()).toEqual(before)
    },
    60_000,
  )
})
