// The view performance_dashboard on every tier: what it tells, what it says of pg_stat_statements, and who may look.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { grants } from '../../src/migrate/grants.ts'
import { arxdb } from '../e2e/spawn.ts'
import { samplesIn } from '../health/promtool.ts'
import { session } from '../health/scene.ts'
import { connectionOf } from '../servers/connection.ts'
import { describeTiers, emptyDatabase, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { migrateTemplate } from '../servers/migrate.ts'
import { findPostgres } from '../servers/postgres.ts'
import { startServer } from '../servers/server.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-dashboard-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const dashboard = async (client: pg.Client) =>
  (await client.query('select * from public.performance_dashboard')).rows[0]

describeTiers('performance_dashboard', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
  })
  afterAll(() => database?.drop())

  test('tells sessions, those that wait, and the cache; statements are null and it says why', async () => {
    const [holder, waiter] = [await session(database.url), await session(database.url)]
    await holder.query('begin; lock table arxdb.coins in access exclusive mode')
    const waiting = waiter.query('select from arxdb.coins').catch(() => {})
    const row = await withClient(database.url, async (client) => {
      for (let tries = 0; ; tries++) {
        const seen = await dashboard(client)
        if (Number(seen.blocked_queries) > 0 || tries > 100) return seen
      }
    })
    await holder.end()
    await waiting
    await waiter.end()
    expect(Number(row.active_connections)).toBeGreaterThanOrEqual(3)
    expect(Number(row.active_queries)).toBeGreaterThanOrEqual(2)
    expect(Number(row.blocked_queries)).toBe(1)
    expect(Number(row.cache_hit_ratio)).toBeGreaterThan(0)
    expect(Number(row.cache_hit_ratio)).toBeLessThanOrEqual(100)
    expect(Number(row.replication_lag_seconds)).toBe(0)
    expect(row).toMatchObject({
      ...{ statements: null, mean_statement_ms: null },
      statements_note: 'pg_stat_statements is not there: create extension pg_stat_statements',
    })
  })

  test('the monitor role reads it, and metrics with all its sources, and no price', async () => {
    const prefix = `dash_${process.pid}_${tier.name}_`
    const role = `${prefix}monitor`
    await withClient(database.url, async (client) => {
      await client.query(`insert into public.crypto_ohlcv (coin_id, symbol, exchange_id, timestamp, open_price, high_price,
        low_price, close_price, volume, timeframe, source, attribution)
        select 'bitcoin', 'BTC', 'kraken', now() - i * interval '1 day', 1, 1, 1, 1, 1, '1d', 's', 'a' from generate_series(0, 20) i`)
      if (tier.name === 'community') {
        await client.query(`alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = '')`)
        await client.query(`select compress_chunk(c) from show_chunks('arxdb.candles') c`)
      }
      await client.query(grants(prefix))
      await client.query(`alter role ${role} login`)
    })
    onTestFinished(() =>
      withClient(database.url, async (client) => {
        const roles = ['ingest', 'analyst', 'monitor', 'backup'].map((name) => prefix + name).join(', ')
        await client.query(`drop owned by ${roles}; drop role ${roles}`)
      }),
    )
    const url = new URL(database.url)
    url.username = role
    await withClient(url.href, async (client) => {
      expect(Number((await dashboard(client)).active_connections)).toBeGreaterThan(0)
      await expect(client.query('select close from arxdb.candles')).rejects.toMatchObject({ code: '42501' })
    })
    const ended = await arxdb(['metrics', '--url', url.href], { XDG_STATE_HOME: home })
    const samples = samplesIn(ended.stdout)
    const sources = [...samples].filter(([series]) => series.startsWith('arxdb_metrics_source_up'))
    expect(sources.map(([, up]) => up)).toEqual([1, 1, 1, 1, 1])
    const bar = 'coin="bitcoin",exchange="kraken",quote="USD",timeframe="1d"'
    expect(samples.get(`arxdb_newest_bar_age_seconds{${bar}}`)).toBeLessThan(60)
  })

  test('goes and comes back', async () => {
    const env = { XDG_STATE_HOME: home, DATABASE_URL: database.url }
    const down = await arxdb(['migrate', 'down', '--to', '0010', '--yes'], env)
    expect(down, down.stderr).toMatchObject({ code: 0 })
    await withClient(database.url, async (client) => {
      await expect(dashboard(client)).rejects.toMatchObject({ code: '42P01' })
      // As people make it by hand.
      await client.query(`create view performance_dashboard as select
        (select count(*) from pg_stat_activity) as active_connections,
        (select count(*) from pg_stat_activity where state = 'active') as active_queries,
        (select round(100.0 * sum(blks_hit) / nullif(sum(blks_hit + blks_read), 0), 2) from pg_stat_database) as cache_hit_ratio,
        (select count(*) from pg_locks where not granted) as blocked_queries,
        (select case when pg_is_in_recovery() then extract(epoch from now() - pg_last_xact_replay_timestamp()) else 0 end)
          as replication_lag_seconds`)
    })
    const up = await arxdb(['migrate', 'up', '--yes'], env)
    expect(up, up.stderr).toMatchObject({ code: 0 })
    expect(await arxdb(['migrate', 'verify'], env)).toMatchObject({ code: 0 })
    await withClient(database.url, async (client) => expect(await dashboard(client)).toHaveProperty('statements_note'))
  })
})

describe('with pg_stat_statements', () => {
  test('tells how many statements, how long they take, and since when; not loaded is said', async () => {
    const found = await findPostgres()
    const settings = [...found.installation.settings, 'shared_preload_libraries=pg_stat_statements']
    const server = await startServer({ ...found.installation, settings })
    onTestFinished(() => {
      server.stop()
      found.discard()
    })
    await migrateTemplate(connectionOf(server.url))
    await withClient(server.url, async (client) => {
      expect((await dashboard(client)).statements_note).toContain('create extension')
      await client.query('create schema "S x"; create extension pg_stat_statements schema "S x"')
      for (let i = 0; i < 5; i++) await client.query('select pg_sleep(0.02)')
      const row = await dashboard(client)
      expect(Number(row.statements)).toBeGreaterThanOrEqual(5)
      expect(Number(row.mean_statement_ms)).toBeGreaterThan(0)
      expect(Number(row.slowest_statement_ms)).toBeGreaterThanOrEqual(20)
      expect(row).toMatchObject({ statements_since: expect.any(Date), statements_note: null })
      await client.query('drop extension pg_stat_statements')
      expect((await dashboard(client)).statements).toBeNull()
    })
    const unloaded = await emptyDatabase('plain')
    onTestFinished(() => unloaded.drop())
    await migrateTemplate(unloaded.connection)
    await withClient(unloaded.url, async (client) => {
      await client.query('create extension pg_stat_statements')
      expect((await dashboard(client)).statements_note).toContain('shared_preload_libraries')
    })
  })
})
