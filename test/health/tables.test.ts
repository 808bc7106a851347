// Checks of tables: dead rows by table and hypertable, and sequences that run out.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { checked } from './scene.ts'

describeTiers('tables', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
  })
  afterAll(() => database?.drop())

  const sql = (...statements: readonly string[]) =>
    withClient(database.url, async (client) => {
      for (const statement of statements) await client.query(statement)
    })

  test('dead-rows: parts are counted together, and small tables are let be', async () => {
    const made =
      tier.name === 'plain'
        ? [
            'create table ticks (t timestamptz not null, v int) partition by range (t)',
            ...Array.from({ length: 5 }, (_, day) => {
              const [from, to] = [day + 1, day + 2].map((d) => `2026-01-0${d}`)
              return `create table ticks_${day} partition of ticks for values from ('${from}') to ('${to}')`
            }),
          ]
        : [
            'create table ticks (t timestamptz not null, v int)',
            `select create_hypertable('ticks', 't', chunk_time_interval => interval '1 day')`,
          ]
    await sql(
      ...made,
      `insert into ticks select '2026-01-01'::timestamptz + n * interval '10 s', n from generate_series(0, 43199) n`,
      'create table few (i int)',
      'insert into few select generate_series(1, 9000)',
      'select pg_stat_force_next_flush()',
      'vacuum',
    )
    expect(await checked(database.connection, 'dead-rows')).toMatchObject([
      { state: 'OK', text: 'no table has 10,000 dead rows' },
    ])
    // Three thousand a part: no part by itself would be told.
    await sql(
      `delete from ticks where extract(minute from t) < 21`,
      'delete from few',
      'select pg_stat_force_next_flush()',
    )
    const [dead, ...more] = await checked(database.connection, 'dead-rows')
    expect(more).toEqual([])
    expect(dead).toMatchObject({
      ...{ state: 'WARNING', object: 'public.ticks', unit: '%', value: 35 },
      text: expect.stringMatching(/^15,120 dead rows in 5 parts, 35% of all; last vacuumed at 20/),
      try: 'arxdb health oldest-transaction; vacuum (analyze) public.ticks',
    })
    await sql('vacuum ticks', 'select pg_stat_force_next_flush()')
    expect(await checked(database.connection, 'dead-rows')).toMatchObject([{ state: 'OK' }])
  })

  test('sequences: by what the column holds, not by what the sequence could', async () => {
    expect(await checked(database.connection, 'sequences')).toMatchObject([{ state: 'OK' }])
    await sql(
      'create table narrow (i int not null)',
      'create sequence narrow_i owned by narrow.i',
      `select setval('narrow_i', 1720000000)`,
      'create sequence down increment -1 minvalue -100 maxvalue -1',
      `select setval('down', -95)`,
      'create sequence round maxvalue 10 cycle',
      `select setval('round', 10)`,
      'create sequence unused maxvalue 2',
    )
    expect(await checked(database.connection, 'sequences')).toMatchObject([
      {
        ...{ state: 'CRITICAL', object: 'public.down', unit: '%' },
        text: expect.stringMatching(/^it is at -95 of -100, 94\.95%$/),
      },
      {
        ...{ state: 'WARNING', object: 'public.narrow_i' },
        text: 'it is at 1720000000 of 2147483647, 80.09%, for narrow.i',
        try: 'alter table narrow alter column i type bigint; alter sequence public.narrow_i as bigint',
      },
    ])
    await sql('drop table narrow', 'drop sequence down')
    expect(await checked(database.connection, 'sequences')).toMatchObject([{ state: 'OK' }])
  })
})
