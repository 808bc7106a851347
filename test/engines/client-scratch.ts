// A database of its own for one test file, and clients of it that end with it.
import pg from 'pg'
import { emptyDatabase, migratedDatabase, type TestDatabase, type Tier, type TierName } from '../servers/databases.ts'

export interface Scratch extends TestDatabase {
  /** A client that `drop` ends. */
  client(): Promise<pg.Client>
}

function scratchOf(database: TestDatabase): Scratch {
  const clients: pg.Client[] = []
  return {
    ...database,
    client: async () => {
      const client = new pg.Client(database.url)
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
    drop: async () => {
      await Promise.allSettled(clients.map((client) => client.end()))
      await database.drop()
    },
  }
}

export const scratch = async (on: Tier | TierName): Promise<Scratch> => scratchOf(await emptyDatabase(on))
export const migrated = async (on: Tier | TierName): Promise<Scratch> => scratchOf(await migratedDatabase(on))
