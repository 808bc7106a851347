// `arxdb metrics` as cron and a person call it.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { arxdb } from '../e2e/spawn.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { findPostgres } from '../servers/postgres.ts'
import { startServer } from '../servers/server.ts'
import { checkMetrics, promtoolReason, samplesIn } from './promtool.ts'
import { session } from './scene.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-metrics-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const own = () => ({ XDG_STATE_HOME: mkdtempSync(join(home, 'state-')) })

const metrics = async (url: string, env: Readonly<Record<string, string>>, ...more: readonly string[]) => {
  const ended = await arxdb(['metrics', '--url', url, ...more], env)
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  return { ...ended, samples: samplesIn(ended.stdout) }
}

const noPromtool = promtoolReason()

/** The seeds' names are what they are; everything else follows Prometheus' own advice. */
const SEEDS = /^(db_query_duration_ms|db_connection_errors) /

describeTiers('metrics', (tier) => {
  let database: TestDatabase
  const ODD = 'od"d\n\\|{}'
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, async (client) => {
      await client.query(`insert into public.crypto_ohlcv (coin_id, symbol, exchange_id, timestamp, open_price, high_price,
        low_price, close_price, volume, timeframe, source, attribution)
        select 'bitcoin', 'BTC', 'kraken', date_trunc('hour', now()) - i * interval '1 hour', 1, 1, 1, 1, 1, '1h', 's', 'a'
          from generate_series(0, 99) i`)
      await client.query(
        `insert into arxdb.markets (coin_id, exchange_id, quote, timeframe) select 'bitcoin', 'kraken', 'Q' || i, '1d' from generate_series(1, 250) i`,
      )
      if (tier.name === 'plain') return
      await client.query(`create table ${client.escapeIdentifier(ODD)} (t timestamptz not null)`)
      await client.query('select create_hypertable($1::regclass, $2)', [client.escapeIdentifier(ODD), 't'])
    })
  })
  afterAll(() => database?.drop())

  test('tells sessions, counters, tables and markets, and health', async () => {
    const idle = await session(database.url)
    const busy = await session(database.url)
    void busy.query('select pg_sleep(30)').catch(() => {})
    const { samples, stderr } = await metrics(database.url, own())
    await idle.end()
    await withClient(database.url, (client) =>
      client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where query = 'select pg_sleep(30)'`),
    )
    expect(stderr).toBe('')
    expect(samples.get('db_up')).toBe(1)
    expect(samples.get('db_connection_errors')).toBe(0)
    expect(samples.get('db_connections{state="active"}')).toBeGreaterThanOrEqual(1)
    expect(samples.get('db_pool_connections{state="idle"}')).toBeGreaterThanOrEqual(1)
    expect(samples.get('db_pool_connections{state="waiting"}')).toBeGreaterThanOrEqual(0)
    expect(samples.get('db_connections_max')).toBe(200)
    for (const counter of ['db_transactions_total{result="commit"}', 'db_blocks_hit_total'])
      expect(samples.get(counter), counter).toBeGreaterThan(0)
    expect(samples.get('arxdb_health_state{check="connection",object=""}')).toBe(0)
    const market = 'coin="bitcoin",exchange="kraken",quote="USD",timeframe="1h"'
    expect(samples.get(`arxdb_newest_bar_age_seconds{${market}}`)).toBeGreaterThanOrEqual(0)
    expect(samples.get(`arxdb_newest_bar_age_seconds{${market}}`)).toBeLessThan(3_700)
    // 251 markets; the newest bar of 200 is looked for.
    expect(samples.get('arxdb_metrics_left_out{of="markets"}')).toBe(51)
    expect(samples.get('arxdb_metrics_source_up{source="markets"}')).toBe(1)
    expect([...samples.keys()].some((series) => series.startsWith('arxdb_backup_'))).toBe(false)
  })

  test('tells tables as wholes, and what compression makes of them', async () => {
    const candles = 'arxdb.candles'
    const { stdout, samples } = await metrics(database.url, own())
    if (tier.name === 'plain') {
      expect(samples.get(`db_partitioned_table_size_bytes{table="${candles}"}`)).toBeGreaterThan(8_000)
      expect(samples.get(`db_partitions{table="${candles}"}`)).toBeGreaterThanOrEqual(1)
      return
    }
    const chunks = samples.get(`timescaledb_chunks{hypertable="${candles}"}`)!
    expect(chunks).toBeGreaterThanOrEqual(1)
    const size = samples.get(`timescaledb_hypertable_size_bytes{hypertable="${candles}"}`)!
    expect(size).toBeGreaterThan(8_000)
    const largest = samples.get(`timescaledb_chunk_size_bytes{hypertable="${candles}",stat="largest"}`)!
    expect(largest).toBeLessThanOrEqual(size)
    expect(stdout).not.toContain('_hyper_')
    expect(samples.get(`timescaledb_compression_ratio{hypertable="${candles}"}`)).toBeUndefined()
    const sizeNow = async (): Promise<number> =>
      (
        await withClient(database.url, (client) =>
          client.query(`select hypertable_size('arxdb.candles')::float8 as bytes`),
        )
      ).rows[0].bytes
    expect(size / (await sizeNow())).toBeCloseTo(1, 1)
    if (tier.name !== 'community') return
    await withClient(database.url, async (client) => {
      await client.query(
        `alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id')`,
      )
      await client.query(`select compress_chunk(c) from show_chunks('arxdb.candles') c`)
    })
    const after = await metrics(database.url, own())
    const { rows } = await withClient(database.url, (client) =>
      client.query(`select before_compression_total_bytes::float8 / after_compression_total_bytes as ratio
        from hypertable_columnstore_stats('arxdb.candles')`),
    )
    expect(after.samples.get(`timescaledb_compression_ratio{hypertable="${candles}"}`)).toBeCloseTo(rows[0].ratio)
    const packed = after.samples.get(`timescaledb_hypertable_size_bytes{hypertable="${candles}"}`)!
    expect(packed / (await sizeNow())).toBeCloseTo(1, 1)
    expect(after.samples.get(`timescaledb_compressed_chunks{hypertable="${candles}"}`)).toBe(chunks)
  })

  test('rates are told from the second time on, and not across a reset', async () => {
    const env = own()
    const rate = 'db_queries_per_second{counted="transactions"}'
    const first = await metrics(database.url, env)
    expect(first.samples.has(rate)).toBe(false)
    await withClient(database.url, async (client) => {
      for (let i = 0; i < 50; i++) await client.query('select 1')
    })
    const second = await metrics(database.url, env)
    expect(second.samples.get(rate)).toBeGreaterThan(0)
    const commits = 'db_transactions_total{result="commit"}'
    expect(second.samples.get(commits)).toBeGreaterThan(first.samples.get(commits)!)
    await withClient(database.url, (client) => client.query('select pg_stat_reset()'))
    const third = await metrics(database.url, env)
    expect(third.samples.has(rate)).toBe(false)
    const fourth = await metrics(database.url, env)
    expect(fourth.samples.get(rate)).toBeGreaterThanOrEqual(0)
  })

  test.skipIf(noPromtool)(`promtool reads it${noPromtool ? ` (${noPromtool})` : ''}`, async () => {
    const { stdout } = await metrics(database.url, own())
    const { code, said } = await checkMetrics(stdout)
    expect([0, 3], said).toContain(code)
    expect(
      said
        .trim()
        .split('\n')
        .filter((line) => line !== '' && !SEEDS.test(line)),
    ).toEqual([])
    expect((await checkMetrics(`${stdout}db_up{\n`)).code).toBe(1)
  })

  test('a role that may see nothing says so for each source, and tells the others', async () => {
    const role = `arxdb_blind_${process.pid}_${tier.name}`
    await withClient(database.url, (client) => client.query(`create role ${role} login`))
    onTestFinished(async () => {
      await withClient(database.url, (client) => client.query(`drop role ${role}`))
    })
    const url = new URL(database.url)
    url.username = role
    const { samples, stderr } = await metrics(url.href, own())
    expect(samples.get('db_up')).toBe(1)
    expect(samples.get('arxdb_metrics_source_up{source="activity"}')).toBe(0)
    expect(samples.get('arxdb_metrics_source_up{source="database"}')).toBe(1)
    expect(samples.get('arxdb_metrics_source_up{source="markets"}')).toBe(0)
    expect(samples.has('db_connections{state="active"}')).toBe(false)
    expect(stderr).toContain(`grant pg_monitor to ${role}`)
  })

  test('a table that is locked is missing, and the rest is there', async () => {
    const holder = await session(database.url)
    await holder.query('begin; lock table arxdb.candles in access exclusive mode')
    const { samples, stderr } = await metrics(database.url, own())
    await holder.end()
    expect(samples.get('arxdb_metrics_source_up{source="markets"}')).toBe(0)
    expect(samples.get('arxdb_metrics_source_up{source="activity"}')).toBe(1)
    expect(stderr).toMatch(/^warning: markets: .*lock/m)
  })
})

