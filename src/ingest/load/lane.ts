// One batch into its table: plain COPY first, and where keys are there already, through a staging table.
import { copyIn } from '../../db/copy.ts'
import { inTransaction } from '../../db/session.ts'
import { sqlState } from '../../db/sqlstate.ts'
import { type Patience, persistently } from '../../storage/retry.ts'
import { type Client, type Run, reading, runner, type StorageSession } from '../../storage/session.ts'
import type { Plan } from '../plan/plan.ts'
import { type Batch, sealed, spanOf } from '../rows/batch.ts'
import type { Place } from '../sources/source.ts'
import { isoTime } from '../values/times.ts'
import type { Counts, Fates } from './counts.ts'
import { NONE } from './counts.ts'
import { rejectOf } from './explain.ts'
import { takenOver } from './ledger.ts'
import { columnList, merge, Raced } from './merge.ts'
import { holdLoading, leaning } from './rivals.ts'

const DUPLICATE_KEY = '23505'
const RACES = 20

export interface Booking {
  readonly importId: number
  readonly claim: number
  readonly plan: Plan
  /** Where a batch's own bytes can be read again. */
  readonly source: Place
  readonly patience: Patience
  /** Takes the loads, still open, whose rows made some of this one's superfluous. */
  readonly leanOn: (imports: readonly number[]) => void
  /** Takes a batch whose rejects are all known; they have to be on disk before it is committed. */
  readonly keepRejects: (batch: Batch) => void
}

type Way = (client: Client, run: Run, batch: Batch, booking: Booking) => Promise<Fates>

const direct: Way = async (client, _run, batch, { plan }) => {
  const sql = `copy arxdb.${plan.target.relation} (${columnList(plan)}) from stdin (format binary)`
  return { ...NONE, inserted: (await copyIn(client, sql, [sealed(batch)])).rows }
}

const staged: Way = async (client, run, batch, { importId, plan, leanOn }) => {
  const before = await holdLoading(run, importId, plan.target)
  const fates = await merge(client, batch, plan, importId)
  const others = before.length + (await holdLoading(run, importId, plan.target)).length
  if (others > 0) leanOn(await leaning(client, importId, plan.target))
  return fates
}

/** Loads one batch in one transaction with its line in the ledger; returns what became of its records. */
export async function loadBatch(session: StorageSession, batch: Batch, booking: Booking): Promise<Counts> {
  const { importId, plan, source } = booking
  let way = direct
  let races = 0
  let attempted: Counts | undefined

  const once = async (): Promise<Counts> => {
    const { client: current, connection, limits } = session
    return inTransaction({ client: current, connection, limits, write: true }, async (base) => {
      const client = base as Client
      const run = runner(client, session.target)
      await run('storage/unpack-any')
      const fates = batch.rows === 0 ? NONE : await way(client, run, batch, booking)
      booking.keepRejects(batch)
      const counts = countsOf(batch, fates)
      await book(run, batch, counts, booking)
      attempted = counts
      return counts
    })
  }
  for (;;) {
    try {
      return await persistently(session, booking.patience, async () => {
        // The try before may have been committed although nobody heard of it.
        if (attempted && (await isBooked(session, importId, batch))) return attempted
        attempted = undefined
        return once()
      })
    } catch (error) {
      if (error instanceof Raced && races++ < RACES) continue
      if (sqlState(error) === DUPLICATE_KEY && way === direct) {
        way = staged
        continue
      }
      if (!(await rejectOf(error, batch, plan, source))) throw error
    }
  }
}

const countsOf = (batch: Batch, fates: Fates): Counts => ({
  ...fates,
  rows_read: batch.read,
  duplicates: fates.duplicates + batch.dropped,
  rejected: batch.rejects.length,
  merged: batch.merged,
})

async function book(run: Run, batch: Batch, counts: Counts, { importId, claim }: Booking): Promise<void> {
  const span = spanOf(batch)
  const booked = await run('ingest/add-batch', {
    ...{ import_id: importId, claim, byte_from: batch.byteFrom, byte_to: batch.byteTo },
    ...{ line_from: batch.lineFrom, line_to: batch.lineTo, prefix_sha256: batch.prefix },
    ...counts,
    ...(span && { first_at: isoTime(span.min), last_at: isoTime(span.max) }),
  })
  if (booked.length === 0) throw takenOver(importId)
}

async function isBooked(session: StorageSession, importId: number, batch: Batch): Promise<boolean> {
  const [found] = await reading(session, (run) =>
    run<{ booked: boolean }>('ingest/batch-booked', { import_id: importId, byte_from: batch.byteFrom }),
  )
  return found!.booked
}
