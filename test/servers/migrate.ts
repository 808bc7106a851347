// Migrates the template that test databases are cloned from, by arxdb's own migrations.
import type { Connection } from '../../src/connect/connection.ts'
import { directoriesOf, up } from '../../src/migrate/service.ts'

/** Throws when a migration fails or a tier is not what its server offers. */
export async function migrateTemplate(connection: Connection): Promise<void> {
  await up({
    connection,
    directories: directoriesOf({}),
    signal: new AbortController().signal,
    lockWaitMs: 60_000,
  })
}
