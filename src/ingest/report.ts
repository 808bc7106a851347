// What ingest takes and what it tells, as plain data.
import type { Readable } from 'node:stream'
import type { Connection } from '../connect/connection.ts'
import type { PlanFlags } from './plan.ts'

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
