// A run that changes the database: gets the lock, does its work, lets go.
import { ArxError, EXIT } from '../errors.ts'
import type { MigrateEvent } from './events.ts'
import { acquireLock } from './lock.ts'
import type { SurveyWish } from './survey.ts'
import type { Run } from './worker.ts'

export interface RunWish extends SurveyWish {
  readonly signal: AbortSignal
  /** How long to wait for another migration to end. */
  readonly lockWaitMs: number
  /** How long a statement may wait for a table; 2 s unless given. */
  readonly lockTimeoutMs?: number | undefined
  /** None unless given. */
  readonly statementTimeoutMs?: number | undefined
  /** Attempts at a file whose locks were not free; 8 unless given. */
  readonly attempts?: number | undefined
  readonly backoffMs?: number | undefined
  readonly onEvent?: ((event: MigrateEvent) => void) | undefined
}

/** Exit 6 for an environment that the configuration marks read-only. */
function checkWritable({ connection }: SurveyWish): void {
  if (!connection.readOnly) return
  throw new ArxError({
    code: 'read-only',
    message: `${connection.origin} is marked readOnly`,
    hint: 'choose another one with --env',
    exit: EXIT.refused,
  })
}

/** Runs `body` under the migration lock; the lock goes whatever happens. */
export async function locked<T>(wish: RunWish, body: (run: Run) => Promise<T>): Promise<T> {
  checkWritable(wish)
  const emit = wish.onEvent ?? (() => {})
  const { connection, signal } = wish
  const lock = await acquireLock({ connection, signal, waitMs: wish.lockWaitMs, emit })
  try {
    return await body({
      connection,
      lock,
      emit,
      signal: AbortSignal.any([signal, lock.lost]),
      journal: { committed: [] },
      lockTimeoutMs: wish.lockTimeoutMs ?? 2000,
      statementTimeoutMs: wish.statementTimeoutMs ?? 0,
      attempts: wish.attempts ?? 8,
      backoffMs: wish.backoffMs ?? 500,
    })
  } finally {
    await lock.release()
  }
}
