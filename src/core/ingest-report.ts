// How the report of a load is shown.
import { echoes, info, type Result } from './result.ts'

/** What became of one file. */
export interface LoadedFile {
  readonly file: string
  readonly notes: readonly string[]
}

const kinds = {
  file: 'text',
  import_id: 'int',
  table: 'text',
  format: 'text',
  rows_read: 'int',
  inserted: 'int',
  duplicates: 'int',
  already_loaded: 'bool',
  first_at: 'time',
  last_at: 'time',
  seconds: 'duration',
  rows_per_second: 'int',
} as const

const LEAST = ['format', 'first_at', 'last_at', 'seconds', 'rows_per_second']

/** One row a file. Of many files a narrow terminal shows less; of one, everything below each other. */
export const ingestReport = (files: readonly LoadedFile[]): Result<LoadedFile> => ({
  columns: echoes(files.length > 1 ? LEAST : [], kinds),
  rows: files,
  notes: files.flatMap(({ file, notes }) => notes.map((text) => info(`${file}: ${text}`))),
})
