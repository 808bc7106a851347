// What the manifest says of the server, and whether it can be backed up at all.
import type { Connection } from '../../connect/connection.ts'
import { openSession, reading, type StorageSession } from '../../storage/session.ts'
import type { Manifest } from '../manifest.ts'

interface Row {
  readonly version: string
  readonly version_num: number
  readonly system_id: string
  readonly database: string
  readonly database_bytes: string
  readonly checksums: boolean
  readonly timescaledb: string | null
}

/** Connects and reads it. `bytes` is the database's size. */
export async function readServer(connection: Connection): Promise<Manifest['server']> {
  const session: StorageSession = await openSession(connection, {
    ...{ statementTimeoutMs: 60_000, lockTimeoutMs: 5_000, command: 'backup run' },
  })
  try {
    const [row] = await reading(session, (run) => run<Row>('backup/server'))
    return {
      version: row!.version,
      major: Math.floor(row!.version_num / 10_000),
      systemId: row!.system_id,
      database: row!.database,
      tier: session.tier,
      timescaledb: row!.timescaledb,
      bytes: Number(row!.database_bytes),
      checksums: row!.checksums,
    }
  } finally {
    await session.close()
  }
}
