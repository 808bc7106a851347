// TimescaleDB is PostgreSQL with more capabilities; which ones is the licence's and the schema's word.
import type { Detected } from '../detect.ts'
import type { Capability, Engine } from '../engine.ts'
import { postgresCapabilities } from '../postgres/capabilities.ts'
import { type EngineOptions, openPostgres } from '../postgres/engine.ts'
import { apacheCapabilities, communityCapabilities } from './capabilities.ts'

/** Both words count: TimescaleDB installed later does not change a database that was made without it. */
function capabilitiesOf({ tier, offered }: Detected): ReadonlySet<Capability> {
  if (tier === 'plain' || offered === 'plain') return postgresCapabilities
  return tier === 'community' && offered === 'community' ? communityCapabilities : apacheCapabilities
}

export const openEngine = (options: EngineOptions): Promise<Engine> => openPostgres(options, capabilitiesOf)
