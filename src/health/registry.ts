// All checks, in the order they are asked and shown.
import type { Check } from './check.ts'
import { archiveLag } from './checks/archive-lag.ts'
import { archiver } from './checks/archiver.ts'
import { backupAge } from './checks/backup-age.ts'
import { backupFailed } from './checks/backup-failed.ts'
import { blocking } from './checks/blocking.ts'
import { cacheHit } from './checks/cache-hit.ts'
import { checksumFailures } from './checks/checksum-failures.ts'
import { connections } from './checks/connections.ts'
import { deadRows } from './checks/dead-rows.ts'
import { disk } from './checks/disk.ts'
import { idleInTransaction } from './checks/idle-in-transaction.ts'
import { invalidIndexes } from './checks/invalid-indexes.ts'
import { longQueries } from './checks/long-queries.ts'
import { oldestTransaction } from './checks/oldest-transaction.ts'
import { replayLag } from './checks/replay-lag.ts'
import { replication } from './checks/replication.ts'
import { restoreProof } from './checks/restore-proof.ts'
import { sequences } from './checks/sequences.ts'
import { slots } from './checks/slots.ts'
import { walSize } from './checks/wal-size.ts'
import { wraparound } from './checks/wraparound.ts'

export const CHECKS: readonly Check[] = [
  connections,
  cacheHit,
  blocking,
  longQueries,
  idleInTransaction,
  oldestTransaction,
  wraparound,
  replication,
  replayLag,
  slots,
  disk,
  walSize,
  checksumFailures,
  deadRows,
  invalidIndexes,
  sequences,
  archiver,
  archiveLag,
  backupAge,
  backupFailed,
  restoreProof,
]
