// All checks, in the order they are asked and shown.
import type { Check } from './check.ts'
import { chunkCount } from './checks/chunk-count.ts'
import { chunkSize } from './checks/chunk-size.ts'
import { compressionBacklog } from './checks/compression-backlog.ts'
import { compressionRatio } from './checks/compression-ratio.ts'
import { connections } from './checks/connections.ts'
import { extensionVersion } from './checks/extension-version.ts'
import { freshness } from './checks/freshness.ts'
import { futureChunks } from './checks/future-chunks.ts'
import { intervalDrift } from './checks/interval-drift.ts'
import { invalidIndexes } from './checks/invalid-indexes.ts'
import { jobsFailed } from './checks/jobs-failed.ts'
import { jobsLate } from './checks/jobs-late.ts'
import { jobsNeverRun } from './checks/jobs-never-run.ts'
import { locks } from './checks/locks.ts'
import { longQueries } from './checks/long-queries.ts'
import { marketGaps } from './checks/market-gaps.ts'
import { outliers } from './checks/outliers.ts'
import { partialChunks } from './checks/partial-chunks.ts'
import { partitionsAhead } from './checks/partitions-ahead.ts'
import { restoring } from './checks/restoring.ts'
import { rollupLag } from './checks/rollup-lag.ts'
import { rootRows } from './checks/root-rows.ts'
import { staleSources } from './checks/stale-sources.ts'
import { workers } from './checks/workers.ts'

export const CHECKS: readonly Check[] = [
  connections,
  longQueries,
  invalidIndexes,
  locks,
  partitionsAhead,
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
