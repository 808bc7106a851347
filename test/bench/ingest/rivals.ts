// Who loads the rows, and how.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ingestFiles } from '../../../src/ingest/service.ts'
import { type BenchDatabase, countCandles, type Span } from '../database.ts'
import { loadBare } from './bare.ts'
import { gzipped, type Input } from './inputs.ts'

export const PSQL = 'psql \\copy, clean rows'
export const BARE = 'arxdb, 2 connections, bare'
export const PARALLEL_COPY = 'timescaledb-parallel-copy, 2 workers'
export const CONNECTIONS = [1, 2] as const
type Connections = (typeof CONNECTIONS)[number]
const connections = (jobs: Connections): string => (jobs === 1 ? '1 connection' : `${jobs} connections`)
export const arxdb = (jobs: Connections): string => `arxdb, ${connections(jobs)}`
/** The vendor's rows in arxdb's own layout. */
export const arxdbCanonical = (jobs: Connections): string => `arxdb, ${connections(jobs)}, as canonical`

/** An input with all that its rivals need. */
export interface Prepared {
  readonly input: Input
  readonly rows: number
  readonly span: Span
  /** The rows as psql takes them, market ids and all. */
  readonly clean: string
  /** Of a vendor's input: the same rows in arxdb's own layout, compressed if the vendor's are. */
  readonly canonical: string | undefined
}

export interface Loader {
  readonly name: string
  load(): Promise<unknown>
}

const COLUMNS = 'market_id, import_id, timestamp, open, high, low, close, volume'
/** As src/demo/shapes.ts writes it. */
const CANONICAL = `select m.coin_id, 'BTC' as symbol, m.exchange_id,
  to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as timestamp,
  open as open_price, high as high_price, low as low_price, close as close_price, volume, m.timeframe,
  'arxdb bench' as source, 'made by arxdb bench' as attribution, m.quote
  from arxdb.candles join arxdb.markets m using (market_id) order by market_id, timestamp`

const run = promisify(execFile)

const psql = ({ url }: BenchDatabase, command: string) =>
  run(process.env.PSQL ?? 'psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', command])

/** psql reads a backslash command up to the end of its line. */
const copy = (sql: string): string => `\\copy ${sql.replaceAll(/\s+/g, ' ')}`

const ingest = ({ connection }: BenchDatabase, { file, flags }: Input, jobs: number) =>
  ingestFiles({
    ...{ connection, files: [file], jobs },
    ...flags,
    // The rows alone, as the rivals load them; node test/bench/run.js analytics tells what rolling up takes.
    rollup: false,
    signal: new AbortController().signal,
    now: () => new Date(),
  })

/** Loads the input once and writes its rows down in the other shapes. */
export async function prepare(database: BenchDatabase, input: Input, folder: string): Promise<Prepared> {
  await database.empty(undefined)
  await ingest(database, input, 2)
  const { rows } = await database.client.query(
    'select min(timestamp) as since, max(timestamp) as until from arxdb.candles',
  )
  const clean = join(folder, 'clean.csv')
  const ordered = `select ${COLUMNS} from arxdb.candles order by market_id, timestamp`
  await psql(database, copy(`(${ordered}) to '${clean}' (format csv)`))
  const count = await countCandles(database.client)
  return { input, rows: count, span: rows[0], clean, canonical: await canonicalTwin(database, input, folder) }
}

/** A twin in the other layout alone: unpacking would be no matter of the layout. */
async function canonicalTwin(database: BenchDatabase, input: Input, folder: string): Promise<string | undefined> {
  if (input.name === 'canonical') return undefined
  const twin = join(folder, 'twin.csv')
  await psql(database, copy(`(${CANONICAL}) to '${twin}' (format csv, header)`))
  return input.file.endsWith('.gz') ? gzipped(twin) : twin
}

export function loaders(database: BenchDatabase, prepared: Prepared): readonly Loader[] {
  const { input, clean, canonical } = prepared
  const twin: Input | undefined =
    canonical === undefined ? undefined : { name: 'canonical', file: canonical, flags: {} }
  return [
    { name: PSQL, load: () => psql(database, copy(`arxdb.candles (${COLUMNS}) from '${clean}' (format csv)`)) },
    ...CONNECTIONS.map((jobs) => ({ name: arxdb(jobs), load: () => ingest(database, input, jobs) })),
    { name: BARE, load: () => loadBare(database.connection, input, 2) },
    ...(twin
      ? CONNECTIONS.map((jobs) => ({ name: arxdbCanonical(jobs), load: () => ingest(database, twin, jobs) }))
      : []),
    ...parallelCopy(database, clean),
  ]
}

/** As its manual has it, and with TPC_FLAGS where somebody knows better. */
function parallelCopy({ url }: BenchDatabase, clean: string): readonly Loader[] {
  const program = process.env.TPC_BIN
  if (!program) return []
  const extra = process.env.TPC_FLAGS?.split(/\s+/).filter(Boolean) ?? []
  const target = ['-connection', url, '-schema', 'arxdb', '-table', 'candles', '-columns', COLUMNS.replaceAll(' ', '')]
  return [{ name: PARALLEL_COPY, load: () => run(program, [...target, '-file', clean, '-workers', '2', ...extra]) }]
}
