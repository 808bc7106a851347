// Which tier a server gives and which one its schema was made for; both have to agree before a capability is used.
import type { ServerVersion, Tier } from './engine.ts'

export interface Detected {
  readonly version: ServerVersion
  /** What the server could do, from the extension and its licence. */
  readonly offered: Tier
  /** What the schema was made for; equals `offered` before the first migration. */
  readonly tier: Tier
  readonly migrated: boolean
}

/** Runs one detection statement by name; the caller brings the connection. */
export type Probe = (name: 'engine/server' | 'engine/tier') => Promise<readonly Record<string, unknown>[]>

/** Apache builds carry no licence setting other than `apache`; anything else is the Timescale licence. */
const offeredTier = (timescaledb: string | null, licence: string | null): Tier => {
  if (timescaledb === null) return 'plain'
  return licence === 'timescale' ? 'community' : 'apache'
}

/** `only` the server: what the schema was made for stands in a table, and a table may be locked. */
export async function detect(probe: Probe, only?: 'server'): Promise<Detected> {
  const [row] = (await probe('engine/server')) as unknown as [
    { server: number; timescaledb: string | null; licence: string | null; migrated: boolean },
  ]
  const version = { server: row.server, timescaledb: row.timescaledb }
  const offered = offeredTier(row.timescaledb, row.licence)
  const recorded =
    row.migrated && only === undefined ? ((await probe('engine/tier'))[0]?.tier as Tier | undefined) : undefined
  return { version, offered, tier: recorded ?? offered, migrated: row.migrated }
}

/** What may be used: both the server's and the schema's word count, so that an extension installed later changes nothing. */
export function tierInUse({ tier, offered }: Pick<Detected, 'tier' | 'offered'>): Tier {
  if (tier === 'plain' || offered === 'plain') return 'plain'
  return tier === 'community' && offered === 'community' ? 'community' : 'apache'
}
