// A table of the user's own becomes a hypertable: planned, then done.
import type { Connection } from '../../connect/connection.ts'
import { tableName, writtenName } from '../../db/identifier.ts'
import { inTransaction } from '../../db/session.ts'
import type { Tier } from '../../engines/engine.ts'
import { openSession, runner, type StorageSession } from '../../storage/session.ts'
import { spellingOf } from '../names.ts'
import type { WrittenPolicy } from '../wanted.ts'
import { type AdoptWish, chunkInterval, segments, timeColumn } from './choices.ts'
import { chunksOf, type Facts, readFacts } from './facts.ts'
import { move } from './move.ts'
import { type AdoptStep, type Chosen, entryOf, stepsOf } from './plan.ts'
import { refuseTable, refuseTime } from './refusals.ts'
import { type Remark, remarks } from './remarks.ts'
import { measure } from './sample.ts'
import { type Asking, survey } from './survey.ts'

export interface AdoptOptions extends Omit<AdoptWish, 'written'> {
  /** As typed: `ticks`, `public.ticks`. */
  readonly table: string
  /** The config's policies, by table. */
  readonly policies?: Readonly<Record<string, WrittenPolicy>> | undefined
  readonly signal?: AbortSignal | undefined
  /** For each statement of the plan. The act has no such limit. */
  readonly timeoutMs?: number | undefined
}

export interface AdoptPlan {
  /** As a config file names it. */
  readonly table: string
  readonly tier: Tier
  /** With indexes, before. */
  readonly bytes: number
  readonly steps: readonly AdoptStep[]
  /** What is to stand in arxdb.json; undefined where a policy cannot say it. */
  readonly entry: { readonly name: string; readonly policy: WrittenPolicy } | undefined
  readonly remarks: readonly Remark[]
  readonly chosen: Chosen
}

const limitsOf = ({ timeoutMs = 30_000 }: AdoptOptions) => ({
  statementTimeoutMs: timeoutMs,
  lockTimeoutMs: 5_000,
  command: 'policy adopt',
})

/**
 * Looks at a table and says what `adoptTable` would do. Changes nothing: what is measured is rolled back. Throws where the
 * table cannot be a hypertable or is not there (exit 1), leaves a choice open (2), or the database has no TimescaleDB (5).
 */
export const planAdoption = (connection: Connection, options: AdoptOptions): Promise<AdoptPlan> =>
  inSession(connection, options, async (session) => {
    const ask = { session, limits: limitsOf(options), signal: options.signal }
    const facts = await inTransaction({ ...ask, client: session.client, connection }, () =>
      readFacts(session.client, tableName(options.table)),
    )
    refuseTable(facts)
    return choose(ask, facts, options)
  })

async function choose(ask: Asking, facts: Facts, options: AdoptOptions): Promise<AdoptPlan> {
  const policies = options.policies ?? {}
  const spelled = spellingOf(policies, writtenName(facts.table))
  const written = spelled === undefined ? undefined : policies[spelled]
  const wish: AdoptWish = { ...options, written }
  const time = timeColumn(facts, wish.timeColumn)
  // Before the rows are read: this needs none of them.
  refuseTime(facts, time, { nulls: 0, infinite: false })
  const seen = await survey(ask, facts, time)
  refuseTime(facts, time, seen)
  const interval = chunkInterval(facts, seen, time, wish)
  const segmentBy = segments(facts, seen, time, interval, wish)
  const orderBy = wish.written?.orderBy ?? [time.name]
  const wanted = {
    ...{ facts, time, seen, interval, segmentBy, orderBy, written, spelled },
    noColumnstore: lacksColumnstore(facts),
  }
  const measured = await measure(ask, wanted)
  const sample = typeof measured === 'string' ? undefined : measured
  const chosen = { ...wanted, sample, noColumnstore: wanted.noColumnstore ?? sample?.refusedColumnstore }
  const steps = stepsOf(chosen)
  return {
    ...{ table: writtenName(facts.table), tier: facts.tier, bytes: facts.table.bytes, steps, chosen },
    entry: entryOf(chosen),
    remarks: remarks(chosen, steps, typeof measured === 'string' ? measured : undefined),
  }
}

function lacksColumnstore({ tier, table }: Facts): string | undefined {
  if (tier === 'apache') return 'this is the Apache edition of TimescaleDB, and compression is in the Community edition'
  return table.row_security ? 'the table has row security, which the columnstore does not keep' : undefined
}

export interface AdoptReport {
  /** As planned, with the rows counted and the seconds that each step took. */
  readonly steps: readonly AdoptStep[]
  readonly chunks: number
  /** With indexes; not compressed yet. */
  readonly bytes: number
}

export interface ActOptions extends Pick<AdoptOptions, 'signal'> {
  /** How long to go on trying for the lock, two seconds at a time so that others are not held up. */
  readonly lockWaitMs?: number | undefined
  readonly onStep?: ((step: string) => void) | undefined
}

/** A waiting exclusive lock makes everybody behind it wait too. */
const LOCK_TIMEOUT_MS = 2_000

/**
 * Does what `plan` says, in one transaction: the table is a hypertable with every row it had, or it is as it was. Locks:
 * AccessExclusiveLock on the table while its rows are moved. Throws `lock-timeout` (exit 6) where it stays in use.
 */
export const adoptTable = (connection: Connection, plan: AdoptPlan, options: ActOptions = {}): Promise<AdoptReport> =>
  inSession(connection, {}, async (session) => {
    const { signal, lockWaitMs = 60_000, onStep } = options
    const limits = { statementTimeoutMs: 0, lockTimeoutMs: LOCK_TIMEOUT_MS, command: 'policy adopt' }
    const { facts } = plan.chosen
    const done = await move({ session, limits, signal, patienceMs: lockWaitMs, onStep }, plan.chosen, plan.steps)
    onStep?.('statistics')
    const begun = performance.now()
    // The rows are in their place: statistics that are late do no harm, autovacuum will bring them.
    const last = plan.steps.find(({ step }) => step === 'statistics')!
    await session.client.query(last.sql).catch(() => {})
    const seconds = Math.round(performance.now() - begun) / 1000
    const run = runner(session.client, facts.target)
    const chunks = (await chunksOf(run, facts.table)) ?? 0
    const [size] = await run<{ bytes: number }>('migrate/relation-size', { relation: facts.sql })
    return {
      steps: [...done.map((s) => (s.step === 'move' ? { ...s, chunks } : s)), { ...last, seconds }],
      chunks,
      bytes: size!.bytes,
    }
  })

async function inSession<T>(
  connection: Connection,
  options: Pick<AdoptOptions, 'timeoutMs'>,
  body: (session: StorageSession) => Promise<T>,
): Promise<T> {
  const session = await openSession(connection, limitsOf({ table: '', ...options }))
  try {
    return await body(session)
  } finally {
    await session.close()
  }
}
