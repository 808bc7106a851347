// A server with settings that the suite's own do not have: libraries that have to be preloaded, prepared transactions.
import { findPostgres, TIMESCALEDB_SETTINGS } from '../servers/postgres.ts'
import { type OwnServer, startServer } from '../servers/server.ts'

export interface Own extends OwnServer {
  /** Loaded into it. */
  readonly timescaledb: boolean
}

/** From this machine's PostgreSQL; `libraries` stand beside TimescaleDB, where it is there. The caller stops it. */
export async function ownServer(libraries: readonly string[], settings: readonly string[]): Promise<Own> {
  const found = await findPostgres()
  const timescaledb = found.tier !== 'plain'
  const preload = [...(timescaledb ? ['timescaledb'] : []), ...libraries].join(',')
  const rest = timescaledb ? TIMESCALEDB_SETTINGS.slice(1) : []
  try {
    const server = await startServer({
      ...found.installation,
      settings: [...(preload === '' ? [] : [`shared_preload_libraries=${preload}`]), ...rest, ...settings],
    })
    return {
      ...{ url: server.url, timescaledb },
      stop() {
        server.stop()
        found.discard()
      },
    }
  } catch (error) {
    found.discard()
    throw error
  }
}
