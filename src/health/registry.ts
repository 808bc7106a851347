// All checks, in the order they are asked and shown.
import type { Check } from './check.ts'
import { archiveLag } from './checks/archive-lag.ts'
import { archiver } from './checks/archiver.ts'
import { backupAge } from './checks/backup-age.ts'
import { backupFailed } from './checks/backup-failed.ts'
import { blocking } from './checks/blocking.ts'
import { cacheHit } from './checks/cache-hit.ts'
import { checksumFailures } from './checks/checksum-failures.ts'
import { chunkCount } from './checks/chunk-count.ts'
import { chunkSize } from './checks/chunk-size.ts'
import { compressionBacklog } from './checks/compression-backlog.ts'
import { compressionRatio } from './checks/compression-ratio.ts'
import { connections } from './checks/connections.ts'
import { deadRows } from './checks/dead-rows.ts'
import { disk } from './checks/disk.ts'
import { extensionVersion } from './checks/extension-version.ts'
import { freshness } from './checks/freshness.ts'
import { futureChunks } from './checks/future-chunks.ts'
import { idleInTransaction } from './checks/idle-in-transaction.ts'
import { intervalDrift } from './checks/interval-drift.ts'
import { invalidIndexes } from './checks/invalid-indexes.ts'
import { jobsFailed } from './checks/jobs-failed.ts'
import { jobsLate } from './checks/jobs-late.ts'
import { jobsNeverRun } from './checks/jobs-never-run.ts'
import { locks } from './checks/locks.ts'
import { longQueries } from './checks/long-queries.ts'
import { marketGaps } from './checks/market-gaps.ts'
import { oldestTransaction } from './checks/oldest-transaction.ts'
import { outliers } from './checks/outliers.ts'
import { partialChunks } from './checks/partial-chunks.ts'
import { partitionsAhead } from './checks/partitions-ahead.ts'
import { replayLag } from './checks/replay-lag.ts'
import { replication } from './checks/replication.ts'
import { restoreProof } from './checks/restore-proof.ts'
import { restoring } from './checks/restoring.ts'
import { rollupLag } from './checks/rollup-lag.ts'
import { rootRows } from './checks/root-rows.ts'
import { sequences } from './checks/sequences.ts'
import { slots } from './checks/slots.ts'
import { staleSources } from './checks/stale-sources.ts'
import { walSize } from './checks/wal-size.ts'
import { workers } from './checks/workers.ts'
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
  locks,
  partitionsAhead,
  archiver,
  archiveLag,
  backupAge,
  backupFailed,
  restoreProof,
  jobsFailed,
  jobsLate,
  jobsNeverRun,
  compressionBacklog,
  partialChunks,
  compressionRatio,
  chunkCount,
  chunkSize,
  intervalDrift,
  futureChunks,
  rootRows,
  restoring,
  workers,
  extensionVersion,
  freshness,
  marketGaps,
  staleSources,
  outliers,
  rollupLag,
]
