// A vendor's file beside psql's \copy of the same rows already clean: node test/bench/run.js ingest [FILE] [rounds]
// FILE is in Bitfinex's layout, gzip or not; by default as many rows are made as the exchange's own four years have.
// psql is PSQL, or found in the PATH. The server: see ../server.ts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import pg from 'pg'
import { market } from '../../../src/demo/market.ts'
import { bitfinex } from '../../../src/demo/shapes.ts'
import { ingestFiles } from '../../../src/ingest/service.ts'
import { connectionOf } from '../../servers/connection.ts'
import { inTurns, median } from '../measure.ts'
import { benchServer } from '../server.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-bench-'))
const file = process.argv[2] ?? generated(folder)
const rounds = Number(process.argv[3] ?? 5)
const server = await benchServer()

const DATABASE = 'arxdb_bench_ingest'
const url = new URL(server)
url.pathname = `/${DATABASE}`
const clean = join(folder, 'clean.csv')
const COLUMNS = 'market_id, import_id, timestamp, open, high, low, close, volume'

const admin = new pg.Client(server)
await admin.connect()
await admin.query(`drop database if exists ${DATABASE} with (force)`)
await admin.query(`create database ${DATABASE}`)
const client = new pg.Client(url.href)
await client.connect()
// The schema of the plain tier, without the runner: a benchmark measures one thing.
for (const name of readdirSync('sql/migrations')
  .filter((n) => !n.includes('.timescaledb.'))
  .sort()) {
  const sql = readFileSync(join('sql/migrations', name), 'utf8').split(/^-- arxdb: (?:verify|down)/m)[0]!
  await client.query(sql)
}

const ours = async (jobs: number): Promise<void> => {
  const { files } = await ingestFiles({
    connection: connectionOf(url.href),
    files: [file],
    format: 'bitfinex',
    symbol: 'BTC/USD',
    timeframe: '1m',
    jobs,
    signal: new AbortController().signal,
    now: () => new Date(),
  })
  if (files[0]!.inserted !== rows && rows > 0) throw new Error(`only ${files[0]!.inserted} rows went in`)
  rows = files[0]!.rows_read
}
const psql = (command: string): void =>
  void execFileSync(process.env.PSQL ?? 'psql', ['-qX', '-v', 'ON_ERROR_STOP=1', '-d', url.href, '-c', command])

// Tables and partitions stay, rows and ledger go: every run finds the same, empty.
const empty = async (): Promise<void> => {
  await client.query('truncate arxdb.candles, arxdb.imports, arxdb.import_batches')
  await client.query('checkpoint')
}

let rows = 0
try {
  await ours(1)
  psql(`\\copy (select ${COLUMNS} from arxdb.candles order by timestamp) to '${clean}' (format csv)`)
  const times = await inTurns(
    [
      {
        name: 'psql \\copy, clean rows',
        before: empty,
        run: () => psql(`\\copy arxdb.candles (${COLUMNS}) from '${clean}' (format csv)`),
      },
      { name: 'arxdb, 1 connection', before: empty, run: () => ours(1) },
      { name: 'arxdb, 2 connections', before: empty, run: () => ours(2) },
    ],
    rounds,
  )
  const { rows: version } = await client.query('show server_version')
  console.log(
    `${rows} rows, ${statSync(file).size} bytes on disk; PostgreSQL ${version[0].server_version}, Node ${process.version}`,
  )
  console.log(`medians of ${rounds}, in turns; arxdb: unpacking, checks, hash, ledger, statistics all included`)
  const floor = median(times.get('psql \\copy, clean rows')!)
  for (const [name, values] of times) {
    const ms = median(values)
    const rate = Math.round((rows / ms) * 1000)
    console.log(
      `${name.padEnd(24)} ${(ms / 1000).toFixed(2)} s ${rate.toString().padStart(8)} rows/s  ${(floor / ms).toFixed(2)}x`,
    )
  }
} finally {
  await client.end()
  await admin.query(`drop database if exists ${DATABASE} with (force)`)
  await admin.end()
  rmSync(folder, { recursive: true })
}

/** 1.09 million bars over four years with about half of the minutes quiet, as a young market has them. */
function generated(into: string): string {
  const bars = market({ seed: 1, from: Date.UTC(2013, 3, 1), minutes: 1_974_000, start: 9_300, quiet: 0.447 })
  const path = join(into, 'BTCUSD_1m_made.csv.gz')
  writeFileSync(path, gzipSync(bitfinex(bars)))
  return path
}
