// `policy plan`: what `policy apply` would send, and what comes of it.
import type { Connection } from '../connect/connection.ts'
import { translate } from '../db/sqlstate.ts'
import { openSession, reading, type StorageSession } from '../storage/session.ts'
import { type Subject, type Survey, survey } from './actual.ts'
import { chunksOf, endsBefore } from './chunks.ts'
import { cutoffsNow } from './cutoffs.ts'
import { differences, type Step } from './differences.ts'
import { type Effect, effectsOf } from './effect.ts'
import { type Expiring, expiring } from './expiring.ts'
import { lacking } from './lacking.ts'
import { expires } from './retention.ts'
import { type WrittenPolicy, wantedPolicies } from './wanted.ts'

/** A row of the plan. Counts are null where a step touches nothing that is there. */
export interface Planned extends Omit<Step, 'shortens' | 'rewrites'> {
  /** Chunks that are to be compressed, or dropped. */
  readonly chunks: number | null
  /** To be rewritten, or freed. */
  readonly bytes: number | null
  /** Rows that retention deletes at its next run; null where it deletes none, or where they could not be counted. */
  readonly rows_deleted: number | null
  readonly shortens: boolean
}

export interface Plan {
  readonly tier: Survey['tier']
  readonly steps: readonly Planned[]
  /** What the config asks for and this tier does not have. */
  readonly lacks: readonly string[]
  /** Rows that could not be counted in time. */
  readonly uncounted: boolean
}

/** `written`: the policies of the config file. */
export async function planPolicies(
  connection: Connection,
  written: Readonly<Record<string, WrittenPolicy>>,
  timeoutMs: number,
): Promise<Plan> {
  const session = await openSession(connection, {
    statementTimeoutMs: timeoutMs,
    lockTimeoutMs: 5_000,
    command: 'policy plan',
  })
  try {
    return await planIn(session, written)
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await session.close()
  }
}

export async function planIn(session: StorageSession, written: Readonly<Record<string, WrittenPolicy>>): Promise<Plan> {
  const wanted = wantedPolicies(written, session.tier)
  const [found, effects] = await reading(session, async (run) => [
    await survey(session, run, wanted),
    await effectsOf(run, wanted, undefined),
  ])
  const steps: Planned[] = []
  let uncounted = false
  for (const { rewrites, ...step } of differences(found)) {
    const subject = found.subjects.find(({ policy }) => policy.table === step.table)
    const effect = await withoutExpired(session, subject, effects.get(step.table), found.now)
    const expired =
      step.shortens && step.setting === 'recorded'
        ? await expiring(session, subject!, Date.parse(found.now))
        : undefined
    if (expired && expired.rows === undefined) uncounted = true
    steps.push({ ...step, ...consequence(step, rewrites, effect), ...(expired && counted(expired)) })
  }
  return { tier: found.tier, steps, lacks: lacking(written, session.tier), uncounted }
}

/** What is to be dropped is not to be compressed first: counted with both, it would be there twice. */
async function withoutExpired(
  session: StorageSession,
  subject: Subject | undefined,
  effect: Effect | undefined,
  now: string,
): Promise<Effect | undefined> {
  if (!effect || !subject?.policy.enabled || !expires(subject.policy)) return effect
  const at = Date.parse(now)
  const { whole } = await cutoffsNow(session, subject.policy, at)
  if (whole === undefined) return effect
  const { compress_after: age } = subject.policy
  const kept = (await chunksOf(session, subject.relation)).filter((chunk) => !endsBefore(chunk, whole))
  const compressed = kept.filter((chunk) => chunk.compressed).length
  const waiting = kept.filter((chunk) => !chunk.compressed && age !== null && endsBefore(chunk, at - age * 1000))
  return {
    ...effect,
    compressed,
    // The server tells it of all compressed chunks together.
    after_bytes:
      effect.after_bytes === null ? null : Math.round((effect.after_bytes * compressed) / (effect.compressed || 1)),
    backlog: waiting.length,
    backlog_bytes: waiting.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  }
}

const none = { chunks: null, bytes: null, rows_deleted: null }

function consequence(step: Pick<Step, 'setting' | 'wanted'>, rewrites: boolean, effect: Effect | undefined) {
  if (!effect) return none
  if (rewrites && effect.compressed > 0) return { ...none, chunks: effect.compressed, bytes: effect.after_bytes }
  if (step.setting === 'compress_after' && step.wanted !== null)
    return { ...none, chunks: effect.backlog, bytes: effect.backlog_bytes }
  return none
}

const counted = ({ chunks, bytes, rows }: Expiring) => ({ chunks, bytes, rows_deleted: rows ?? null })

/** The SQL as a script. */
export const planText = ({ steps }: Plan): string =>
  steps
    .map(
      ({ table, setting, actual, wanted, lock, sql }) =>
        `-- ${table} ${setting}: ${actual ?? 'none'} -> ${wanted ?? 'none'}\n-- locks: ${lock}\n${sql};\n`,
    )
    .join('\n')
