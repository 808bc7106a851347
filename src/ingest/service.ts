// Ingest's face: files in, a report out.
import { ArxError, usageError } from '../errors.ts'
import { refreshAfter } from '../storage/rollups.ts'
import { importFile } from './load/import-file.ts'
import { tolerance } from './load/tolerance.ts'
import { openWorkshop, type Workshop } from './load/workshop.ts'
import type { Plan, PlanFlags } from './plan/plan.ts'
import { makePlan } from './plan/planner.ts'
import { sniff } from './plan/sniff.ts'
import { preflight } from './preflight.ts'
import { type Preview, preview } from './preview.ts'
import type { FileReport, IngestOptions, IngestReport } from './report.ts'
import { discover } from './sources/discover.ts'
import { begun } from './sources/follow.ts'
import { isLasting, openSource, type Source } from './sources/source.ts'

export type { Preview } from './preview.ts'
export type { FileReport, IngestEvent, IngestOptions, IngestReport } from './report.ts'

const DEFAULT_JOBS = 2
const MOST_JOBS = 16

async function planned<T>(
  file: string,
  options: PlanFlags & Pick<IngestOptions, 'stdin' | 'signal' | 'follow'>,
  body: (source: Source, plan: Plan) => Promise<T>,
): Promise<T> {
  const source = await openSource(file, options)
  try {
    if (options.follow && source.compressed)
      throw usageError(`${file} is compressed: such a file cannot be followed`, 'load it when it is complete')
    return await body(source, await makePlan(file, await sniff(file, source.head, source.whole), options))
  } finally {
    await source.close()
  }
}

/**
 * Loads files one after the other, each content once, and each as far as it is good: what cannot be loaded is rejected
 * to a file beside it. Throws at the first file that had too many rejects or could not be loaded, saying what is in; a
 * usage error (exit 2) where a file does not say what it is, before a row of any is written.
 */
export async function ingestFiles(options: IngestOptions): Promise<IngestReport> {
  const jobs = options.jobs ?? DEFAULT_JOBS
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MOST_JOBS)
    throw usageError(`cannot load on ${jobs} connections`, `--jobs 1 up to ${MOST_JOBS}`)
  const limit = tolerance(options.maxErrors, options.atomic ?? false)
  const { files, passed } = await discover(options.files, options.recursive ?? false)
  checkFollow(options, files)
  // One that is not there at all is a wrong name.
  if (options.follow && (await isLasting(files[0]!))) await begun(files[0]!, options.signal)
  const looking = understand(files, options, (source, plan) => preflight(source, plan, options.now(), limit))
  const workshop = await openedAfter(looking, openWorkshop(options.connection, jobs))
  const done: FileReport[] = []
  const load = (file: string) =>
    planned(file, options, async (source, plan) => {
      // A pipe could not be looked at before.
      if (!source.isFile) await preflight(source, plan, options.now(), limit)
      return importFile({ source, plan, options, tolerance: limit, workshop })
    })
  try {
    for (const file of files) done.push(await load(file))
    // A file that is followed ends when another one takes its name: that one is next.
    while (options.follow) {
      await begun(files[0]!, options.signal)
      done.push(await load(files[0]!))
    }
    return { files: done, passed, rollups: await rolledUp(done, options, workshop) }
  } catch (error) {
    throw withDone(error, done, files)
  } finally {
    await workshop.close()
  }
}

/** Rollups of what came in; why they are behind, where they are. */
async function rolledUp(
  files: readonly FileReport[],
  { rollup = true, signal, onRollups }: IngestOptions,
  { clerk }: Workshop,
): Promise<string | undefined> {
  const changed = files.some(({ inserted, updated }) => inserted + updated > 0)
  return rollup && changed ? refreshAfter(clerk, { signal, onProgress: onRollups }) : undefined
}

/** Connects while the files are looked at; what is wrong with those comes first. */
async function openedAfter(looking: Promise<void>, opening: Promise<Workshop>): Promise<Workshop> {
  const [looked, opened] = await Promise.allSettled([looking, opening])
  if (looked.status === 'rejected') {
    if (opened.status === 'fulfilled') await opened.value.close()
    throw looked.reason
  }
  if (opened.status === 'rejected') throw opened.reason
  return opened.value
}

function checkFollow({ follow, atomic, files }: IngestOptions, found: readonly string[]): void {
  if (!follow) return
  if (found.length !== 1 || files[0] === '-') throw usageError('--follow takes one file', 'arxdb ingest --follow FILE')
  if (atomic) throw usageError('--follow never ends, so it cannot be --atomic', 'leave one of them out')
}

/** All files are understood before the first row of one is written; a pipe cannot be, it can be read but once. */
async function understand(
  files: readonly string[],
  options: IngestOptions,
  check: (source: Source, plan: Plan) => Promise<void>,
): Promise<void> {
  const errors: ArxError[] = []
  for (const file of files) {
    if (!(await isLasting(file))) continue
    try {
      await planned(file, options, check)
    } catch (error) {
      if (!(error instanceof ArxError)) throw error
      errors.push(error)
    }
  }
  const [first] = errors
  if (!first) return
  if (errors.length === 1) throw first
  throw new ArxError({
    code: first.code,
    message: `${errors.length} of ${files.length} files cannot be loaded, and none was: ${first.message}`,
    detail: errors.map(({ message, hint }) => (hint ? `${message} (try ${hint})` : message)).join('; '),
    hint: 'load the others by name, or each with the flags it needs',
    exit: first.exit,
  })
}

/** Says which files of the command are in and stay in. */
function withDone(error: unknown, done: readonly FileReport[], files: readonly string[]): unknown {
  if (!(error instanceof ArxError) || files.length < 2) return error
  const names = done.map((report) => `${report.file} (${report.rows_read} rows)`)
  const stand = names.length > 0 ? `already in, and kept: ${names.join(', ')}` : 'no other file is in'
  const { code, message, detail, hint, exit, cause } = error
  return new ArxError({ code, message, detail: [detail, stand].filter(Boolean).join('; '), hint, exit, cause })
}

export interface PreviewOptions
  extends Pick<IngestOptions, keyof PlanFlags | 'files' | 'stdin' | 'signal' | 'now' | 'recursive'> {
  /** Reads the whole of each file, not its head alone. */
  readonly check?: boolean | undefined
}

/** How each file would be read, with its first rows converted; needs no database. */
export async function planFiles(options: PreviewOptions): Promise<readonly Preview[]> {
  const previews: Preview[] = []
  const { files } = await discover(options.files, options.recursive ?? false)
  for (const file of files)
    previews.push(
      await planned(file, options, (source, plan) => preview(source, plan, options.now(), options.check ?? false)),
    )
  return previews
}
