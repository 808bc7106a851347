// One file from its first byte to its closed line in the ledger, or to nothing left of it.
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { interrupted } from '../db/session.ts'
import { sqlState, translate } from '../db/sqlstate.ts'
import { openPartitions } from '../storage/partitions.ts'
import { type StorageSession, writing } from '../storage/session.ts'
import { spanOf } from './batch.ts'
import { batchSize } from './batch-size.ts'
import type { Job } from './job.ts'
import { findLoaded, removeDead } from './known.ts'
import { loadBatch } from './lane.ts'
import { completeImport, finishImport, type Locks, lockContent, openImport, openLocks } from './ledger.ts'
import { openLanes } from './load.ts'
import { openMarkets } from './market.ts'
import type { Plan } from './plan.ts'
import { type FileReport, remarks, summary } from './report.ts'
import { newRewriter } from './rewrite.ts'
import { lostAny } from './rivals.ts'
import { content } from './source.ts'
import { takeOut, worst } from './take-back.ts'
import { isoTime } from './times.ts'

/** From this many rows on the planner's statistics are refreshed; below, autovacuum does it soon enough. */
const ANALYZE_ROWS = 100_000

/** Loads one file, all or nothing. Throws ArxError; what of the file was in by then is taken out again. */
export async function importFile(job: Job): Promise<FileReport> {
  const { source, plan, options, workshop } = job
  const locks = await openLocks(workshop.keeper)
  try {
    await lockContent(locks, plan, source, options.signal)
    const notes = await removeDead(job, locks)
    const loaded = await findLoaded(job)
    if (loaded) return { ...loaded, notes: [...loaded.notes, ...notes] }
    return await loadWhole(job, locks, notes)
  } catch (error) {
    if (options.signal.aborted) throw interrupted(error)
    // The locks' own statements run in no transaction of ours that would have put it into words.
    throw sqlState(error) === undefined ? error : translate(error, options.connection)
  } finally {
    await locks.release()
  }
}

/** Again, when rows it had left out went with another load that was taken back. */
async function loadWhole(job: Job, locks: Locks, notes: readonly string[]): Promise<FileReport> {
  const { report, lost } = await loadNew(job, locks, notes)
  if (!lost) return report
  const why = `rows that another load had brought were taken back with it, so import ${report.import_id} was followed by another`
  const rest = await loadWhole(job, locks, [...notes, why])
  const inserted = report.inserted + rest.inserted
  return { ...rest, inserted, duplicates: rest.rows_read - inserted, seconds: report.seconds + rest.seconds }
}

async function loadNew(
  job: Job,
  locks: Locks,
  notes: readonly string[],
): Promise<{ readonly report: FileReport; readonly lost: boolean }> {
  const { source, plan, options, workshop } = job
  const { clerk } = workshop
  const { signal } = options
  const start = performance.now()
  const importId = await locks.reserveImport()
  await openImport(clerk, { importId, plan, file: source.name })
  const partitions = openPartitions(clerk, plan.target.relation)
  const markets = openMarkets(clerk, plan, importId)
  const remark = [...notes]
  const span = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
  let inserted = 0
  const rivals = new Set<number>()
  const leanOn = (imports: readonly number[]): void => imports.forEach((id) => void rivals.add(id))
  const lanes = openLanes(workshop.lanes.length, async (lane, batch) => {
    const added = await loadBatch(workshop.lanes[lane]!, batch, { importId, plan, signal, leanOn })
    inserted += added
  })
  let made = 0
  let read = 0
  const rewriter = newRewriter({
    size: () => batchSize({ made, read, total: source.bytes, lanes: workshop.lanes.length }),
    plan,
    now: options.now(),
    resolve: markets.resolve,
    async onBatch(batch) {
      const { min, max } = spanOf(batch)
      span.min = Math.min(span.min, min)
      span.max = Math.max(span.max, max)
      made += batch.length
      await partitions.cover(isoTime(min), isoTime(max))
      await lanes.put(batch)
    },
  })
  const hash = createHash('sha256')
  let bytes = 0
  let lost = false
  try {
    for await (const chunk of content(source, (done) => (read = done))) {
      signal.throwIfAborted()
      hash.update(chunk)
      bytes += chunk.length
      await rewriter.push(chunk)
      // Lets the sockets be filled again before the next rows are made.
      await turn()
      options.onProgress?.({ file: source.name, done: read, total: source.bytes, rows: rewriter.rows })
    }
    await rewriter.end()
    // Beside the last batches: what they add changes no plan.
    const statistics = rewriter.rows >= ANALYZE_ROWS ? analyze(clerk, plan) : undefined
    const [, unrefreshed] = await Promise.all([lanes.drain(), statistics])
    if (unrefreshed) remark.push(unrefreshed)
    if (rivals.size > 0) {
      await completeImport(clerk, importId)
      lost = await lostAny(clerk, locks, rivals, signal)
    }
    await close(clerk, importId, lost ? null : hash.digest(), bytes)
  } catch (error) {
    const failures = await lanes.settle()
    const after = await takeOut(job, importId)
    throw worst(job, error, failures, after)
  }
  const report = {
    ...summary({ source, plan, importId, rows: rewriter.rows, inserted, bytes, start }),
    markets: markets.names(),
    first_at: rewriter.rows > 0 ? isoTime(span.min) : null,
    last_at: rewriter.rows > 0 ? isoTime(span.max) : null,
    notes: [...remark, ...remarks(plan, rewriter.rows)],
  }
  return { report, lost }
}

/** The same content loaded at once under another name, or as gzip: both are in, and only one owns the hash. */
const close = async (clerk: StorageSession, importId: number, hash: Buffer | null, bytes: number): Promise<void> => {
  try {
    await finishImport(clerk, importId, hash, bytes)
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    await finishImport(clerk, importId, null, bytes)
  }
}

/** Refreshes the planner's statistics; why it could not, when it could not: that is no reason to undo a load. */
async function analyze(session: StorageSession, plan: Plan): Promise<string | undefined> {
  try {
    await writing(session, async () => {
      // A tenth of the usual sample, of the key alone, which is all that statements filter by; autovacuum does the rest.
      const { relation, owner } = plan.target
      await session.client.query(
        `set local default_statistics_target = 10; analyze arxdb.${relation} (${owner}, timestamp)`,
      )
    })
    return undefined
  } catch (error) {
    return `statistics were not refreshed (${(error as Error).message}); autovacuum will`
  }
}
