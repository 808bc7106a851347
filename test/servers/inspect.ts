// Asks a server what it is, and whether it can stand for the tier that it is meant for.
import pg from 'pg'
import type { TierName } from './tiers.ts'

interface Facts {
  readonly version: string
  readonly num: number
  readonly timescaledb: string | null
  readonly loaded: boolean
}

/** TimescaleDB knows its licence in a database that has the extension, so one is made for the question. */
async function licence(client: pg.Client, url: string, prefix: string): Promise<string> {
  const name = `${prefix}licence`
  await client.query(`create database ${name} template template0`)
  const there = new URL(url)
  there.pathname = `/${name}`
  const inside = new pg.Client(there.href)
  inside.on('error', () => {})
  try {
    await inside.connect()
    await inside.query('create extension if not exists timescaledb')
    const { rows } = await inside.query(`select current_setting('timescaledb.license') licence`)
    return rows[0].licence
  } finally {
    await inside.end()
    await client.query(`drop database ${name} with (force)`)
  }
}

/** `PostgreSQL 17.6, TimescaleDB 2.19.3 (apache)`. Throws when the server cannot be reached or is not the tier's. */
export async function describeServer(name: TierName, url: string, prefix: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Facts>(`select
      current_setting('server_version') as version, current_setting('server_version_num')::int as num,
      (select default_version from pg_available_extensions where name = 'timescaledb') as timescaledb,
      current_setting('shared_preload_libraries') ~ 'timescaledb' as loaded`)
    const { version, num, timescaledb, loaded } = rows[0]!
    const postgres = `PostgreSQL ${version.split(' ')[0]}`
    if (num < 150_000) throw new Error(`${postgres} is too old, arxdb needs 15`)
    if (name === 'plain') {
      if (loaded) throw new Error('it has TimescaleDB loaded')
      return postgres
    }
    if (!timescaledb || !loaded) throw new Error('it has no TimescaleDB loaded')
    const found = (await licence(client, url, prefix)) === 'timescale' ? 'community' : 'apache'
    if (found !== name) throw new Error(`its TimescaleDB is the ${found} edition`)
    return `${postgres}, TimescaleDB ${timescaledb} ${found}`
  } finally {
    await client.end()
  }
}
