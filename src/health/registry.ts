// All checks, in the order they are asked and shown.
import type { Check } from './check.ts'
import { connections } from './checks/connections.ts'
import { invalidIndexes } from './checks/invalid-indexes.ts'
import { longQueries } from './checks/long-queries.ts'

export const CHECKS: readonly Check[] = [connections, longQueries, invalidIndexes]
