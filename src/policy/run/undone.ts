// What of a table's chunks a step left undone, and why: one that cannot be had or done does not keep the others from it.
import { sqlState } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { isPassing } from '../../storage/retry.ts'
import type { Client, Run } from '../../storage/session.ts'
import { type Done, triesAfter, unit, type Work } from './work.ts'

export interface Undone {
  /** Chunks that others were at. */
  readonly busy: string[]
  /** Which could not be done, and why: a sentence each. */
  readonly failed: string[]
}

export const nothingUndone = (): Undone => ({ busy: [], failed: [] })

/**
 * The transaction of one chunk; false where it could not be `done` (`dropped`, `compressed`), which `undone` then tells.
 * Throws what ends the run.
 */
export async function chunkUnit(
  work: Work,
  { chunk, done, undone }: { readonly chunk: string; readonly done: string; readonly undone: Undone },
  body: (run: Run, client: Client) => Promise<void>,
): Promise<boolean> {
  try {
    const went = await unit(work, body, triesAfter(undone.busy))
    if (!went) undone.busy.push(chunk)
    return went
  } catch (error) {
    if (work.signal.aborted || !isOfChunk(error)) throw error
    undone.failed.push(`${chunk} could not be ${done}: ${reason(error)}`)
    return false
  }
}

/** A view or a foreign key in the way, a trigger that raises: the next chunk may well go. A lost lock or server ends all. */
const isOfChunk = (error: unknown): boolean =>
  (sqlState(error) !== undefined && !isPassing(error)) || (error instanceof ArxError && error.code === 'kept-rows')

/** The server's own detail names what is in the way: the first of it will do. */
function reason(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { detail?: string } }
  const [detail] = cause?.detail?.split('\n') ?? []
  return detail === undefined ? message : `${message} (${detail})`
}

/** Named in a row of the report: of many, the first. */
const NAMED = 3

/** As part of what a step reports. */
export const undoneText = ({ busy, failed }: Undone): Pick<Done, 'left' | 'failed'> => ({
  left: busy.length > 0 ? `${busy.length} in use by others: ${busy.slice(0, NAMED).join(', ')}` : undefined,
  failed:
    failed.length > 0
      ? [...failed.slice(0, NAMED), ...(failed.length > NAMED ? [`${failed.length - NAMED} more failed`] : [])].join(
          '; ',
        )
      : undefined,
})
