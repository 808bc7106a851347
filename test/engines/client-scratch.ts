// A database of its own for one test file, on the tier asked for.
import { randomBytes } from 'node:crypto'
import pg from 'pg'

export type TestTier = 'plain' | 'apache' | 'community'

export interface Scratch {
  readonly url: string
  /** A client that `drop` ends. */
  client(): Promise<pg.Client>
  drop(): Promise<void>
}

/** Superuser URL of the tier's server, or undefined where the suite did not start one. */
export const tierUrl = (tier: TestTier): string | undefined => process.env[`ARXDB_TEST_${tier.toUpperCase()}_URL`]

async function admin(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

export async function scratch(tier: TestTier): Promise<Scratch> {
  const server = tierUrl(tier)
  if (!server) throw new Error(`the suite started no server of the ${tier} tier`)
  const name = `client_${randomBytes(6).toString('hex')}`
  await admin(server, `create database ${name} template template0`)
  const target = new URL(server)
  target.pathname = `/${name}`
  const clients: pg.Client[] = []
  return {
    url: target.href,
    client: async () => {
      const client = new pg.Client(target.href)
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
    drop: async () => {
      await Promise.allSettled(clients.map((client) => client.end()))
      await admin(server, `drop database if exists ${name} with (force)`)
    },
  }
}
