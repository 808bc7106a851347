// `arxdb maintain`: one step after the other, until nothing is due or the budget is used up. Cheap and urgent ones first:
// what a killed run left, rollups, vacuum and analyze, then rebuilding indexes.
import type { Connection } from '../../connect/connection.ts'
import { interrupted } from '../../db/session.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { type Lock, takeLock } from '../../storage/lock.ts'
import { refreshRollups } from '../../storage/rollups.ts'
import { openSession } from '../../storage/session.ts'
import { count } from '../../wording.ts'
import { dueBloated, dueInvalid, dueTables, invalidIndexes, leftoversAt } from './due.ts'
import { type Deed, type DeedRow, type Fate, rolledUp, type Step } from './step.ts'
import { openWorker, type Patience, type Worker } from './worker.ts'

const LOCK = 'arxdb.maintain'
const COMMAND = 'maintain'

export interface MaintainOptions {
  readonly signal: AbortSignal
  /** No step begins later than this after the start; none by default. */
  readonly budgetMs?: number | undefined
  readonly patience: Patience
  readonly onProgress?: ((text: string) => void) | undefined
}

export interface Maintained {
  readonly rows: readonly DeedRow[]
  /** Steps that were due and not begun. */
  readonly overBudget: number
}

interface Work extends MaintainOptions {
  readonly worker: Worker
  readonly lock: Lock
  readonly connection: Connection
  readonly deeds: Deed[]
  spent(): boolean
}

/** Does what is due. Exit 6 beside another one, naming it; exit 130 with what was done by then. */
export async function maintain(connection: Connection, options: MaintainOptions): Promise<Maintained> {
  const began = performance.now()
  const { budgetMs, signal } = options
  const lock = await takeLock(connection, LOCK, COMMAND)
  try {
    const worker = await openWorker(connection, signal)
    const deeds: Deed[] = []
    const spent = () => budgetMs !== undefined && performance.now() - began >= budgetMs
    const work: Work = { ...options, ...{ worker, lock, connection, deeds, spent } }
    try {
      await perform(work)
    } catch (error) {
      throw signal.aborted ? stopped(deeds, error) : translate(error, connection)
    } finally {
      await worker.close()
    }
    return { rows: rolledUp(deeds), overBudget: deeds.filter(({ fate }) => fate === 'over budget').length }
  } finally {
    await lock.release()
  }
}

/** The statements of a run that began now, in its order; rollups are named as what they are. */
export async function maintainSql(connection: Connection, signal: AbortSignal): Promise<readonly string[]> {
  const worker = await openWorker(connection, signal)
  try {
    const { run } = worker
    const invalid = dueInvalid(await invalidIndexes(run))
    const steps = [...invalid.filter(isClean), ...(await dueTables(run)), ...invalid.filter((step) => !isClean(step))]
    const stale = worker.rollups ? (await run<{ ranges: number }>('health/maintain-stale'))[0]!.ranges : 0
    return [
      ...(stale > 0 ? [`-- rollups of ${count(stale, 'range')} of time are made anew`] : []),
      ...[...steps, ...(await dueBloated(run))].map(({ sql, why, obstacle }) =>
        obstacle === undefined ? `${sql}; -- ${why}` : `-- ${sql}; -- not: ${obstacle}`,
      ),
    ]
  } finally {
    await worker.close()
  }
}

const isClean = ({ kind }: Step): boolean => kind === 'clean'

async function perform(work: Work): Promise<void> {
  const { run } = work.worker
  const invalid = dueInvalid(await invalidIndexes(run))
  await each(work, invalid.filter(isClean))
  if (work.worker.rollups) await refresh(work)
  await each(work, await dueTables(run))
  await each(
    work,
    invalid.filter((step) => !isClean(step)),
  )
  await each(work, await dueBloated(run))
}

async function each(work: Work, steps: readonly Step[]): Promise<void> {
  for (const [index, step] of steps.entries()) {
    work.signal.throwIfAborted()
    work.lock.check()
    work.onProgress?.(`${step.sql} (${index + 1} of ${steps.length})`)
    work.deeds.push(await deed(work, step))
  }
}

