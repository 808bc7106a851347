// How to reach the local server.
import { readFile } from 'node:fs/promises'
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import type { Home } from './home.ts'
import { DATABASE, ROLE } from './initialise.ts'
import type { LiveServer } from './postmaster.ts'

export const connectionTo = (home: Home, live: LiveServer, database: string = DATABASE): Connection => ({
  host: live.host,
  port: live.port,
  user: ROLE,
  database,
  password: async () => (await readFile(home.password, 'utf8')).trim(),
  tls: false,
  connectTimeoutMs: 10_000,
  origin: 'the local server',
})

/** Makes arxdb's database again when somebody dropped it. */
export async function ensureDatabase(home: Home, live: LiveServer): Promise<void> {
  const client = await openClient(connectionTo(home, live, 'postgres'))
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}
