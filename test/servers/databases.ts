// A database of its own for each test file: empty, or migrated once for the whole run and cloned (about 20 ms).
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe } from 'vitest'
import type { Connection } from '../../src/connect/connection.ts'
import { connectionOf } from './connection.ts'
import { migrateTemplate } from './migrate.ts'
import { databasePrefix, outcomes, TIERS, type TierName, URL_VARIABLE } from './tiers.ts'

export type { TierName }

export interface Tier {
  readonly name: TierName
  /** Superuser URL of the server's `postgres` database. */
  readonly url: string
}

export interface TestDatabase {
  readonly url: string
  readonly connection: Connection
  /** Ends whatever still uses it. */
  drop(): Promise<void>
}

/** The tiers of this run, for `describe.each(tiers())('... on $name', ...)`. */
export const tiers = (): readonly Tier[] =>
  TIERS.flatMap((name) => {
    const url = process.env[URL_VARIABLE[name]]
    return url ? [{ name, url }] : []
  })

/** The tiers that this run has no server for, and why. */
export const skippedTiers = (): readonly { readonly name: TierName; readonly reason: string }[] =>
  outcomes()
    .filter(({ url }) => !url)
    .map(({ name, about }) => ({ name, reason: about }))

/** The tier of that name; throws with the reason when it is skipped. */
export function tier(name: TierName): Tier {
  const found = tiers().find((one) => one.name === name)
  if (found) return found
  const reason = skippedTiers().find((one) => one.name === name)?.reason ?? 'the suite did not start it'
  throw new Error(`no server of the ${name} tier: ${reason}`)
}

/** `describe` on every tier of this run; the tests of a missing tier are listed as skipped. */
export function describeTiers(title: string, body: (tier: Tier) => void): void {
  for (const name of TIERS) {
    const found = tiers().find((one) => one.name === name)
    describe.skipIf(!found)(`${title} on ${name}`, () => body(found ?? { name, url: '' }))
  }
}

/** The URL of another database of the same server. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** Runs `body` with a superuser client of the given database. */
export async function withClient<T>(url: string, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

async function make(server: string, template: string): Promise<TestDatabase> {
  const name = `${databasePrefix()}${randomBytes(6).toString('hex')}`
  await withClient(server, (client) => client.query(`create database ${name} template ${template}`))
  const url = urlOf(server, name)
  return {
    url,
    connection: connectionOf(url),
    drop: async () => {
      await withClient(server, (client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** A database without anything in it, not even TimescaleDB's extension. */
export const emptyDatabase = (on: Tier | TierName): Promise<TestDatabase> =>
  make(typeof on === 'string' ? tier(on).url : on.url, 'template0')

/** A database with arxdb's schema as `arxdb migrate` makes it. */
export async function migratedDatabase(on: Tier | TierName): Promise<TestDatabase> {
  const server = typeof on === 'string' ? tier(on).url : on.url
  return make(server, await template(server))
}

/** Name of the run's migrated template on this server; whoever comes first makes it, the others wait. */
async function template(server: string): Promise<string> {
  const name = `${databasePrefix()}template`
  await withClient(server, async (client) => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount) return
    const draft = `${name}_draft`
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft} template template0`)
    await migrateTemplate(connectionOf(urlOf(server, draft)))
    await withClient(urlOf(server, draft), stopWorkers)
    // TimescaleDB's scheduler would come back, and a database in use cannot be cloned.
    await client.query(`alter database ${draft} allow_connections false`)
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  return name
}

async function stopWorkers(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(`select from pg_extension where extname = 'timescaledb'`)
  if (rowCount) await client.query('select _timescaledb_functions.stop_background_workers()')
}
