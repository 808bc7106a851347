// `policy show`: wanted, actual and what came of it, a row a table. A constant number of statements, however many chunks.
import type { Connection } from '../connect/connection.ts'
import { translate } from '../db/sqlstate.ts'
import { openSession, type Run, reading, type StorageSession } from '../storage/session.ts'
import { type Job, type Subject, type Survey, survey } from './actual.ts'
import { assertKeepable, differences } from './differences.ts'
import { type Effect, effectsOf } from './effect.ts'
import { lacking } from './lacking.ts'
import { columnsIn } from './order.ts'
import { retentionText } from './retention.ts'
import { type TablePolicy, type WrittenPolicy, wantedPolicies } from './wanted.ts'

/** Lengths of time are seconds. */
export interface ShownPolicy {
  readonly table: string
  /** `ok`, `unapplied`, `drift`, `failed` (a job), `off`, `unfit` (cannot be kept so here). */
  readonly state: string
  /** Settings that differ from what the config wants. */
  readonly drift: string | null
  readonly chunks: number | null
  readonly compressed: number | null
  readonly backlog: number | null
  readonly partial: number | null
  readonly outdated: number | null
  readonly bytes: number | null
  /** Bytes before compression over those after it. */
  readonly ratio: number | null
  readonly rows_estimate: number | null
  readonly bytes_per_row: number | null
  readonly next_run: string | null
  readonly last_run: string | null
  readonly last_success: string | null
  readonly failures: number | null
  readonly last_failure: string | null
  readonly last_failure_at: string | null
  readonly held_until: string | null
  readonly wanted_chunk_interval: number
  readonly actual_chunk_interval: number | null
  readonly wanted_segment_by: string
  readonly actual_segment_by: string | null
  readonly wanted_order_by: string
  readonly actual_order_by: string | null
  readonly wanted_merge_to: number | null
  readonly actual_merge_to: number | null
  readonly wanted_compress_after: number | null
  readonly actual_compress_after: number | null
  readonly wanted_retain_for: string
  readonly actual_retain_for: string | null
  readonly rollups: boolean
  readonly oldest: string | null
  readonly newest: string | null
}

export interface Shown {
  readonly tier: Survey['tier']
  readonly rows: readonly ShownPolicy[]
  /** What the config asks for and this tier does not have. */
  readonly lacks: readonly string[]
  /** Reasons why a table cannot be kept as the config says. */
  readonly unfit: readonly string[]
  /** The newest run, and the newest that succeeded where that is another one. */
  readonly runs: readonly LastRun[]
  /** Policies are in the database, not in the config. */
  readonly forgotten: readonly string[]
  readonly now: string
}

export interface LastRun {
  readonly host: string
  readonly began_at: string
  readonly ended_at: string | null
  readonly error: string | null
}

export async function showPolicies(
  connection: Connection,
  written: Readonly<Record<string, WrittenPolicy>>,
  timeoutMs: number,
): Promise<Shown> {
  const session = await openSession(connection, {
    statementTimeoutMs: timeoutMs,
    lockTimeoutMs: 5_000,
    command: 'policy show',
  })
  try {
    const wanted = wantedPolicies(written, session.tier)
    const shown = await reading(session, (run) => showIn(session, run, wanted))
    return { ...shown, lacks: lacking(written, session.tier) }
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await session.close()
  }
}

/** The same inside a transaction. */
export async function showIn(
  session: StorageSession,
  run: Run,
  wanted: readonly TablePolicy[],
): Promise<Omit<Shown, 'lacks'>> {
  const found = await survey(session, run, wanted)
  const effects = await effectsOf(run, wanted, found.now)
  const runs = await run<LastRun>('policy/last-runs')
  const unfit: string[] = []
  const rows = found.subjects.map((subject) => {
    const reason = subject.policy.enabled ? unfitness(found, subject) : undefined
    if (reason !== undefined) unfit.push(reason)
    return rowOf(found, subject, effects.get(subject.policy.table), reason !== undefined)
  })
  const forgotten = found.forgotten.map(({ table }) => table)
  return { tier: found.tier, rows, unfit, runs, forgotten, now: found.now }
}

