// How the report of a load is shown.
import { echoes, info, type Result, warn } from './result.ts'

/** What became of one file. */
export interface LoadedFile {
  readonly file: string
  readonly rejected: number
  readonly outliers: number | null
  readonly notes: readonly string[]
  /** What may need a correction. */
  readonly warnings: readonly string[]
}

/** A file of a folder that was not looked at, and why. */
export interface PassedFile {
  readonly file: string
  readonly why: string
}

const kinds = {
  file: 'text',
  import_id: 'int',
  table: 'text',
  format: 'text',
  rows_read: 'int',
  inserted: 'int',
  updated: 'int',
  unchanged: 'int',
  duplicates: 'int',
  skipped: 'int',
  rejected: 'int',
  merged: 'int',
  already_loaded: 'bool',
  resumed: 'bool',
  first_at: 'time',
  last_at: 'time',
  order: 'text',
  gaps: 'int',
  missing_bars: 'int',
  outliers: 'int',
  rejects_file: 'text',
  seconds: 'duration',
  rows_per_second: 'int',
} as const

const LEAST = [
  ...['format', 'updated', 'merged', 'resumed', 'first_at', 'last_at', 'order', 'gaps', 'missing_bars', 'outliers'],
  ...['rejects_file', 'seconds', 'rows_per_second'],
]

/** One row a file. Of many files a narrow terminal shows less; of one, everything below each other. */
export const ingestReport = (
  files: readonly LoadedFile[],
  passed: readonly PassedFile[],
  rollups?: string,
): Result<LoadedFile> => ({
  columns: echoes(files.length > 1 ? LEAST : [], kinds),
  rows: files,
  notes: [
    ...passed.map(({ file, why }) => info(`${file} was passed over: ${why}`)),
    ...files.flatMap(({ file, notes, warnings }) => [
      ...notes.map((text) => info(`${file}: ${text}`)),
      ...warnings.map((text) => warn(`${file}: ${text}`)),
    ]),
    ...(rollups === undefined ? [] : [info(rollups)]),
  ],
})
