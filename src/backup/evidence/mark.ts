// A restore point together with what the database held exactly there.
//
// A snapshot sees what was committed before it. When the same snapshot could still be taken after the restore point was
// written, nothing was seen to commit in between; so recovery to the restore point brings back what the snapshot sees:
// what commits later lies behind it in the WAL, what was running then is undone. One case is left: a transaction writes
// its commit into the WAL before others see it. So moments are sought in which none that has written is at work, but those
// that wait for their client. Where long ones are at work, they are looked at again when the WAL is on disk past the
// restore point: one whose commit lay before it would have ended by then. When no such moment is met, the evidence says so.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { sqlState, translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { type Run, runner } from '../../storage/session.ts'
import type { Mark } from '../manifest.ts'
import type { Evidence } from './evidence.ts'
import { readSequences, takeEvidence } from './take.ts'

/** A busy server has many such moments in a second; one that never rests for a millisecond has none. */
const PATIENCE_MS = 15_000
const MOST_POINTS = 50
/** The WAL writer comes by five times a second. */
const FLUSH_MS = 2_000
/** From "on disk" to "seen by others" a commit does nothing but set flags; on a busy machine its turn has to come. */
const SETTLE_MS = 200
const TARGET = { engine: 'postgres', server: 150_000 } as const

export interface Marked {
  readonly mark: Mark
  readonly evidence: Evidence
}

export interface MarkOptions {
  readonly digest?: boolean | undefined
  readonly progress?: ((text: string) => void) | undefined
}

/** Marks a moment `name` and takes its evidence. Afterwards the WAL segment is closed, so that the mark is archived. */
export async function markMoment(connection: Connection, name: string, options: MarkOptions = {}): Promise<Marked> {
  const [seeing, marking] = [await openClient(connection), await openClient(connection)]
  try {
    const { mark, exact, sequences } = await quietMoment(seeing, marking, name)
    const remarks = exact
      ? []
      : [`writers left no moment without a commit in ${PATIENCE_MS / 1000} s: rows are about right only`]
    const evidence = await takeEvidence(seeing, { ...options, at: mark.time, exact, remarks, sequences })
    await seeing.query('rollback')
    const run = runner(marking, TARGET)
    const [now] = await run<Moment>('backup/evidence/moment')
    if (now!.archiving) await run('backup/evidence/switch-wal')
    return { mark, evidence }
  } catch (error) {
    throw refused(error) ?? translate(error, connection)
  } finally {
    await Promise.all([seeing.end().catch(() => {}), marking.end().catch(() => {})])
  }
}

interface Moment {
  readonly snapshot: string
  /** Transactions that have written something and are at work. */
  readonly running: readonly string[]
  /** Some of them for less than a second. */
  readonly brief: boolean
  /** WAL is on disk up to the LSN that was asked about. */
  readonly flushed: boolean | null
  readonly syncing: boolean
  readonly archiving: boolean
}

async function quietMoment(seeing: pg.Client, marking: pg.Client, name: string) {
  const run = runner(marking, TARGET)
  const until = Date.now() + PATIENCE_MS
  for (let points = 0; ; ) {
    const late = Date.now() > until || points === MOST_POINTS - 1
    await seeing.query('begin isolation level repeatable read read only; set local statement_timeout = 0')
    const [before] = await runner(seeing, TARGET)<Moment>('backup/evidence/moment')
    const sequences = await readSequences(seeing)
    const [now] = await run<Moment>('backup/evidence/moment')
    if (late || (now!.snapshot === before!.snapshot && !now!.brief)) {
      points++
      const called = points === 1 ? name : `${name}-${points}`
      const [point] = await run<{ lsn: string; at: string }>('backup/evidence/restore-point', { name: called })
      // Who was at work is asked before the snapshot: one that ends in between has changed the snapshot, or is known.
      const [during] = await run<Moment>('backup/evidence/moment')
      const [after] = await run<Moment>('backup/evidence/moment')
      const mark: Mark = { name: called, lsn: point!.lsn, time: new Date(point!.at).toISOString() }
      const exact = before!.snapshot === after!.snapshot && (await noneCommitted(run, during!, mark.lsn))
      if (exact || late) return { mark, exact, sequences }
    }
    await seeing.query('rollback')
  }
}

/** Whether none of the transactions that were running had its commit in the WAL before `lsn`. */
async function noneCommitted(run: Run, { running, brief, syncing }: Moment, lsn: string): Promise<boolean> {
  if (running.length === 0) return true
  if (brief || syncing) return false
  for (const until = Date.now() + FLUSH_MS; Date.now() < until; await sleep(10)) {
    const [now] = await run<Moment>('backup/evidence/moment', { lsn })
    if (now!.flushed !== true) continue
    await sleep(SETTLE_MS)
    const [later] = await run<Moment>('backup/evidence/moment', { lsn })
    return !later!.syncing && running.every((xid) => later!.running.includes(xid))
  }
  return false
}

function refused(error: unknown): ArxError | undefined {
  if (sqlState(error) !== '42501') return undefined
  return new ArxError({
    code: 'no-restore-point',
    message: 'this role may not write restore points',
    detail: (error as Error).message,
    hint: 'grant execute on function pg_create_restore_point(text), pg_switch_wal() to ROLE; arxdb migrate grants has it for its backup role',
    exit: EXIT.connection,
    cause: error,
  })
}
