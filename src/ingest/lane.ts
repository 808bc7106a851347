// One batch into its table: plain COPY first, and where keys are there already, through a staging table.
import { setTimeout as sleep } from 'node:timers/promises'
import { copyIn } from '../db/copy.ts'
import { inTransaction } from '../db/session.ts'
import { sqlState } from '../db/sqlstate.ts'
import { type Client, type Run, runner, type StorageSession } from '../storage/session.ts'
import { type Batch, sealed, spanOf } from './batch.ts'
import { takenOver } from './ledger.ts'
import type { Plan } from './plan.ts'
import { holdLoading, leaning } from './rivals.ts'
import { isoTime } from './times.ts'

const DUPLICATE_KEY = '23505'
const TRIES = 6

export interface Booking {
  readonly importId: number
  readonly plan: Plan
  readonly signal: AbortSignal
  /** Takes the loads, still open, whose rows made some of this one's superfluous. */
  readonly leanOn: (imports: readonly number[]) => void
}

/** Names here are arxdb's own (targets.ts), never a file's. */
const columnList = (plan: Plan): string =>
  [plan.target.owner, 'import_id', ...plan.columns.map((column) => column.name)].join(', ')

type Way = (client: Client, run: Run, batch: Batch, booking: Booking) => Promise<number>

const direct: Way = async (client, _run, batch, { plan, signal }) => {
  const sql = `copy arxdb.${plan.target.relation} (${columnList(plan)}) from stdin (format binary)`
  return (await copyIn(client, sql, [sealed(batch)], signal)).rows
}

/** Rows keep their order in `line`, so that of rows with one key the file's first is the one that goes in. */
const staged: Way = async (client, run, batch, { importId, plan, signal, leanOn }) => {
  const { relation, owner } = plan.target
  const before = await holdLoading(run, importId, plan.target)
  const columns = columnList(plan)
  await client.query(
    `create temp table arxdb_batch (like arxdb.${relation} including constraints, line bigint generated always as identity)
      on commit drop`,
  )
  await copyIn(client, `copy arxdb_batch (${columns}) from stdin (format binary)`, [sealed(batch)], signal)
  const { rowCount } = await client.query(
    `insert into arxdb.${relation} (${columns})
      select distinct on (${owner}, timestamp) ${columns} from arxdb_batch order by ${owner}, timestamp, line
      on conflict do nothing`,
  )
  const others = before.length + (await holdLoading(run, importId, plan.target)).length
  if (others > 0) leanOn(await leaning(client, importId, plan.target))
  return rowCount ?? 0
}

/** Loads one batch in one transaction with its line in the ledger; returns the rows that were new. */
export async function loadBatch(session: StorageSession, batch: Batch, booking: Booking): Promise<number> {
  const { importId, signal } = booking
  const span = spanOf(batch)
  const through = (way: Way): Promise<number> =>
    inTransaction({ ...session, signal, write: true }, async (base) => {
      const client = base as Client
      const run = runner(client, session.target)
      const inserted = await way(client, run, batch, booking)
      const booked = await run('ingest/add-batch', {
        import_id: importId,
        byte_from: batch.byteFrom,
        byte_to: batch.byteTo,
        rows_read: batch.rows,
        inserted,
        first_at: isoTime(span.min),
        last_at: isoTime(span.max),
      })
      if (booked.length === 0) throw takenOver(importId)
      return inserted
    })
  let way = direct
  for (let tries = 1; ; tries++) {
    try {
      return await through(way)
    } catch (error) {
      const state = sqlState(error)
      if (state === DUPLICATE_KEY && way === direct) way = staged
      // Another program writes the same keys in another order: one of both has to step back.
      else if ((state === '40P01' || state === '40001') && tries < TRIES) await sleep(2 ** tries * 10 * Math.random())
      else throw error
    }
  }
}
