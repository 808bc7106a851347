import type { Capability } from '../engine.ts'

/** Plain PostgreSQL has none of the optional capabilities: partitions and rollups are arxdb's own. */
export const postgresCapabilities: ReadonlySet<Capability> = new Set()