async function deed(work: Work, step: Step): Promise<Deed> {
  const began = performance.now()
  const told = (fate: Fate, bytes = 0, detail?: string): Deed => ({
    ...{ step, fate, bytes, detail, seconds: (performance.now() - began) / 1000 },
  })
  if (step.obstacle !== undefined) return told('skipped', 0, `${step.relation}: ${step.obstacle}`)
  if (work.spent()) return told('over budget')
  const { worker, patience, connection } = work
  try {
    const before = await left(worker, step)
    if ((await worker.send(step, patience, () => cleanUp(work, step))) === 'locked')
      return told('locked', 0, `${step.relation} is in use by others`)
    const after = await left(worker, step)
    return told('done', Math.max(0, before.bytes - after.bytes), remark(step, after.dead))
  } catch (error) {
    await cleanUp(work, step)
    if (work.signal.aborted) throw error
    const { message, detail } = translate(error, connection)
    if (translate(error, connection).code === 'no-connection') throw error
    return told('failed', 0, [`${step.relation}: ${message}`, detail?.split(';')[0]].filter(Boolean).join(': '))
  }
}

const left = async ({ run }: Worker, { relation }: Step) =>
  (await run<{ dead: number; bytes: number }>('health/maintain-after', { relation }))[0]!

/** Rows that an old transaction still sees stay dead after a vacuum. */
const remark = ({ kind, relation }: Step, dead: number): string | undefined =>
  kind === 'vacuum' && dead > 0
    ? `${relation}: ${count(dead, 'dead row')} still seen by an older transaction or a standby`
    : undefined

/** A rebuild that failed leaves a second index: it goes at once, or at the next run when that fails too. */
async function cleanUp({ worker }: Work, step: Step): Promise<void> {
  if (step.kind !== 'reindex') return
  try {
    for (const one of leftoversAt(await invalidIndexes(worker.run), step.table))
      if (one.obstacle === undefined) await worker.sweep(one)
  } catch {
    // The next run finds it.
  }
}

async function refresh(work: Work): Promise<void> {
  const { connection, patience, worker, signal, budgetMs } = work
  const step: Step = {
    kind: 'refresh',
    table: 'arxdb.rollups',
    relation: 'arxdb.rollups',
    sql: '',
    why: 'rows changed',
  }
  const stale = (await worker.run<{ ranges: number }>('health/maintain-stale'))[0]!.ranges
  if (stale === 0) return
  if (work.spent()) return void work.deeds.push({ step, fate: 'over budget', seconds: 0, bytes: 0 })
  const began = performance.now()
  const told = (fate: Fate, detail: string) =>
    work.deeds.push({ step, fate, detail, bytes: 0, seconds: (performance.now() - began) / 1000 })
  const limits = { statementTimeoutMs: 0, lockTimeoutMs: patience.lockTimeoutMs, command: COMMAND }
  const session = await openSession(connection, limits)
  try {
    // Ends early, and in order, between two of its transactions.
    const ends = budgetMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(budgetMs)])
    const { buckets, busy } = await refreshRollups(session, {
      ...{ signal: ends, onProgress: (n) => work.onProgress?.(`rolled up ${n} hours and days`) },
    })
    if (busy) told('locked', 'another refresh is running, and takes on what is left')
    else told(ends.aborted ? 'over budget' : 'done', `${count(buckets, 'hour and day')}`)
  } catch (error) {
    if (signal.aborted) throw error
    told('failed', translate(error, connection).message)
  } finally {
    await session.close()
  }
}

function stopped(deeds: readonly Deed[], cause: unknown): ArxError {
  const done = deeds.filter(({ fate }) => fate === 'done').length
  const { code, message, exit } = interrupted(cause)
  return new ArxError({
    ...{ code, message, exit, cause },
    detail: `${count(done, 'step')} done, and kept`,
    hint: 'arxdb maintain goes on from there',
  })
}
