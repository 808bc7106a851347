// A load that failed: its rows go, and what is told is the same whatever the timing was.
import { translate } from '../db/sqlstate.ts'
import { ArxError } from '../errors.ts'
import { lineOf } from './batch.ts'
import { type Aftermath, badRowError, badRowOf } from './explain.ts'
import type { Job } from './job.ts'
import { undoImport } from './ledger.ts'
import type { Failure } from './load.ts'
import { BadRow } from './rewrite.ts'
import { openStorage } from './workshop.ts'

/** On a connection of its own: the others may be broken, and Ctrl-C must not stop it. */
export async function takeOut(job: Job, importId: number): Promise<Aftermath> {
  try {
    const session = await openStorage(job.options.connection)
    try {
      return { removed: await undoImport(session, importId) }
    } finally {
      await session.client.end()
    }
  } catch (error) {
    const why = (error as Error).message
    return { removed: 0, stuck: `its rows could not be taken out (${why}); loading it again removes them first` }
  }
}

/** Of all that went wrong the earliest line of the file is told, so that the answer never depends on timing. */
export function worst(job: Job, error: unknown, failures: readonly Failure[], after: Aftermath): unknown {
  const bad = failures.map((f) => badRowOf(f.error, f.batch, job.plan) ?? lineOf(f.batch, 1))
  const rows = [...bad, error].filter((b) => b instanceof BadRow).sort((a, b) => a.line - b.line)
  if (job.options.signal.aborted) return error
  if (rows[0]) return badRowError(job.source.name, rows[0], after)
  return after.stuck === undefined ? error : withRest(translate(error, job.options.connection), after.stuck)
}

/** The same error, saying that rows are still there. */
const withRest = ({ code, message, detail, hint, exit, cause }: ArxError, stuck: string): ArxError =>
  new ArxError({ code, message, detail: [detail, stuck].filter(Boolean).join('; '), hint, exit, cause })
