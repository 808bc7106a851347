// A migrated database of its own on some server, for a program that runs without the test runner.
import pg from 'pg'
import { connectionOf } from '../servers/connection.ts'
import { migrateTemplate } from '../servers/migrate.ts'

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

export async function scratchDatabase(server: string): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `arxdb_agreement_${process.pid}`
  await run(server, `drop database if exists ${name} with (force)`)
  await run(server, `create database ${name} template template0`)
  const url = new URL(server)
  url.pathname = `/${name}`
  await migrateTemplate(connectionOf(url.href))
  return { url: url.href, drop: () => run(server, `drop database if exists ${name} with (force)`) }
}