describe('a server that is not there', () => {
  test('is told as such, and counted over the runs', async () => {
    const env = own()
    const url = 'postgres://nobody@127.0.0.1:1/nothing'
    for (const errors of [1, 2]) {
      const { samples, stderr } = await metrics(url, env)
      expect(samples.get('db_up')).toBe(0)
      expect(samples.get('db_connection_errors')).toBe(errors)
      expect(samples.get('arxdb_health_state{check="connection",object=""}')).toBe(2)
      expect(stderr).toMatch(/^warning: .*127\.0\.0\.1/m)
    }
  })

  test('nor does one that takes connections and says nothing last longer than the deadline', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => mute.once('listening', resolve))
    onTestFinished(() => void mute.close())
    const { port } = mute.address() as { port: number }
    const began = Date.now()
    const { samples } = await metrics(`postgres://x@127.0.0.1:${port}/x?sslmode=disable`, own(), '--deadline', '3s')
    expect(samples.get('db_up')).toBe(0)
    expect(Date.now() - began).toBeLessThan(6_000)
  })
})

describe('with pg_stat_statements', () => {
  test('statements are counted and timed', async () => {
    const found = await findPostgres()
    const settings = [...found.installation.settings, 'shared_preload_libraries=pg_stat_statements']
    const server = await startServer({ ...found.installation, settings })
    onTestFinished(() => {
      server.stop()
      found.discard()
    })
    const env = own()
    const work = () =>
      withClient(server.url, async (client) => {
        for (let i = 0; i < 40; i++) await client.query('select pg_sleep(0.005)')
      })
    await withClient(server.url, (client) =>
      client.query('create schema "S x"; create extension pg_stat_statements schema "S x"'),
    )
    await work()
    const first = await metrics(server.url, env)
    expect(first.samples.get('db_query_duration_ms_count')).toBeGreaterThan(40)
    expect(first.samples.get('db_query_duration_ms_sum')).toBeGreaterThan(200)
    await work()
    const second = await metrics(server.url, env)
    expect(second.samples.get('db_queries_per_second{counted="statements"}')).toBeGreaterThan(1)
    const grown = second.samples.get('db_queries_total')! - first.samples.get('db_queries_total')!
    expect(grown).toBeGreaterThanOrEqual(40)
    await withClient(server.url, (client) => client.query('select "S x".pg_stat_statements_reset()'))
    const third = await metrics(server.url, env)
    expect(third.samples.has('db_queries_per_second{counted="statements"}')).toBe(false)
    expect(third.stdout).not.toContain('per_second{')
    if (!noPromtool) expect((await checkMetrics(third.stdout)).code).not.toBe(1)
  })
})

test('other formats are refused', async () => {
  const ended = await arxdb(['metrics', '--url', 'postgres://127.0.0.1:1/x', '-o', 'json'])
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  const both = await arxdb(['metrics', '--textfile', 'x', '--listen', '1'])
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('two places') })
})
