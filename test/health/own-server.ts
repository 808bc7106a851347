// A server with settings that the suite's own do not have: libraries that have to be preloaded, prepared transactions.
import { startApache } from '../servers/apache.ts'
import type { TierName } from '../servers/databases.ts'
import { findPostgres, TIMESCALEDB_SETTINGS } from '../servers/postgres.ts'
import { type OwnServer, startServer } from '../servers/server.ts'

const [, ...OTHERS] = TIMESCALEDB_SETTINGS

/** A server as that tier has it, with `libraries` loaded beside TimescaleDB where it is. The caller stops it. */
export async function ownServer(
  tier: TierName,
  libraries: readonly string[],
  settings: readonly string[],
): Promise<OwnServer> {
  const preload = [...(tier === 'plain' ? [] : ['timescaledb']), ...libraries].join(',')
  const all = [`shared_preload_libraries=${preload}`, ...(tier === 'plain' ? [] : OTHERS), ...settings]
  if (tier === 'apache') {
    const server = await startApache(all)
    if (typeof server === 'string') throw new Error(server)
    return server
  }
  const found = await findPostgres()
  try {
    const { url, stop } = await startServer({ ...found.installation, settings: all })
    return {
      url,
      stop() {
        stop()
        found.discard()
      },
    }
  } catch (error) {
    found.discard()
    throw error
  }
}
