// What ingest takes and what it tells, as plain data.
import type { Readable } from 'node:stream'
import type { Connection } from '../connect/connection.ts'
import type { Plan, PlanFlags } from './plan.ts'
import type { Source } from './source.ts'

export interface FileReport {
  readonly file: string
  /** Null in a dry run. */
  readonly import_id: number | null
  readonly table: string
  readonly format: string
  readonly markets: readonly string[]
  readonly rows_read: number
  readonly inserted: number
  /** Rows whose key was there already, or earlier in the file. */
  readonly duplicates: number
  /** The same content was loaded before: nothing was sent. */
  readonly already_loaded: boolean
  readonly first_at: string | null
  readonly last_at: string | null
  /** Of the content, decompressed. */
  readonly bytes: number
  readonly seconds: number
  readonly rows_per_second: number
  readonly notes: readonly string[]
}

export interface IngestReport {
  readonly files: readonly FileReport[]
}

export interface IngestEvent {
  readonly file: string
  /** Bytes read from disk, of how many. */
  readonly done: number
  readonly total: number
  readonly rows: number
}

export interface IngestOptions extends PlanFlags {
  readonly connection: Connection
  /** Paths; `-` is standard input. */
  readonly files: readonly string[]
  readonly stdin?: Readable | undefined
  /** COPY connections at once. */
  readonly jobs?: number | undefined
  readonly signal: AbortSignal
  readonly onProgress?: ((event: IngestEvent) => void) | undefined
  now(): Date
}

/** What is worth a word although it stops nothing. */
export const remarks = (plan: Plan, rows: number): string[] => [
  ...(rows === 0 ? ['the file holds no rows'] : []),
  ...(plan.ignored.length > 0 ? [`columns not used: ${plan.ignored.join(', ')}`] : []),
  ...(plan.target.table === 'ohlcv' && !plan.columns.some((c) => c.name === 'volume') ? ['it has no base volume'] : []),
]

interface Summary {
  readonly source: Source
  readonly plan: Plan
  readonly importId: number
  readonly rows: number
  readonly inserted: number
  readonly bytes: number
  readonly start: number
}

/** What is known of every load; `start` is performance.now() at its begin. */
export function summary({ source, plan, importId, rows, inserted, bytes, start }: Summary): FileReport {
  const seconds = (performance.now() - start) / 1000
  return {
    file: source.name,
    import_id: importId,
    table: plan.target.table,
    format: plan.format,
    markets: [],
    rows_read: rows,
    inserted,
    duplicates: rows - inserted,
    already_loaded: false,
    first_at: null,
    last_at: null,
    bytes,
    seconds: Math.round(seconds * 1000) / 1000,
    rows_per_second: Math.round(rows / seconds),
    notes: [],
  }
}
