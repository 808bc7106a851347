// Migrates the template that test databases are cloned from.
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import type { Connection } from '../../src/connect/connection.ts'

const MIGRATIONS = new URL('../../sql/migrations/', import.meta.url)

export async function migrateTemplate(connection: Connection): Promise<void> {
  const { host, port, user, database } = connection
  const password = await connection.password?.()
  const client = new pg.Client({ host, port, user, database, ...(password ? { password } : {}) })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query(`select current_setting('shared_preload_libraries') ~ 'timescaledb' as loaded`)
    const engine = rows[0].loaded ? 'timescaledb' : 'postgres'
    if (rows[0].loaded) await client.query('create extension if not exists timescaledb')
    for (const file of readdirSync(MIGRATIONS).sort()) {
      const variant = file.split('.')[1]
      if (variant !== 'sql' && variant !== engine) continue
      const [up] = readFileSync(new URL(file, MIGRATIONS), 'utf8').split(/^-- arxdb: (?:verify|down)/m)
      await client.query(up!)
    }
  } finally {
    await client.end()
  }
}
