// Whether a server can take a backup at all: its PostgreSQL, and the TimescaleDB that it could create.
import { openClient } from '../../db/connect.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { runner } from '../../storage/session.ts'
import type { LogicalRestore } from './filling.ts'

/** Before anything is made: an older server, or one without the TimescaleDB that the backup needs (exit 5). */
export async function refuseMismatch({ manifest, server }: LogicalRestore): Promise<void> {
  const client = await openClient(server)
  try {
    const { rows } = await client.query<{ v: number; text: string }>(
      `select current_setting('server_version_num')::int as v, current_setting('server_version') as text`,
    )
    const major = Math.floor(rows[0]!.v / 10_000)
    if (major < manifest.server.major) {
      throw new ArxError({
        code: 'server-older',
        message: `the backup is of PostgreSQL ${manifest.server.version}, and this server is ${rows[0]!.text}`,
        hint: `restore on PostgreSQL ${manifest.server.major} or newer`,
        exit: EXIT.unsupported,
      })
    }
    const version = manifest.server.timescaledb
    if (version !== null) await needTimescaledb(client, version, manifest.kind === 'copy')
  } catch (error) {
    throw translate(error, server)
  } finally {
    await client.end().catch(() => {})
  }
}

type Querying = Awaited<ReturnType<typeof openClient>>

/** A dump needs exactly the version that it was made with, a copy any. */
export async function needTimescaledb(client: Querying, version: string, any: boolean): Promise<void> {
  const run = runner(client, { engine: 'postgres', server: 150_000 })
  const there = (await run<{ version: string }>('backup/logical/extension-versions', { name: 'timescaledb' })).map(
    (row) => row.version,
  )
  if (there.includes(version) || (any && there.length > 0)) return
  throw new ArxError({
    code: 'timescaledb-version',
    message: `the backup needs TimescaleDB ${version}, and this server has ${there.join(', ') || 'none'}`,
    detail: any
      ? 'hypertables were copied as hypertables'
      : "a dump holds TimescaleDB's own catalogue, which fits one version alone",
    hint: `install TimescaleDB ${version} for this PostgreSQL (apt install timescaledb-2-${version}-postgresql-NN from its own repository), restore, and alter extension timescaledb update`,
    exit: EXIT.unsupported,
  })
}
