// Asks the database whether what was applied is still there: each file's own verify section, and the drift of files.
import { inTransaction } from '../db/session.ts'
import { ArxError, EXIT } from '../errors.ts'
import type { Client } from './ask.ts'
import { label, type MigrationFile } from './files.ts'
import { invalidIndexes } from './indexes.ts'
import { type SurveyWish, survey } from './survey.ts'
import { withWorker } from './worker.ts'

export interface VerifyWish extends SurveyWish {
  readonly signal: AbortSignal
}

export interface Problem {
  readonly migration: string
  readonly problem: 'verify' | 'edited' | 'missing' | 'partial' | 'invalid-index'
  readonly file: string | null
  readonly line: number | null
  readonly message: string
}

export interface Verification {
  /** Verify statements that ran. */
  readonly checks: number
  readonly problems: readonly Problem[]
}

/** A check fails when it raises, or when a row's first column is false. Each runs in a read-only transaction. */
async function check(wish: VerifyWish, client: Client, file: MigrationFile): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const { text, line } of file.verify) {
    const fail = (message: string) =>
      problems.push({ migration: label(file), problem: 'verify', file: file.file, line, message })
    const limits = { statementTimeoutMs: 60_000, lockTimeoutMs: 5000, command: 'migrate verify' }
    try {
      const ask = () => client.query<unknown[]>({ text, rowMode: 'array' })
      const { rows } = await inTransaction({ client, limits, connection: wish.connection, signal: wish.signal }, ask)
      if (rows.some((row) => row[0] === false)) fail('the check answers false')
    } catch (error) {
      const { exit, code } = error as ArxError
      // Who may not look has found nothing wrong.
      if (wish.signal.aborted || exit === EXIT.connection || code === 'no-privilege') throw error
      const cause = (error as ArxError).cause
      fail(cause instanceof Error ? cause.message : (error as Error).message)
    }
  }
  return problems
}

const DRIFT = {
  edited: 'the file changed after it was applied',
  missing: 'in the ledger, but the file is gone',
  partial: 'some of its statements are still to run',
} as const

const isDrift = (state: string): state is keyof typeof DRIFT => state in DRIFT

export const verify = (wish: VerifyWish): Promise<Verification> =>
  withWorker(wish.connection, async ({ client }) => {
    const { entries } = await survey(client, wish)
    const problems: Problem[] = []
    let checks = 0
    for (const entry of entries) {
      const { state, file } = entry
      if (isDrift(state)) {
        problems.push({
          migration: label(entry),
          problem: state,
          file: file?.file ?? null,
          line: null,
          message: DRIFT[state],
        })
      }
      if (file && (state === 'applied' || state === 'baseline')) {
        checks += file.verify.length
        problems.push(...(await check(wish, client, file)))
      }
    }
    for (const { index_name, table_name, building_pid } of await invalidIndexes(client)) {
      if (building_pid !== null) continue
      const message = `${index_name} on ${table_name} is invalid: drop index concurrently ${index_name}`
      problems.push({ migration: '', problem: 'invalid-index', file: null, line: null, message })
    }
    return { checks, problems }
  })

/** Throws exit 3 when there are problems. */
export function assertVerified({ problems }: Verification): void {
  if (problems.length === 0) return
  const named = [...new Set(problems.map((p) => p.migration || p.problem))].join(', ')
  throw new ArxError({
    code: 'verify-failed',
    message: `${problems.length} problem${problems.length === 1 ? '' : 's'}: ${named}`,
    exit: EXIT.problems,
  })
}
