// The load itself: content to batches, batches to lanes, and the import closed when all of it is in.
import { interrupted } from '../../db/session.ts'
import { sqlState } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { openPartitions } from '../../storage/partitions.ts'
import { persistently } from '../../storage/retry.ts'
import { type FileReport, reportOf } from '../report.ts'
import { type Batch, type Reject, recycle, type Spare, spanOf, told } from '../rows/batch.ts'
import { batchSize } from '../rows/batch-size.ts'
import { newRewriter } from '../rows/rewrite.ts'
import type { Rewriter } from '../rows/rewriter.ts'
import { isoTime } from '../values/times.ts'
import { refreshStatistics } from './after-load.ts'
import { PrefixHash } from './digest.ts'
import { gapsOf } from './gaps.ts'
import type { Job } from './job.ts'
import type { Start } from './known.ts'
import { loadBatch } from './lane.ts'
import { openLanes } from './lanes.ts'
import { completeImport, type Ending, finishImport, type Locks, totalsOf } from './ledger.ts'
import { openMarkets } from './market.ts'
import { preferences } from './prefer.ts'
import { pump } from './pump.ts'
import { hasRejects, openRejects, rejectsPath } from './rejects.ts'
import { lostAny } from './rivals.ts'
import { afterFailure } from './take-back.ts'

export interface Load extends Job {
  readonly locks: Locks
  readonly start: Start
  readonly notes: readonly string[]
}

export async function loadContent(load: Load): Promise<{ readonly report: FileReport; readonly lost: boolean }> {
  const { source, plan, options, workshop, locks, start, tolerance } = load
  const { importId, claim, ranges } = start
  const { clerk, room } = workshop
  const { signal, atomic = false } = options
  const begun = performance.now()
  const patience = { signal, onRenewed: () => locks.refresh(), locks: true }
  const partitions = openPartitions(clerk, plan.target.relation)
  const markets = openMarkets(clerk, plan, importId)
  const beside = rejectsPath(source.name, options.folder ?? '.', source.isFile)
  const rejects = openRejects(beside, ranges)
  const isBetterElsewhere = await preferences(load, markets)
  const remark = [...load.notes]
  const spare: Spare = []
  const rivals = new Set<number>()
  const leanOn = (imports: readonly number[]): void => imports.forEach((id) => void rivals.add(id))
  const lanes = openLanes(workshop.lanes.length, async (lane, batch) => {
    const booking = { importId, claim, plan, source, patience, leanOn, keepRejects }
    await loadBatch(workshop.lanes[lane]!, batch, booking)
    recycle(batch, spare)
  })
  let hash = new PrefixHash()
  let made = 0
  let read = 0
  let rewriter: Rewriter | undefined
  const done = { rows: 0, rejected: 0 }
  let worst: Reject | undefined
  const keepRejects = (batch: Batch): void => {
    rejects.keep(batch)
    for (const one of batch.rejects) if (!worst || one.byteOffset < worst.byteOffset) worst = one
  }

  const gather = async (batch: Batch): Promise<void> => {
    made += batch.length
    batch.prefix = hash.at(batch.byteTo)
    const span = spanOf(batch)
    if (span) await persistently(clerk, patience, () => partitions.cover(isoTime(span.min), isoTime(span.max)))
    // One that is followed has no end, and jobs would never come.
    if (!options.follow) await room.weigh(plan.target, batch.byteTo - batch.byteFrom, source.bytes)
    await lanes.put(batch)
  }
  try {
    let whole = true
    for (const { from, to } of gapsOf(ranges)) {
      hash = new PrefixHash(from.byte, start.digest?.states.get(from.byte))
      rewriter = newRewriter({
        ...{ plan, from, now: options.now(), isBetterElsewhere, spare },
        size: () => batchSize({ made, read, total: source.bytes, lanes: workshop.lanes.length }),
        resolve: (key) => persistently(clerk, patience, () => markets.resolve(key)),
        onBatch: gather,
      })
      const current = rewriter
      whole = await pump({
        ...{ source, rewriter, signal, rate: options.rateLimit },
        extent: { from: from.byte, to, follow: options.follow && to === undefined ? signal : undefined },
        onBytes: (chunk) => hash.push(chunk),
        onStep(bytes) {
          read = bytes
          hash.settle(current.position)
          const rejected = done.rejected + current.rejected
          const rows = done.rows + current.rows
          options.onProgress?.({ file: source.name, done: read, total: source.bytes, rows, rejected })
          if (tolerance.stopsAt(rejected)) throw tooMany(rejected, rows, current.firstReject)
        },
      })
      if (!whole) await rewriter.flush()
      else await rewriter.end()
      done.rows += rewriter.rows
      done.rejected += rewriter.rejected
      if (!whole) break
    }
    if (!whole && atomic) throw interrupted()
    // Beside the last batches: what they add changes no plan.
    const statistics = whole ? refreshStatistics(clerk, plan, done.rows) : undefined
    const [, unrefreshed] = await Promise.all([lanes.drain(), statistics])
    if (!whole) throw interrupted()
    if (unrefreshed) remark.push(unrefreshed)
    const totals = await persistently(clerk, patience, () => totalsOf(clerk, importId))
    if (tolerance.exceeded(totals.rejected, totals.rows_read)) throw tooMany(totals.rejected, totals.rows_read, worst)
    // The last gap is open, so its hash has come to the content's end.
    const { digest, bytes } = hash.end()
    if (rivals.size > 0) await persistently(clerk, patience, () => completeImport(clerk, importId, claim))
    const lost = rivals.size > 0 && (await lostAny(clerk, locks, rivals, signal))
    const path = rejects.close()
    if (path === undefined && hasRejects(beside))
      remark.push(`${beside} is of an earlier load: nothing was rejected now`)
    remark.push(...room.notes())
    const ended = { load, begun, bytes, markets: markets.names(), rewriter: rewriter!, path }
    const report = await reportOf({
      ...ended,
      notes: remark,
      close: () =>
        persistently(clerk, patience, () => close(load, { importId, claim, hash: lost ? null : digest, bytes })),
    })
    return { report, lost }
  } catch (error) {
    const failures = await lanes.settle()
    const path = rejects.close()
    throw await afterFailure({ load, error, failures, path })
  }
}

/** Names the first one: the answer never depends on timing. */
function tooMany(rejected: number, read: number, first: Reject | undefined): ArxError {
  if (!first) return new ArxError({ code: 'too-many-rejects', message: `${rejected} of ${read} rows were rejected` })
  const rest = rejected > 1 ? `${rejected} of ${read} rows were rejected until then` : undefined
  return new ArxError({ code: 'bad-row', message: told(first), detail: rest })
}

/** The same content loaded at once under another name, or as gzip: both are in, and only one owns the hash. */
async function close({ workshop }: Load, ending: Ending) {
  try {
    return await finishImport(workshop.clerk, ending)
  } catch (error) {
    if (sqlState(error) !== '23505') throw error
    return finishImport(workshop.clerk, { ...ending, hash: null })
  }
}
