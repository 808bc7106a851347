// Ingest's face: files in, a report out; what was loaded, listed.
import type { Connection } from '../connect/connection.ts'
import { ArxError, usageError } from '../errors.ts'
import { reading } from '../storage/session.ts'
import { importFile } from './import-file.ts'
import { type Plan, type PlanFlags, plan } from './plan.ts'
import { type Preview, preview } from './preview.ts'
import type { FileReport, IngestOptions, IngestReport } from './report.ts'
import { sniff } from './sniff.ts'
import { isLasting, openSource, type Source } from './source.ts'
import { openStorage, openWorkshop } from './workshop.ts'

export type { Preview } from './preview.ts'
export type { FileReport, IngestEvent, IngestOptions, IngestReport } from './report.ts'

const DEFAULT_JOBS = 2
const MOST_JOBS = 16

async function planned<T>(
  file: string,
  options: PlanFlags & Pick<IngestOptions, 'stdin' | 'signal'>,
  body: (source: Source, plan: Plan) => Promise<T>,
): Promise<T> {
  const source = await openSource(file, options.stdin, options.signal)
  try {
    return await body(source, plan(file, await sniff(file, source.head, source.whole), options))
  } finally {
    await source.close()
  }
}

/**
 * Loads files one after the other, each all or nothing and each content once. Throws at the first that cannot be
 * loaded: ArxError `bad-row` with its line, or usage errors (exit 2) where the file does not say what it is.
 */
export async function ingestFiles(options: IngestOptions): Promise<IngestReport> {
  const jobs = options.jobs ?? DEFAULT_JOBS
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > MOST_JOBS)
    throw usageError(`cannot load on ${jobs} connections`, `--jobs 1 up to ${MOST_JOBS}`)
  // All files are understood before the first row of one is written; a pipe cannot be, it can be read but once.
  if (options.files.length > 1)
    for (const file of options.files) if (await isLasting(file)) await planned(file, options, async () => {})
  const done: FileReport[] = []
  const workshop = await openWorkshop(options.connection, jobs)
  try {
    for (const file of options.files)
      done.push(await planned(file, options, (source, p) => importFile({ source, plan: p, options, workshop })))
    return { files: done }
  } catch (error) {
    throw withDone(error, done, options)
  } finally {
    await workshop.close()
  }
}

/** Says which files of the command are in and stay in. */
function withDone(error: unknown, done: readonly FileReport[], { files }: IngestOptions): unknown {
  if (!(error instanceof ArxError)) return error
  if (files.length < 2 && error.code !== 'interrupted') return error
  const names = done.map((report) => `${report.file} (${report.rows_read} rows)`)
  const stand = names.length > 0 ? `already in, and kept: ${names.join(', ')}` : 'no file is in'
  const again = error.code === 'interrupted' ? 'run the same command again: what is in is skipped' : undefined
  return new ArxError({
    code: error.code,
    message: error.message,
    detail: [error.detail, stand].filter(Boolean).join('; '),
    hint: error.hint ?? again,
    exit: error.exit,
    cause: error.cause,
  })
}

/** How each file would be read, with its first rows converted; needs no database. */
export async function planFiles(
  options: Pick<IngestOptions, keyof PlanFlags | 'files' | 'stdin' | 'signal' | 'now'>,
): Promise<readonly Preview[]> {
  const previews: Preview[] = []
  for (const file of options.files)
    previews.push(await planned(file, options, (source, p) => preview(source, p, options.now())))
  return previews
}

export interface ImportRow {
  readonly import_id: number
  readonly state: string
  readonly target: string
  readonly file_name: string | null
  readonly source: string
  readonly rows_read: number
  readonly inserted: number
  readonly duplicates: number
  readonly first_at: string | null
  readonly last_at: string | null
  readonly started_at: string
}

const asked = async <Row>(
  connection: Connection,
  signal: AbortSignal,
  name: string,
  params: object,
): Promise<readonly Row[]> => {
  const session = await openStorage(connection)
  try {
    return await reading(session, (run) => run<Row>(name, params as Record<string, unknown>), signal)
  } finally {
    await session.client.end()
  }
}

/** Imports, newest first. */
export const listImports = (connection: Connection, limit: number | undefined, signal: AbortSignal) =>
  asked<ImportRow>(connection, signal, 'ingest/list-imports', { row_limit: limit })

/** One import with everything the ledger has; throws when there is none of that id. */
export async function showImport(connection: Connection, id: number, signal: AbortSignal) {
  const [row] = await asked<Record<string, string | number | null>>(connection, signal, 'ingest/show-import', {
    import_id: id,
  })
  if (row) return row
  throw new ArxError({ code: 'unknown-import', message: `no import ${id}`, hint: 'arxdb imports list' })
}
