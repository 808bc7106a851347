// Indexes earn their place: each one of the schema is what some statement of arxdb finds its rows by.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { applies, statement, statementNames } from '../../src/statements/load.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

/** Indexes of tables, not of their partitions and chunks; `guards` are there to refuse a second row. */
const INDEXES = `
  select c.relname as name, i.indisunique as guards
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where t.relnamespace = 'arxdb'::regnamespace and not t.relispartition
      and t.relname not in ('migrations', 'migration_repairs', 'schema_tier')
    order by 1`

/** What the functions of the schema look for: plans show a function, not what it runs. */
const INSIDE_FUNCTIONS = ["select from arxdb.coins where symbol = 'BTC'"]

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let client: pg.Client

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    // Among a few rows every plan is a scan of them all; here it has to show what it would use among many.
    await client.query('set enable_seqscan = off; set plan_cache_mode = force_generic_plan')
    await client.query(
      "insert into crypto_ohlcv (symbol, exchange_id, timestamp, open_price, high_price, low_price, close_price, timeframe) values ('BTC', 'a', '2025-01-01', 1, 1, 1, 1, '1h')",
    )
    await client.query(
      "insert into crypto_prices (symbol, exchange_id, last_updated, usd_price) values ('BTC', 'a', '2025-01-01', 1)",
    )
  })

  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  async function plans(): Promise<string> {
    const target = { engine: tier.name === 'plain' ? 'postgres' : 'timescaledb', server: 150_000 } as const
    const texts: string[] = []
    await client.query('deallocate all')
    for (const [i, name] of statementNames().entries()) {
      if (!applies(name, target)) continue
      const { header, text } = statement(name, target)
      // Neither makes anything of the schema be used; the library of the second is not loaded here.
      if (/^\s*create /m.test(text) || text.includes('pg_stat_statements')) continue
      await client.query(`prepare s${i} as ${text}`)
      const nulls = header.params.length ? `(${header.params.map(() => 'null').join(', ')})` : ''
      texts.push(...(await explain(`execute s${i}${nulls}`)))
    }
    for (const text of INSIDE_FUNCTIONS) texts.push(...(await explain(text)))
    return texts.join('\n')
  }

  const explain = async (text: string): Promise<string[]> =>
    (await client.query(`explain ${text}`)).rows.map((row) => String(row['QUERY PLAN']))

  test('each is used by a statement, or guards against a second row', async () => {
    const { rows } = await client.query<{ name: string; guards: boolean }>(INDEXES)
    expect(rows.map((row) => row.name)).toContain('candles_pkey')
    const used = await plans()
    const idle = rows.filter(({ name, guards }) => !guards && !used.includes(name))
    expect(idle).toEqual([])
  })

  test.each(['prices', 'candles'])("a market's window and its newest row in %s are found by the key", async (table) => {
    const of = `select timestamp from arxdb.${table} where market_id = 1 and timestamp >= '2024-12-31'`
    for (const shape of [`${of} and timestamp < '2025-02-01'`, `${of} order by timestamp desc limit 1`]) {
      // A partition's or a chunk's own key, by whatever number.
      expect((await explain(shape)).join('\n')).toMatch(new RegExp(`using \\S*${table}\\S*pkey`))
    }
  })

  test('an index that nothing uses is found', async () => {
    await client.query('create index idle_one on arxdb.rollups (max_gap)')
    const { rows } = await client.query<{ name: string; guards: boolean }>(INDEXES)
    const used = await plans()
    await client.query('drop index arxdb.idle_one')
    expect(rows.filter(({ name, guards }) => !guards && !used.includes(name)).map((row) => row.name)).toEqual([
      'idle_one',
    ])
  })
})
