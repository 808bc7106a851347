// One file from its first byte to its closed line in the ledger.
import { interrupted } from '../../db/session.ts'
import { sqlState, translate } from '../../db/sqlstate.ts'
import { persistently } from '../../storage/retry.ts'
import { alreadyLoaded, type FileReport } from '../report.ts'
import type { Job } from './job.ts'
import { lookUp, type Start } from './known.ts'
import { type Locks, lockContent, openImport, openLocks } from './ledger.ts'
import { loadContent } from './load-content.ts'

/** Loads one file. Throws ArxError, which says what of the file is in. */
export async function importFile(job: Job): Promise<FileReport> {
  const { source, plan, options, workshop } = job
  const locks = await openLocks(workshop.keeper)
  try {
    await lockContent(locks, plan, source, options.signal)
    const patience = { signal: options.signal, onRenewed: () => locks.refresh() }
    const { loaded, resumed, notes } = await persistently(workshop.clerk, patience, () => lookUp(job, locks))
    if (loaded) return alreadyLoaded(job, loaded, notes)
    return await loadWhole(job, locks, resumed, notes)
  } catch (error) {
    if (options.signal.aborted && sqlState(error) !== undefined) throw interrupted(error)
    // The locks' own statements run in no transaction of ours that would have put it into words.
    throw sqlState(error) === undefined ? error : translate(error, options.connection)
  } finally {
    await locks.release()
  }
}

/** Again, when rows it had left out went with another load that was taken back. */
async function loadWhole(
  job: Job,
  locks: Locks,
  resumed: Start | undefined,
  notes: readonly string[],
): Promise<FileReport> {
  const start = resumed ?? (await open(job, locks))
  const { report, lost } = await loadContent({ ...job, locks, start, notes })
  if (!lost) return report
  const why = `rows that another load had brought were taken back with it, so import ${report.import_id} was followed by another`
  const rest = await loadWhole(job, locks, undefined, [...notes, why])
  // The second one found the first one's rows there.
  const inserted = report.inserted + rest.inserted
  const unchanged = Math.max(0, rest.unchanged - report.inserted)
  return { ...rest, inserted, unchanged, seconds: report.seconds + rest.seconds }
}

async function open({ source, plan, options, workshop }: Job, locks: Locks): Promise<Start> {
  const importId = await locks.reserveImport()
  const { atomic = false, importKey: key } = options
  await openImport(workshop.clerk, { importId, plan, file: source.name, atomic, key })
  return { importId, claim: 0, ranges: [], digest: undefined }
}
