// arxdb's questions over years of one-minute candles: node test/bench/run.js analytics [flags]
//   --rows N                     of two coins on four exchanges; 21 million by default, which is five years
//   --rounds N                   5 by default, after one that does not count
//   --tier plain|hypertable      only this one: partitions of PostgreSQL, or TimescaleDB's
//   --json FILE                  the tables once more, for programs
// Measured are: a question over one day from process start to exit, beside psql with the same SQL; the statements of
// questions over all there is, from rollups and from raw rows, beside the way people write them; the growth of that with
// the window; and what rollups cost. Rivals take turns.
// The candles are invented, and made inside the server. The program is bin/arxdb.js as it was built last.
// The server is ARXDB_BENCH_URL (a superuser's), else arxdb's own; psql is PSQL, or found in the PATH. 21 million rows
// take 4 GB on the server for a tier, and about an hour. It exits with 0 however slow anybody is, and with 1 when an
// answer from rollups is not the one from raw rows, to the last digit.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_LIMITS } from '../../../src/db/session.ts'
import type { Target } from '../../../src/statements/load.ts'
import { refreshRollups } from '../../../src/storage/rollups.ts'
import { openSession } from '../../../src/storage/session.ts'
import { type BenchDatabase, openDatabase } from '../database.ts'
import type { Tier } from '../flags.ts'
import { isStale, PROGRAM } from '../program.ts'
import { newReport, whole } from '../report.ts'
import { benchServer } from '../server.ts'
import { endToEnd } from './end-to-end.ts'
import { growth } from './growth.ts'
import { inServer } from './in-server.ts'
import { makeCandles, type Span, spanOf } from './market.ts'
import { readOptions } from './options.ts'
import { copyCost, sizes } from './sizes.ts'

const note = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

const options = readOptions(process.argv.slice(2))
if (!existsSync(PROGRAM)) {
  console.error(`${PROGRAM} is not built: npm run build`)
  process.exit(2)
}
const report = newReport()
const folder = mkdtempSync(join(tmpdir(), 'arxdb-bench-'))

async function fill({ client, connection }: BenchDatabase, span: Span): Promise<void> {
  const speed = (what: string, rows: number, start: number): void => {
    const seconds = (performance.now() - start) / 1000
    report.say(`- ${what}: ${seconds.toFixed(1)} s, ${whole(rows / seconds)} candles/s`)
  }
  note('making the candles')
  const begun = performance.now()
  const rows = await makeCandles(client, span)
  speed(`${whole(rows)} candles made`, rows, begun)
  await client.query('vacuum (analyze) arxdb.candles')
  note('rolling them up')
  const session = await openSession(connection, { ...DEFAULT_LIMITS, statementTimeoutMs: 0 })
  try {
    const start = performance.now()
    const { buckets } = await refreshRollups(session)
    speed(`${whole(buckets)} rollups of them`, rows, start)
  } finally {
    await session.close()
  }
  await client.query('vacuum (analyze) arxdb.rollups, arxdb.rollup_dirty, arxdb.markets, arxdb.exchanges, arxdb.coins')
  await client.query('checkpoint')
}

async function measureTier(tier: Tier, server: string): Promise<void> {
  const database = await openDatabase('analytics', tier, server)
  if (typeof database === 'string') return report.say(`\n## ${tier}: not run (${database})`)
  const { rounds } = options
  const span = spanOf(options.rows)
  const asking = { database, rounds, report }
  try {
    report.say(`\n## ${tier}: ${database.about}\n`)
    await fill(database, span)
    note(`${tier}: end to end`)
    const target: Target = { engine: tier === 'plain' ? 'postgres' : 'timescaledb', server: 150_000 }
    await endToEnd(database, span, target, { rounds, folder, report })
    note(`${tier}: in the server`)
    await inServer(asking, tier, span)
    note(`${tier}: growth`)
    await growth(asking, span)
    note(`${tier}: sizes`)
    await sizes(database, tier, report)
    await copyCost(database, { tier, server, span, rounds, folder, report })
  } finally {
    await database.drop()
  }
}

try {
  const server = await benchServer()
  const load = loadavg()[0]!.toFixed(1)
  report.say(
    `medians of ${options.rounds} rounds, in turns; Node ${process.version}, ${availableParallelism()} cores, load ${load} at the start`,
  )
  if (isStale()) report.say(`${PROGRAM} is older than src`)
  for (const tier of options.tiers) await measureTier(tier, server)
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ rows: options.rows, tables: report.tables }, null, 2)}\n`)
  }
  if (report.failures > 0) {
    console.error(`${report.failures} answers are wrong`)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
