// A load that did not come to its end: what of it stays, what goes, and how to go on.

import { interrupted } from '../../db/session.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { count } from '../../wording.ts'
import type { Failure } from './lanes.ts'
import { totalsOf, undoImport } from './ledger.ts'
import type { Load } from './load-content.ts'
import { openStorage } from './workshop.ts'

interface Ending {
  readonly load: Load
  readonly error: unknown
  readonly failures: readonly Failure[]
  /** Of the rejects file, when there is one. */
  readonly path: string | undefined
}

/** The error to throw: the load's own, saying what is in. */
export async function afterFailure({ load, error, failures, path }: Ending): Promise<ArxError> {
  const { options } = load
  const said = options.signal.aborted ? interrupted(error) : translate(first(error, failures), options.connection)
  const stand = options.atomic ? await takeOut(load) : await whatIsIn(load)
  const why = path === undefined ? undefined : `the rejected rows and why are in ${path}`
  const { code, message, detail, hint, exit, cause } = said
  return new ArxError({
    ...{ code, message: code === 'bad-row' ? `${load.source.name} ${message}` : message },
    detail: [detail, why, stand].filter(Boolean).join('; '),
    hint: adviceFor(code, load) ?? hint,
    exit,
    cause,
  })
}

/** What failed first in the file is told, so that the answer never depends on timing. */
const first = (error: unknown, failures: readonly Failure[]): unknown =>
  [...failures].sort((a, b) => a.batch.byteFrom - b.batch.byteFrom)[0]?.error ?? error

function adviceFor(code: string, { options, source, tolerance }: Load): string | undefined {
  if (code === 'interrupted' || code === 'no-connection') return options.again ?? 'the same command'
  if (code !== 'bad-row' && code !== 'too-many-rejects') return undefined
  const goesOn = options.atomic ? '' : ': it goes on where this one stopped'
  const what = source.name === '-' ? 'the data' : 'the file'
  return `correct ${what}, or allow more than ${tolerance.text} with --max-errors${goesOn}`
}

/** Rows are committed batch by batch: how many, on a connection of its own, for the others may be broken. */
async function whatIsIn({ options, start }: Load): Promise<string> {
  try {
    const session = await openStorage(options.connection)
    try {
      const { inserted, updated } = await totalsOf(session, start.importId)
      if (inserted + updated === 0) return 'no row of it is in'
      const changed = updated > 0 ? ` inserted, ${updated} updated` : ' inserted'
      return `${count(inserted, 'row')} of it${changed}: committed, as import ${start.importId}; the same command goes on from there`
    } finally {
      await session.close()
    }
  } catch {
    return `what was committed before that is in, as import ${start.importId}`
  }
}

/** All or nothing: the rows that were visible meanwhile go. */
async function takeOut({ options, start }: Load): Promise<string> {
  try {
    const session = await openStorage(options.connection)
    try {
      const removed = await undoImport(session, start.importId)
      return removed > 0 ? `nothing of it is left; ${count(removed, 'row')} visible meanwhile` : 'nothing of it is in'
    } finally {
      await session.close()
    }
  } catch (error) {
    return `its rows could not be taken out (${(error as Error).message}); loading it again removes them first`
  }
}
