// What is measured in: one database for each benchmark and tier, made by arxdb's own migrations.
import pg from 'pg'
import type { Connection } from '../../src/connect/connection.ts'
import { directoriesOf, up } from '../../src/migrate/service.ts'
import { connectionOf } from '../servers/connection.ts'
import type { Tier } from './flags.ts'

export interface Span {
  readonly since: Date
  readonly until: Date
}

export interface BenchDatabase {
  readonly url: string
  readonly connection: Connection
  /** Server and extension, for the heading. */
  readonly about: string
  readonly client: pg.Client
  /** Takes all rows and imports away and makes the partitions of `span` ahead: every run finds the same. */
  empty(span: Span | undefined): Promise<void>
  drop(): Promise<void>
}

/** The tier's database for a benchmark, empty; or the reason why this server has none. */
export async function openDatabase(bench: string, tier: Tier, server: string): Promise<BenchDatabase | string> {
  const name = `arxdb_bench_${bench}_${tier}`
  const url = new URL(server)
  url.pathname = `/${name}`
  const admin = await connected(server)
  await admin.query(`drop database if exists ${name} with (force)`)
  await admin.query(`create database ${name} template template0`)
  const connection = connectionOf(url.href)
  const remove = async () => {
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  }
  try {
    // `plain` has to be asked for on a server with TimescaleDB; the other is what such a server gives.
    const { tier: given } = await up({
      connection,
      directories: directoriesOf({}),
      tier: tier === 'plain' ? 'plain' : undefined,
      signal: new AbortController().signal,
      lockWaitMs: 60_000,
    })
    if (tier === 'hypertable' && given === 'plain') {
      await remove()
      return 'the server has no TimescaleDB loaded'
    }
    const client = await connected(url.href)
    return {
      ...{ url: url.href, connection, client, about: await aboutOf(client) },
      empty: (span) => empty(client, span),
      async drop() {
        await client.end()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  // A database dropped by force ends its sessions.
  client.on('error', () => {})
  await client.connect()
  return client
}

async function aboutOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query(`select current_setting('server_version') as postgres,
    (select extversion from pg_extension where extname = 'timescaledb') as timescaledb`)
  const { postgres, timescaledb } = rows[0]
  return `PostgreSQL ${postgres.split(' ')[0]}${timescaledb ? `, TimescaleDB ${timescaledb}` : ''}`
}

async function empty(client: pg.Client, span: Span | undefined): Promise<void> {
  await client.query('truncate arxdb.candles, arxdb.imports, arxdb.import_batches')
  // Of a hypertable the chunks went with the rows.
  if (span) await client.query(`select arxdb.ensure_partitions('candles', $1, $2)`, [span.since, span.until])
  // What one rival wrote is not to be flushed in another's time.
  await client.query('checkpoint')
}

export async function countCandles(client: pg.Client): Promise<number> {
  const { rows } = await client.query('select count(*)::int as n from arxdb.candles')
  return rows[0].n
}
