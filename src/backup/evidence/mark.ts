// A restore point together with what the database held exactly there.
//
// A snapshot sees what was committed before it. When the same snapshot could still be taken after the restore point was
// written, nothing was seen to commit in between; so recovery to the restore point brings back what the snapshot sees:
// what commits later lies behind it in the WAL, what was running then is undone. One case is left: a transaction writes
// its commit into the WAL before others see it. So those that were running are looked at again when the WAL is on disk
// past the restore point: one whose commit lay before it would have ended by then. Moments like that are plenty even on a
// busy server; when none is met, the evidence says so.
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

const TRIES = 30
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
      : [`writers left no moment without a commit in ${TRIES} tries: rows are about right only`]
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
  /** Transactions under way that have written something. */
  readonly running: readonly string[]
  /** WAL is on disk up to the LSN that was asked about. */
  readonly flushed: boolean | null
  readonly syncing: boolean
  readonly archiving: boolean
}

async function quietMoment(seeing: pg.Client, marking: pg.Client, name: string) {
  const run = runner(marking, TARGET)
  for (let attempt = 1; ; attempt++) {
    await seeing.query('begin isolation level repeatable read read only; set local statement_timeout = 0')
    const [before] = await runner(seeing, TARGET)<Moment>('backup/evidence/moment')
    const sequences = await readSequences(seeing)
    const called = attempt === 1 ? name : `${name}-${attempt}`
    const [point] = await run<{ lsn: string; at: string | Date }>('backup/evidence/restore-point', { name: called })
    // Who was running is asked before the snapshot: one that ends in between has changed the snapshot, or is known.
    const [during] = await run<Moment>('backup/evidence/moment')
    const [after] = await run<Moment>('backup/evidence/moment')
    const mark: Mark = { name: called, lsn: point!.lsn, time: new Date(point!.at).toISOString() }
    const exact = before!.snapshot === after!.snapshot && (await noneCommitted(run, during!, mark.lsn))
    if (exact || attempt === TRIES) return { mark, exact, sequences }
    await seeing.query('rollback')
  }
}

/** Whether none of the transactions that were running had its commit in the WAL before `lsn`. */
async function noneCommitted(run: Run, { running, syncing }: Moment, lsn: string): Promise<boolean> {
  if (running.length === 0) return true
  if (syncing) return false
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
