// Checks of partitions and locks, which need no TimescaleDB.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { checked, session } from './scene.ts'

describeTiers('partitions', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await session(database.url)
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })
  const of = async (relation: string) =>
    (await checked(database.connection, 'partitions-ahead')).find(
      ({ object, text }) => object === relation || text.includes(`${relation}: `),
    )

  test('partitions-ahead', async () => {
    expect(await checked(database.connection, 'partitions-ahead')).toMatchObject([{ state: 'OK' }])
    await client.query('create table public.daily (at date not null) partition by range (at)')
    const add = (name: string, from: number, to: number) =>
      client.query(
        `do $$ begin execute format('create table public.${name} partition of public.daily for values from (%L) to (%L)', current_date + ${from}, current_date + ${to}); end $$`,
      )
    await add('of_yesterday', -1, 0)
    const gone = await of('public.daily')
    expect(gone).toMatchObject({
      ...{ state: 'CRITICAL', object: 'public.daily', unit: 's' },
      text: expect.stringMatching(/^the last of 1 partition ended .* ago, at /),
    })
    await expect(client.query('insert into public.daily values (current_date)')).rejects.toMatchObject({
      code: '23514',
    })
    await add('of_today', 0, 1)
    expect(await of('public.daily')).toMatchObject({
      state: 'WARNING',
      text: expect.stringMatching(/^2 partitions, the last one until /),
    })
    await add('of_the_week', 1, 8)
    expect(await of('public.daily')).toMatchObject({ state: 'OK', text: expect.stringMatching(/for [78] d/) })
    await client.query(
      "create table public.ever partition of public.daily for values from ('2999-01-01') to (maxvalue)",
    )
    expect(await checked(database.connection, 'partitions-ahead')).toMatchObject([{ state: 'OK' }])
    await client.query('drop table public.daily')

    // What ended long ago is history; what has a partition for all the rest needs none.
    await client.query('create table public.past (at timestamp not null) partition by range (at)')
    await client.query(
      "create table public.past_1 partition of public.past for values from ('2020-01-01') to ('2020-02-01')",
    )
    await client.query('create table public.rest (at timestamptz not null) partition by range (at)')
    await client
      .query(
        "create table public.rest_1 partition of public.rest for values from ('2020-01-01') to (now() - interval '1 s')",
      )
      .catch(() => {})
    await client.query('create table public.rest_d partition of public.rest default')
    expect(await checked(database.connection, 'partitions-ahead')).toMatchObject([
      { state: 'OK', object: 'public.past', text: expect.stringContaining('of history') },
    ])
    await client.query('drop table public.past, public.rest')
  })

  test.skipIf(tier.name !== 'plain')("arxdb's own tables only warn: its loads make room for themselves", async () => {
    await client.query("update arxdb.partitioning set width = '1 day' where table_name = 'prices'")
    await client.query("select arxdb.ensure_partitions('prices', now(), now())")
    const found = await of('arxdb.prices')
    expect(found).toMatchObject({
      state: 'WARNING',
      text: expect.stringContaining('arxdb makes room for its own loads'),
    })
    await client.query(found!.try!)
    expect(await checked(database.connection, 'partitions-ahead')).toMatchObject([{ state: 'OK' }])
  })

  test('locks', async () => {
    const [fine] = await checked(database.connection, 'locks')
    expect(fine).toMatchObject({ state: 'OK', unit: '%' })
    await client.query('create table public.cut (i int primary key, v text) partition by range (i)')
    await client.query(`do $$ begin for i in 1..150 loop
      execute format('create table public.cut_%s partition of public.cut for values from (%s) to (%s)', i, i, i + 1); end loop; end $$`)
    const asked = { thresholds: { locks: { warn: 0.01, crit: 99 } } }
    const found = (await checked(database.connection, 'locks', asked)).find(({ object }) => object === 'cut')
    expect(found).toMatchObject({
      // A table, its key, what holds large values, and the index of that.
      ...{
        state: 'WARNING',
        text: expect.stringMatching(
          /^cut in 150 parts: its drop takes 600 locks of 204,800, and a question without bounds 300$/,
        ),
      },
      ...{ try: 'alter system set max_locks_per_transaction = 8; then restart the server' },
    })
    await client.query('begin; drop table public.cut')
    const { rows } = await client.query(
      "select count(distinct relation)::int as n from pg_locks where pid = pg_backend_pid() and mode = 'AccessExclusiveLock' and locktype = 'relation'",
    )
    await client.query('commit')
    expect(rows[0].n).toBeGreaterThanOrEqual(600)
    expect(rows[0].n).toBeLessThan(610)
    expect((await checked(database.connection, 'locks', asked)).find(({ object }) => object === 'cut')).toBeUndefined()
  })
})
