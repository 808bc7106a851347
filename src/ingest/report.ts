// What ingest takes and what it tells, as plain data.
import type { Readable } from 'node:stream'
import type { Connection } from '../connect/connection.ts'
import { count } from '../wording.ts'
import type { Counts } from './load/counts.ts'
import type { Job } from './load/job.ts'
import type { Candidate, Totals } from './load/ledger.ts'
import type { Load } from './load/load-content.ts'
import { marketName } from './load/market.ts'
import type { Plan, PlanFlags } from './plan/plan.ts'
import { remarks } from './remarks.ts'
import type { CourseReport } from './rows/course.ts'
import type { Rewriter } from './rows/rewriter.ts'

export interface FileReport extends Counts {
  readonly file: string
  /** Null where nothing was loaded: a dry run. */
  readonly import_id: number | null
  readonly table: string
  readonly format: string
  readonly markets: readonly string[]
  /** The same content was loaded before: nothing was sent. */
  readonly already_loaded: boolean
  /** Went on with a load that had stopped. */
  readonly resumed: boolean
  readonly first_at: string | null
  readonly last_at: string | null
  readonly order: CourseReport['order'] | null
  /** Stretches without rows, and the bars that are missing in them; null where rows have no common width or order. */
  readonly gaps: number | null
  readonly missing_bars: number | null
  readonly outliers: number | null
  readonly rejects_file: string | null
  /** Of the content, decompressed. */
  readonly bytes: number
  readonly seconds: number
  readonly rows_per_second: number
  readonly notes: readonly string[]
  /** What may need a correction. */
  readonly warnings: readonly string[]
}

export interface IngestReport {
  readonly files: readonly FileReport[]
  /** Files of a folder that were passed over, and why. */
  readonly passed: readonly { readonly file: string; readonly why: string }[]
  /** Why the rollups are behind, where they are. */
  readonly rollups?: string | undefined
}

export interface IngestEvent {
  readonly file: string
  /** Bytes read from disk, of how many. */
  readonly done: number
  readonly total: number
  readonly rows: number
  readonly rejected: number
}

export interface IngestOptions extends PlanFlags {
  readonly connection: Connection
  /** Paths, patterns and folders; `-` is standard input. */
  readonly files: readonly string[]
  readonly stdin?: Readable | undefined
  readonly recursive?: boolean | undefined
  /** Goes on reading a file that grows, until the signal fires. */
  readonly follow?: boolean | undefined
  /** COPY connections at once. */
  readonly jobs?: number | undefined
  /** Bytes of content a second. */
  readonly rateLimit?: number | undefined
  readonly atomic?: boolean | undefined
  /** `100` or `2%`. */
  readonly maxErrors?: string | undefined
  /** The user's own name for a content that comes through a pipe. */
  readonly importKey?: string | undefined
  /** Where rejects go that cannot stand beside their file. */
  readonly folder?: string | undefined
  /** The command line to type in order to go on. */
  readonly again?: string | undefined
  readonly signal: AbortSignal
  readonly onProgress?: ((event: IngestEvent) => void) | undefined
  /** False leaves the rollups of what came in to `arxdb policy run`. */
  readonly rollup?: boolean | undefined
  /** How many rollups were written, after the files are in. */
  readonly onRollups?: ((buckets: number) => void) | undefined
  now(): Date
}

interface Ended {
  readonly load: Load
  /** performance.now() at its begin. */
  readonly begun: number
  readonly bytes: number
  readonly markets: readonly string[]
  readonly rewriter: Rewriter
  readonly path: string | undefined
  readonly notes: readonly string[]
  /** Closes the import and gives its totals. */
  close(): Promise<Totals & { readonly incomplete: boolean }>
}

/** Closes an import and says what it came to. */
export async function reportOf({
  load,
  begun,
  bytes,
  markets,
  rewriter,
  path,
  notes,
  close,
}: Ended): Promise<FileReport> {
  const { source, plan, start } = load
  const { incomplete, first_at, last_at, ...counts } = await close()
  const seconds = (performance.now() - begun) / 1000
  // Of a load that went on, only its last part has been seen by this run.
  const resumed = start.ranges.length > 0
  const course = resumed ? undefined : rewriter.course()
  const left = incomplete
    ? ['rows it had left out went when another import was undone: load the file once more to bring them back']
    : []
  const said = remarks({ plan, counts, course, rewriter, path })
  return {
    ...{ file: source.name, import_id: start.importId, table: plan.target.table, format: plan.format, markets },
    ...countsOf(counts),
    ...{ already_loaded: false, resumed, first_at, last_at, bytes, rejects_file: path ?? null },
    order: counts.rows_read > 0 ? (course?.order ?? null) : null,
    gaps: course?.gaps ?? null,
    missing_bars: course?.missing ?? null,
    outliers: course?.outliers ?? null,
    seconds: Math.round(seconds * 1000) / 1000,
    rows_per_second: Math.round(rewriter.rows / seconds),
    notes: [...notes, ...said.notes],
    warnings: [...left, ...said.warnings],
  }
}

/** The ledger's numbers alone, in the order in which they are told. */
const countsOf = (c: Counts): Counts => ({
  ...{ rows_read: c.rows_read, inserted: c.inserted, updated: c.updated, unchanged: c.unchanged },
  ...{ duplicates: c.duplicates, skipped: c.skipped, rejected: c.rejected, merged: c.merged },
})

/** The same content is in: nothing was sent. */
export function alreadyLoaded({ source, plan }: Job, found: Candidate, notes: readonly string[]): FileReport {
  const { import_id, rows_read, rejected, first_at, last_at, file_name } = found
  const name = file_name === '-' ? 'standard input' : (file_name ?? 'a file')
  const but = rejected > 0 ? `, when ${count(rejected, 'row')} had been rejected` : ''
  const why = `loaded before as import ${import_id} (${name})${but}; nothing was sent`
  return {
    ...{ file: source.name, import_id, table: plan.target.table, format: plan.format, markets: marketsOf(plan) },
    ...{
      rows_read,
      inserted: 0,
      updated: 0,
      unchanged: rows_read - rejected,
      duplicates: 0,
      skipped: 0,
      rejected,
      merged: 0,
    },
    ...{ already_loaded: true, resumed: false, first_at, last_at, order: null, gaps: null, missing_bars: null },
    ...{ outliers: null, rejects_file: null, bytes: found.content_bytes ?? 0, seconds: 0, rows_per_second: 0 },
    notes: [why, ...notes],
    warnings: [],
  }
}

const marketsOf = ({ views }: Plan): readonly string[] =>
  views.flatMap(({ identity }) => (identity.fields.length === 0 ? [marketName(identity.fixed)] : []))
