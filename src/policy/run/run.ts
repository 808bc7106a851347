// `policy run`: what cron calls. Acts on the policies that were applied, not on a file; one at a time in a database; each
// step in small transactions, so that after a SIGKILL the next run goes on.
import { hostname } from 'node:os'
import type { Connection } from '../../connect/connection.ts'
import { interrupted } from '../../db/session.ts'
import { ArxError } from '../../errors.ts'
import { takeLock } from '../../storage/lock.ts'
import { distrustRollups } from '../../storage/rollups.ts'
import { openSession, reading, type StorageSession, writing } from '../../storage/session.ts'
import { type Survey, survey } from '../actual.ts'
import { wordsOf } from '../ddl.ts'
import { effectivePolicies } from '../effective.ts'
import { expires } from '../retention.ts'
import { besideJobs } from './beside-jobs.ts'
import { compress } from './compress.ts'
import { expire } from './expire.ts'
import { drain, makeAhead } from './partitions.ts'
import { rollUp } from './rollups.ts'
import { type Deed, type Done, type Kept, LOCK, LOCK_TIMEOUT_MS, type Work } from './work.ts'

const LIMITS = { statementTimeoutMs: 0, lockTimeoutMs: LOCK_TIMEOUT_MS, command: 'policy run' }

export interface RunOptions {
  readonly signal: AbortSignal
  /** Makes all rollups anew. */
  readonly rebuild?: boolean | undefined
  readonly onProgress?: ((text: string) => void) | undefined
  /** In place of the server's clock, for tests. */
  readonly now?: Date | undefined
}

export interface RunReport {
  readonly deeds: readonly Deed[]
  /** Nothing was applied yet: only what is harmless was done. */
  readonly unapplied: boolean
}

/** Does all that is due. Exit 6 where another run is at it; throws `interrupted` after writing down what was done. */
export async function runPolicies(connection: Connection, options: RunOptions): Promise<RunReport> {
  const lock = await takeLock(connection, LOCK, 'policy run')
  const session = await openSession(connection, LIMITS).catch(async (error: unknown) => {
    await lock.release()
    throw error
  })
  try {
    const { policies, unapplied } = await effectivePolicies(session)
    const found = await reading(session, (run) => survey(session, run, policies))
    const now = options.now?.getTime() ?? Date.parse(found.now)
    const progress = options.onProgress ?? (() => {})
    const work: Work = { session, words: wordsOf(found), now, signal: options.signal, check: lock.check, progress }
    const [begun] = await writing(session, (run) => run<{ run_id: number }>('policy/begin-run', { host: hostname() }))
    const deeds: Deed[] = []
    const outcome = await perform(work, found, options, deeds).then(
      () => undefined,
      (error: unknown) => error as Error,
    )
    await writing(session, (run) =>
      run('policy/end-run', {
        run_id: begun!.run_id,
        steps: JSON.stringify(deeds),
        error: outcome?.message ?? failureOf(deeds),
      }),
    )
    if (outcome) throw outcome
    return { deeds, unapplied }
  } finally {
    await session.close()
    await lock.release()
  }
}

const failureOf = (deeds: readonly Deed[]): string | null =>
  deeds
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'locked')
    .map(({ step, table, detail }) => `${step} ${table ?? ''}: ${detail}`)
    .join('; ') || null

async function perform(work: Work, found: Survey, options: RunOptions, deeds: Deed[]): Promise<void> {
  const { session, signal } = work
  const kept = found.subjects.filter(({ policy, table }) => policy.enabled && table.kind !== 'missing')
  const own = kept.filter(({ facts }) => facts !== undefined)
  const each = async (step: Deed['step'], tables: readonly Kept[], body: (work: Work, one: Kept) => Promise<Done>) => {
    for (const one of tables) deeds.push(await deed(step, one.policy.table, signal, () => body(work, one)))
  }
  if (found.tier === 'plain') {
    await each('ahead', own, makeAhead)
    await each('drain', own, drain)
  }
  await each(
    'expire',
    kept.filter(({ policy }) => expires(policy)),
    besideJobs(expire),
  )
  if (found.tier === 'community')
    await each(
      'compress',
      kept.filter(({ table }) => table.columnstore),
      besideJobs(compress),
    )
  deeds.push(await deed('rollups', null, signal, () => rollups(work, session, found, options)))
  if (signal.aborted) throw interrupted()
}

async function rollups(work: Work, session: StorageSession, found: Survey, { rebuild }: RunOptions): Promise<Done> {
  if (rebuild) await distrustRollups(session)
  const policyOf = (facts: string) => found.subjects.find((subject) => subject.facts === facts)?.policy
  const { busy, ...done } = await rollUp(work, session, policyOf, (buckets) =>
    work.progress(`rolled up ${buckets} hours and days`),
  )
  return busy ? { ...done, left: 'another refresh is running, and takes on what is left' } : done
}

/** One step; what fails does not keep the others from being done. Throws only what ends the run. */
async function deed(
  step: Deed['step'],
  table: string | null,
  signal: AbortSignal,
  body: () => Promise<Done>,
): Promise<Deed> {
  const began = performance.now()
  const told = (outcome: string, { chunks = 0, rows = 0, bytes = null, left, failed, detail }: Done): Deed => ({
    ...{ step, table, outcome, chunks, rows, bytes },
    seconds: Math.round(performance.now() - began) / 1000,
    detail: [failed, left, detail].filter(Boolean).join('; ') || null,
  })
  try {
    if (signal.aborted) return told('interrupted', {})
    const done = await body()
    if (signal.aborted) return told('interrupted', done)
    if (done.failed !== undefined) return told('failed', done)
    if (done.left !== undefined) return told(step === 'rollups' ? 'busy' : 'locked', done)
    return told(done.chunks || done.rows ? 'done' : 'nothing', done)
  } catch (error) {
    if (signal.aborted) throw interrupted(error)
    if (error instanceof ArxError && error.code === 'lock-lost') throw error
    return told('failed', { detail: (error as Error).message })
  }
}
