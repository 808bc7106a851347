// Small files in vendors' shapes, and a way to load them, for the tests of ingest.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ArxError } from '../../src/errors.ts'
import type { FileReport, IngestOptions } from '../../src/ingest/report.ts'
import { ingestFiles } from '../../src/ingest/service.ts'
import { migratedDatabase, type TestDatabase, type Tier } from '../servers/databases.ts'

export interface Bench {
  readonly db: TestDatabase
  readonly client: pg.Client
  /** Writes a file and returns its path. */
  file(name: string, content: string | Buffer): string
  load(files: string | readonly string[], flags?: Partial<IngestOptions>): Promise<readonly FileReport[]>
  /** The ArxError that loading ends with. */
  refused(files: string | readonly string[], flags?: Partial<IngestOptions>): Promise<ArxError>
  rows<R extends object>(sql: string, params?: unknown[]): Promise<R[]>
  close(): Promise<void>
}

export async function bench(tier: Tier): Promise<Bench> {
  const db = await migratedDatabase(tier)
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-ingest-'))
  const client = new pg.Client({ connectionString: db.url })
  await client.connect()
  await client.query("set timezone = 'UTC'")
  const load: Bench['load'] = async (files, flags = {}) => {
    const options = { connection: db.connection, signal: new AbortController().signal, now: () => new Date(), ...flags }
    return (await ingestFiles({ ...options, files: [files].flat() })).files
  }
  return {
    db,
    client,
    load,
    file(name, content) {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    },
    async refused(files, flags) {
      const error: unknown = await load(files, flags).then(
        () => new Error('it was loaded'),
        (e: unknown) => e,
      )
      if (error instanceof ArxError) return error
      throw error
    },
    rows: async (sql, params) => (await client.query(sql, params)).rows,
    async close() {
      await client.end()
      await db.drop()
      rmSync(folder, { recursive: true })
    },
  }
}

export const MINUTE = 60_000
export const START = Date.UTC(2024, 0, 1)

/** Candles a minute apart in Bitfinex's order: open, close, high, low. */
export const bitfinexRows = (count: number, start = START): string[] =>
  Array.from({ length: count }, (_, i) => `${start + i * MINUTE},100.${i % 90},101,102.5,99.25,${i % 7}.125`)

/** Twelve columns of a spot kline, times in the unit given. */
export const klineRows = (count: number, start: number, unit: 'ms' | 'us', step = 60 * MINUTE): string[] =>
  Array.from({ length: count }, (_, i) => {
    const at = `${start + i * step}${unit === 'us' ? '000' : ''}`
    return `${at},93576.00000000,94509.42000000,93489.03000000,94401.14000000,755.99010000,0,71068810.55946380,${93525 + i},1.0,2.0,0`
  })

export const lines = (rows: readonly string[], newline = '\n'): string => rows.map((row) => row + newline).join('')
