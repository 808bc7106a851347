// All checks, in the order they are asked and shown.
import type { Check } from './check.ts'
import { blocking } from './checks/blocking.ts'
import { cacheHit } from './checks/cache-hit.ts'
import { connections } from './checks/connections.ts'
import { idleInTransaction } from './checks/idle-in-transaction.ts'
import { invalidIndexes } from './checks/invalid-indexes.ts'
import { longQueries } from './checks/long-queries.ts'
import { oldestTransaction } from './checks/oldest-transaction.ts'

export const CHECKS: readonly Check[] = [
  connections,
  cacheHit,
  blocking,
  longQueries,
  idleInTransaction,
  oldestTransaction,
  invalidIndexes,
]
