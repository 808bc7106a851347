import type { Capability } from '../engine.ts'
import { postgresCapabilities } from '../postgres/capabilities.ts'

const apache: readonly Capability[] = ['hypertable']
const community: readonly Capability[] = [...apache, 'columnstore', 'continuous-aggregate', 'jobs']

export const apacheCapabilities: ReadonlySet<Capability> = new Set([...postgresCapabilities, ...apache])
export const communityCapabilities: ReadonlySet<Capability> = new Set([...postgresCapabilities, ...community])