function unfitness(found: Survey, subject: Subject): string | undefined {
  try {
    assertKeepable(found, subject)
    return undefined
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string }
    return hint ? `${message} (${hint})` : message
  }
}

const isFailed = ({ last_status }: Job): boolean => last_status === 'Failed'

function rowOf(found: Survey, subject: Subject, effect: Effect | undefined, unfit: boolean): ShownPolicy {
  const { policy, table, jobs, applied } = subject
  const drift = unfit ? [] : differences({ ...found, subjects: [subject], forgotten: [] }).map(({ setting }) => setting)
  const failed = jobs.find(isFailed)
  const compression = jobs.find(({ proc }) => proc === 'policy_compression')
  const retention = jobs.find(({ proc }) => proc === 'policy_retention')
  return {
    table: policy.table,
    state: stateOf({ subject, unfit, failed: failed !== undefined, differs: drift.length > 0 }),
    drift: drift.length > 0 ? drift.join(', ') : null,
    ...effectOf(effect),
    ...workOf(jobs, failed),
    wanted_chunk_interval: policy.chunk_interval,
    actual_chunk_interval: table.chunk_interval,
    wanted_segment_by: policy.segment_by.join(', '),
    actual_segment_by: table.columnstore ? columnsIn(table.segment_by).join(', ') : null,
    wanted_order_by: policy.order_by.join(', '),
    actual_order_by: table.columnstore ? columnsIn(table.order_by).join(', ') : null,
    wanted_merge_to: policy.merge_to,
    actual_merge_to: table.merge_to,
    wanted_compress_after: policy.compress_after,
    actual_compress_after: compression?.scheduled ? compression.after : null,
    wanted_retain_for: retentionText(policy),
    actual_retain_for: retention?.scheduled
      ? retentionText({ retain_for: retention.after, retain_by: {} })
      : applied
        ? retentionText(applied)
        : null,
    rollups: policy.rollups,
    oldest: effect?.oldest ?? null,
    newest: effect?.newest ?? null,
  }
}

interface Standing {
  readonly subject: Subject
  readonly unfit: boolean
  readonly failed: boolean
  readonly differs: boolean
}

function stateOf({ subject: { policy, applied }, unfit, failed, differs }: Standing): string {
  if (!policy.enabled) return 'off'
  if (unfit) return 'unfit'
  if (failed) return 'failed'
  if (!differs) return 'ok'
  return applied ? 'drift' : 'unapplied'
}

function effectOf(effect: Effect | undefined) {
  const { before_bytes: before = null, after_bytes: after = null, bytes = null, rows = null } = effect ?? {}
  return {
    chunks: effect?.chunks ?? null,
    compressed: effect?.compressed ?? null,
    backlog: effect?.backlog ?? null,
    partial: effect?.partial ?? null,
    outdated: effect?.outdated ?? null,
    bytes,
    ratio: before && after ? hundredths(before / after) : null,
    rows_estimate: rows,
    bytes_per_row: bytes !== null && rows ? hundredths(bytes / rows) : null,
  }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

const earliest = (times: readonly (string | null)[]): string | null =>
  times.filter((time) => time !== null && !time.startsWith('-')).sort()[0] ?? null

const latest = (times: readonly (string | null)[]): string | null =>
  times
    .filter((time) => time !== null)
    .sort()
    .at(-1) ?? null

function workOf(jobs: readonly Job[], failed: Job | undefined) {
  return {
    next_run: earliest(jobs.filter(({ scheduled }) => scheduled).map(({ next_start }) => next_start)),
    last_run: latest(jobs.map(({ last_run }) => last_run)),
    last_success: latest(jobs.map(({ last_success }) => last_success)),
    failures: jobs.length > 0 ? jobs.reduce((sum, { failures }) => sum + failures, 0) : null,
    last_failure: failed ? (failed.last_error ?? 'failed; why is shown to the owner of the job') : null,
    last_failure_at: failed?.last_error_at ?? null,
    held_until: latest(jobs.map(({ held_until }) => held_until)),
  }
}
