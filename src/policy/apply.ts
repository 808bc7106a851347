// `policy apply`: brings the database to what the config says, a step a transaction.
import type { Connection } from '../connect/connection.ts'
import { interrupted } from '../db/session.ts'
import { sqlState, translate } from '../db/sqlstate.ts'
import { ArxError, EXIT } from '../errors.ts'
import { takeLock } from '../storage/lock.ts'
import { limited, openSession, type StorageSession, writing } from '../storage/session.ts'
import { type Plan, type Planned, planIn } from './plan.ts'
import { LOCK } from './run/work.ts'
import type { WrittenPolicy } from './wanted.ts'

const LIMITS = { statementTimeoutMs: 0, lockTimeoutMs: 2_000, command: 'policy apply' }
const TRIES = 5

export interface ApplyOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Asked before retention is shortened; throws where it is not agreed to. */
  readonly agree: (steps: readonly Planned[]) => Promise<void>
}

/** Applies what differs; where nothing does, nothing is touched. Exit 6 beside another apply or run. */
export async function applyPolicies(
  connection: Connection,
  written: Readonly<Record<string, WrittenPolicy>>,
  options: ApplyOptions,
): Promise<Plan> {
  const lock = await takeLock(connection, LOCK, 'policy apply')
  try {
    const session = await openSession(connection, LIMITS)
    try {
      // Counting what would go must not take for ever; what is sent may.
      const plan = await planIn(limited(session, { statementTimeoutMs: options.timeoutMs }), written)
      const shorter = plan.steps.filter(({ shortens }) => shortens)
      if (shorter.length > 0) await options.agree(shorter)
      for (const [index, step] of plan.steps.entries()) {
        lock.check()
        if (options.signal.aborted) throw stopped(plan.steps.slice(0, index), interrupted())
        await send(session, step, options.signal).catch((error: unknown) => {
          throw stopped(plan.steps.slice(0, index), translate(error, connection), step)
        })
      }
      return plan
    } finally {
      await session.close()
    }
  } finally {
    await lock.release()
  }
}

async function send(session: StorageSession, { sql }: Planned, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await writing(session, () => session.client.query(sql), signal)
      return
    } catch (error) {
      if (sqlState(error) !== '55P03' || tries === TRIES) throw error
    }
  }
}

/** Says what of the plan is done. */
function stopped(done: readonly Planned[], error: ArxError, at?: Planned): ArxError {
  const names = done.map(({ table, setting }) => `${table} ${setting}`)
  const stand = names.length > 0 ? `applied before, and kept: ${names.join(', ')}` : 'nothing was applied'
  return new ArxError({
    code: error.code,
    message: at ? `${at.table} ${at.setting}: ${error.message}` : error.message,
    detail: [error.detail, stand].filter(Boolean).join('; '),
    hint: error.hint ?? 'arxdb policy plan shows what is left',
    exit: error.exit ?? EXIT.failure,
    cause: error,
  })
}
