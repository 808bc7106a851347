import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/api.ts'
import { connect } from '../../src/client/client.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Scratch, scratch } from './client-scratch.ts'

const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )

describeTiers('client', ({ name: tier }) => {
  let db: Scratch
  let client: Client

  beforeAll(async () => {
    db = await scratch(tier)
    const admin = await db.client()
    if (tier !== 'plain') await admin.query('create extension if not exists timescaledb')
    await admin.query(`
      create table public.ticks (at timestamptz, venue text, price numeric, primary key (venue, at));
      create table public.twice (a timestamptz, b timestamptz, v int);
      create table public."Sly""; drop" ("at ""t""" timestamptz primary key, v int);
      create table public.docs (id int primary key, body text, seen timestamp, version int not null default 1);
      insert into public.docs values (1, 'one'), (2, 'two');
      insert into public.twice select t, t, 1 from generate_series('2025-01-01'::timestamptz, '2025-01-02', '1 h') t;
      insert into public."Sly""; drop" values ('2025-01-01Z', 1), ('2025-01-02Z', 2)`)
    client = await connect(db.url, { pool: { min: 0, max: 3, acquireTimeoutMs: 2000 } })
  })
  afterAll(async () => {
    await client.close()
    await db.drop()
  })

  describe('queryTimeRange', () => {
    test('is half-open, ordered, and keeps every digit', async () => {
      await client.batchInsert('ticks', [
        { at: new Date('2025-01-01T00:00:00Z'), venue: 'a', price: '0.000000000000000000012345' },
        { at: '2025-01-01T00:00:00.000001Z', venue: 'a', price: '1' },
        { at: '2025-01-02T00:00:00Z', venue: 'a', price: '2' },
      ])
      const rows = await client.queryTimeRange('public.ticks', '2025-01-01', new Date('2025-01-02T00:00:00Z'), {
        columns: ['price', 'at'],
      })
      expect(rows).toEqual([
        { price: '0.000000000000000000012345', at: '2025-01-01T00:00:00Z' },
        { price: '1', at: '2025-01-01T00:00:00.000001Z' },
      ])
      const last = await client.queryTimeRange('ticks', '2025-01-01', '2026-01-01', { order: 'desc', limit: 1 })
      expect(last).toEqual([{ at: '2025-01-02T00:00:00Z', venue: 'a', price: '2' }])
    })

    test('takes names literally, whatever they hold', async () => {
      const rows = await client.queryTimeRange('"Sly""; drop"', '2025-01-01', '2025-01-02')
      expect(rows).toEqual([{ 'at "t"': '2025-01-01T00:00:00Z', v: 1 }])
      const columns = ['v as x']
      await expect(client.queryTimeRange('ticks', '2025-01-01', '2025-01-02', { columns })).rejects.toThrow('no column')
    })

    test('takes the columns as a list', async () => {
      const rows = await client.queryTimeRange('twice', '2025-01-01', '2025-01-02', ['b']).catch((error) => error)
      expect(String(rows)).toContain('candidates: a, b')
      await client.query('create table public.listed (at timestamptz primary key, v int)')
      await client.query("insert into public.listed values ('2025-01-01', 7)")
      expect(await client.queryTimeRange('listed', '2025-01-01', '2025-01-02', ['v'])).toEqual([{ v: 7 }])
    })

    test('asks when the time column is not clear', async () => {
      await expect(client.queryTimeRange('twice', '2025-01-01', '2025-01-02')).rejects.toThrow('candidates: a, b')
      const rows = await client.queryTimeRange('twice', '2025-01-01', '2025-01-02', { timeColumn: 'b' })
      expect(rows).toHaveLength(24)
    })
  })

  describe('timeWeightedAverage', () => {
    const insert = (venue: string, ticks: readonly [string, string][]) =>
      client.batchInsert(
        'ticks',
        ticks.map(([at, price]) => ({ at: `2025-03-01T${at}Z`, venue, price })),
      )
    const average = (options: object) =>
      client.timeWeightedAverage('ticks', 'price', 'at', '1 hour', {
        from: '2025-03-01T10:00Z',
        to: '2025-03-01T13:00Z',
        staleness: '40 min',
        by: 'venue',
        ...options,
      })
    const bucket = (hour: number, value: string | null, coverage: number, n: number, venue: string) => ({
      time: `2025-03-01T${hour}:00:00Z`,
      value,
      coverage,
      n,
      by: { venue },
    })

    test('of a whole table, when no ends are given', async () => {
      await client.query('create table public.whole (at timestamptz, v numeric)')
      const of = () => client.timeWeightedAverage('whole', 'v', 'at', '1 hour')
      expect(await of()).toEqual([])
      await client.query(
        "insert into public.whole values ('2025-01-01 10:00Z', 1), ('2025-01-01 10:03Z', 3), ('2025-01-01 10:06Z', 9)",
      )
      // 1 for three minutes, 3 for three, 9 for the microsecond that makes its moment part of the range.
      expect(await of()).toMatchObject([
        { time: '2025-01-01T10:00:00Z', n: 3, value: expect.stringMatching(/^2\.0000000/) },
      ])
    })

    test('carries in, stops at staleness, divides by what was covered', async () => {
      // 10:00-10:15 at 8 (carried in), 10:15-10:30 at 10, ties: 20 wins, 10:30-11:10 at 20; then nothing holds.
      await insert('carry', [
        ['09:30:00', '7'],
        ['09:45:00', '8'],
        ['10:15:00', '10'],
        ['10:30:00', '20'],
      ])
      await insert('carry2', [
        ['10:30:00', '20'],
        ['10:30:00.5', '4'],
        ['12:59:00', '1'],
      ])
      const rows = await average({})
      expect(rows.filter((r) => r.by?.venue === 'carry')).toEqual([
        bucket(10, '14.5', 1, 2, 'carry'),
        bucket(11, '20', round(10 / 60), 0, 'carry'),
        bucket(12, null, 0, 0, 'carry'),
      ])
      const [first, second, third] = rows.filter((r) => r.by?.venue === 'carry2')
      // Half a second at 20, the other 29:59.5 at 4.
      expect(Number(first?.value)).toBeCloseTo((20 * 0.5 + 4 * 1799.5) / 1800, 12)
      expect([first?.coverage, first?.n]).toEqual([0.5, 2])
      expect([second?.value, second?.coverage]).toEqual(['4', round(600.5 / 3600)])
      expect([third?.value, third?.coverage, third?.n]).toEqual(['1', round(1 / 60), 1])
    })

    test('a range off the grid counts its own part of the first bucket', async () => {
      await insert('grid', [
        ['10:00:00', '100'],
        ['10:40:00', '1'],
      ])
      const rows = await average({ from: '2025-03-01T10:30Z', to: '2025-03-01T11:00Z' })
      expect(rows.filter((r) => r.by?.venue === 'grid')).toEqual([bucket(10, '34', 1, 1, 'grid')])
    })

    test('of several values at one moment the highest holds, and no double is involved', async () => {
      const tie = { at: '2025-03-02T00:00Z', v: '0.1' }
      await client.query('create table if not exists public.ties (at timestamptz, v numeric)')
      await client.batchInsert('ties', [tie, { ...tie, v: '0.3' }, { ...tie, v: '0.2' }])
      const range = { from: '2025-03-02', to: '2025-03-03', staleness: '1 day' }
      expect(await client.timeWeightedAverage('ties', 'v', 'at', '1 day', range)).toEqual([
        { time: '2025-03-02T00:00:00Z', value: '0.3', coverage: 1, n: 3 },
      ])
    })

    test('equals an integral computed row by row', async () => {
      const ticks = Array.from({ length: 200 }, (_, i) => ({
        at: 1_740_960_000 + ((i * 7919) % 7200),
        p: (i * 31) % 97,
      }))
      const known = [...new Map(ticks.map((t) => [t.at, t])).values()].sort((a, b) => a.at - b.at)
      const rows = known.map((t) => ({ at: new Date(t.at * 1000), venue: 'law', price: t.p }))
      await client.batchInsert('ticks', rows)
      let [area, seconds] = [0, 0]
      for (let s = 1_740_960_000; s < 1_740_963_600; s++) {
        const held = known.findLast((t) => t.at <= s)
        if (!held || s - held.at >= 60) continue
        area += held.p
        seconds += 1
      }
      const options = { from: '2025-03-03T00:00Z', to: '2025-03-03T01:00Z', staleness: '1 min', by: ['venue'] }
      const [row] = await average(options)
      expect(Number(row?.value)).toBeCloseTo(area / seconds, 9)
      expect(row?.coverage).toBe(round(seconds / 3600))
    })

    test('ends at the present, and an empty range has no rows', async () => {
      expect(await average({ from: '2525-01-01', to: '2525-01-02' })).toEqual([])
      expect(await average({ from: '2000-01-01', to: '2000-01-02' })).toEqual([])
      const now = Date.now()
      await client.batchInsert('ticks', [{ at: new Date(now - 1000), venue: 'now', price: 5 }])
      const options = { from: new Date(now - 60_000), to: new Date(now + 86_400_000), staleness: '10 days' }
      const rows = (await average(options)).filter((r) => r.by?.venue === 'now' && r.value !== null)
      expect(rows.length).toBeLessThanOrEqual(2)
      expect(rows.every((r) => r.value === '5')).toBe(true)
    })
  })

  describe('transactions', () => {
    test('settings are local to it: UTC, timeouts, and nothing is left on the session', async () => {
      const names = ['timezone', 'statement_timeout', 'idle_in_transaction_session_timeout', 'application_name']
      const show = `select ${names.map((n) => `current_setting('${n}') as ${n}`).join(', ')}`
      expect(await client.query(show)).toEqual([
        {
          timezone: 'UTC',
          statement_timeout: '30s',
          idle_in_transaction_session_timeout: '1min',
          application_name: 'arxdb/library',
        },
      ])
      const [left] = await client.query(
        "select count(*) n from pg_stat_activity where application_name like 'arxdb/%' and state = 'idle'",
      )
      expect(left).toEqual({ n: 0 })
    })

    test('roll back when the body throws, and are not called committed when it swallowed an error', async () => {
      const broken = client.transaction(async (tx) => {
        await tx.query('insert into public.docs values (50)')
        throw new Error('changed my mind')
      })
      await expect(broken).rejects.toThrow(/^changed my mind$/)
      const swallowed = client.transaction(async (tx) => {
        await tx.query('insert into public.docs values (51)')
        await tx.query('select 1 / 0').catch(() => {})
      })
      await expect(swallowed).rejects.toMatchObject({ code: 'rolled-back' })
      expect(await client.query('select 1 from public.docs where id >= 50')).toEqual([])
      await expect(
        client.transaction((tx) => tx.query('delete from public.docs'), { readOnly: true }),
      ).rejects.toMatchObject({ code: 'read-only' })
    })

    test('of serializable writers that race, every one counts in the end', async () => {
      await client.query("insert into public.docs values (9, '0') on conflict (id) do update set body = '0'")
      let runs = 0
      const add = () =>
        client.transaction(
          async (tx) => {
            runs += 1
            const [row] = await tx.query<{ body: string }>('select body from public.docs where id = 9')
            await new Promise((resolve) => setTimeout(resolve, 10))
            await tx.query('update public.docs set body = $1 where id = 9', [String(Number(row?.body) + 1)])
          },
          { isolation: 'serializable', retries: 20 },
        )
      await Promise.all([add(), add(), add()])
      expect(await client.query('select body from public.docs where id = 9')).toEqual([{ body: '3' }])
      expect(runs).toBeGreaterThan(3)
      const [once] = await Promise.all([0].map(() => add()))
      expect(once).toBeUndefined()
    })

    test('without retries the loser hears of it', async () => {
      const add = () =>
        client.transaction(
          async (tx) => {
            await tx.query('select body from public.docs where id = 9')
            await new Promise((resolve) => setTimeout(resolve, 50))
            await tx.query('update public.docs set body = body where id = 9')
          },
          { isolation: 'repeatable read', retries: 0 },
        )
      const outcomes = await Promise.allSettled([add(), add()])
      const lost = outcomes.filter((o) => o.status === 'rejected')
      expect(lost).toHaveLength(1)
      expect(lost[0]?.reason.cause.code).toBe('40001')
    })

    test('optimistic locking: the second of two readers is told', async () => {
      const seen = new Date('2025-01-01T12:00:00Z')
      expect(await client.updateVersioned('docs', { id: 1 }, 1, { body: 'mine', seen })).toEqual({
        id: 1,
        body: 'mine',
        seen: '2025-01-01T12:00:00',
        version: 2,
      })
      const late = client.updateVersioned('docs', { id: 1 }, 1, { body: 'theirs' })
      await expect(late).rejects.toMatchObject({ code: 'conflict', exit: 6 })
      await expect(client.updateVersioned('docs', { id: 77 }, 1, {})).rejects.toMatchObject({ code: 'conflict' })
      await expect(client.updateVersioned('docs', { version: 1 }, 1, { body: 'all' })).rejects.toThrow('picks')
      expect(await client.query("select count(*) n from public.docs where body in ('all', 'theirs')")).toEqual([
        { n: 0 },
      ])
    })
  })

  test('createHypertable, or what would give it', async () => {
    await client.query('create table public.hyper (at timestamptz not null, v int)')
    await client.query("insert into public.hyper values ('2025-01-01', 1)")
    const make = (migrateData: boolean) =>
      client.createHypertable('hyper', 'at', { chunkInterval: '7 days', migrateData })
    const brief = () => client.createHypertable('hyper', 'at', '7 days')
    if (tier === 'plain') {
      await expect(make(true)).rejects.toMatchObject({ code: 'unsupported', exit: 5, hint: /create extension/ })
      return
    }
    await expect(make(false)).rejects.toThrow(/not empty/)
    await expect(brief()).rejects.toThrow(/not empty/)
    expect(await make(true)).toEqual({ created: true })
    expect(await make(true)).toEqual({ created: false })
    expect(
      await client.query(
        "select time_interval::text i from timescaledb_information.dimensions where hypertable_name = 'hyper'",
      ),
    ).toEqual([{ i: '7 days' }])
  })

  test('the pool counts, times out with a reason, and outlives a killed backend', async () => {
    const own = await connect(db.url, { pool: { min: 0, max: 1, acquireTimeoutMs: 200 } })
    const busy = own.query('select pg_sleep(0.6)')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const waiting = caught(own.query('select 1'))
    expect(own.stats()).toMatchObject({ total: 1, idle: 0, active: 1, waiting: 1, queries: 2 })
    expect(await waiting).toMatchObject({ code: 'pool-exhausted', exit: 4 })
    await busy
    const killed = await caught(own.query('select pg_terminate_backend(pg_backend_pid())'))
    expect(killed).toMatchObject({ message: expect.stringMatching(/terminat/) })
    expect(await own.query('select 1 as one')).toEqual([{ one: 1 }])
    const stats = own.stats()
    expect(stats).toMatchObject({ queries: 4, errors: 2, idle: 1, active: 0 })
    expect(stats.connectionErrors).toBe(2)
    expect(stats.duration.count).toBe(4)
    expect(stats.duration.buckets.find((b) => b.le === 1000)?.count).toBe(4)
    await own.close()
    await own.close()
    expect(own.stats().total).toBe(0)
  })

  test('an abort cancels on the server', async () => {
    const controller = new AbortController()
    const own = await connect(db.url, { pool: { min: 0, max: 1 }, signal: controller.signal })
    const long = caught(own.query('select pg_sleep(20)'))
    setTimeout(() => controller.abort(), 100)
    expect(await long).toMatchObject({ code: 'interrupted', exit: 130 })
    expect(
      await client.query(
        "select 1 from pg_stat_activity where query like '%pg_sleep(20)%' and pid <> pg_backend_pid() and state = 'active'",
      ),
    ).toEqual([])
    await expect(own.query('select 1')).rejects.toThrow()
    await own.close()
  })

  test('names prepare on a direct connection, and not when told so', async () => {
    const count = "select count(*) n from pg_prepared_statements where name like 'mine%'"
    const run = async (options: object) => {
      const own = await connect(db.url, { pool: { min: 0, max: 1 }, ...options })
      await own.query('select $1::int as x', [1], { name: 'mine' })
      await own.query('select $1::int as x', [2], { name: 'mine' })
      const [row] = await own.query<{ n: number }>(count)
      await own.close()
      return row?.n
    }
    expect(await run({})).toBe(1)
    expect(await run({ preparedStatements: false })).toBe(0)
  })

  test('a server that is not there, and a wrong login, are told at once and without the password', async () => {
    const nowhere = new URL(db.url)
    nowhere.port = '1'
    nowhere.password = 'hunter2'
    expect(await caught(connect(nowhere.href))).toMatchObject({ code: 'no-connection', exit: 4 })
    const stranger = new URL(db.url)
    stranger.username = 'stranger'
    stranger.password = 'hunter2'
    const refused = (await caught(connect(stranger.href))) as Error
    expect(refused).toMatchObject({ exit: 4 })
    const elsewhere = new URL(db.url)
    elsewhere.pathname = '/nowhere'
    expect(await caught(connect(elsewhere.href))).toMatchObject({ exit: 4, hint: expect.stringContaining('createdb') })
    expect(JSON.stringify([refused, refused.message, refused.cause])).not.toContain('hunter2')
    await expect(connect(db.url, { pool: { reapIntervalMillis: 1 } as object })).rejects.toThrow('no reaper')
  })

  test('the engine is opened once and closed with the client', async () => {
    const own = await connect(db.url, { pool: { min: 0, max: 1 } })
    const engine = await own.engine()
    expect(await own.engine()).toBe(engine)
    expect(engine.tier).toBe(tier)
    await own.close()
  })
})

const round = (share: number): number => Number(share.toFixed(9))
