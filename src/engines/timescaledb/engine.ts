// TimescaleDB is PostgreSQL with more capabilities; which ones is the licence's and the schema's word.
import { type Detected, tierInUse } from '../detect.ts'
import type { Capability, Engine, Tier } from '../engine.ts'
import { postgresCapabilities } from '../postgres/capabilities.ts'
import { type EngineOptions, openPostgres } from '../postgres/engine.ts'
import { apacheCapabilities, communityCapabilities } from './capabilities.ts'

const CAPABILITIES: Readonly<Record<Tier, ReadonlySet<Capability>>> = {
  plain: postgresCapabilities,
  apache: apacheCapabilities,
  community: communityCapabilities,
}

const capabilitiesOf = (found: Detected): ReadonlySet<Capability> => CAPABILITIES[tierInUse(found)]

export const openEngine = (options: EngineOptions): Promise<Engine> => openPostgres(options, capabilitiesOf)
