// What compression saves and costs: node test/bench/run.js compression [flags]
//   --data DIR                   the folder that holds the vendors' (bitfinex-1m-big, binance-futures-1m-big)
//   --set bitfinex|binance-futures|ticks|candles
//                                only this one; without --data there are the invented two
//   --rounds N                   3 by default
//   --json FILE                  the tables once more, for programs
// Each set of rows is put into arxdb's own table in the layout that is usual (src/policy/wanted.ts), and in others that
// differ from it in one thing; into tables of other types in the usual layout; and into the table that people make by
// hand, with its indexes, which is what the usual layout is compared with. They take turns, and medians are printed.
// Bytes are hypertable_size over the exact count, indexes included. `1h` is the time of hourly candles of everything:
// `arxdb candles --every 1h --no-rollup`, coin after coin, and plain SQL where the types are not arxdb's. Loads are
// `arxdb ingest` (in this process, without rollups) and COPY; late rows are every tenth, into chunks that are compressed.
// The server is ARXDB_BENCH_URL (a superuser's), else arxdb's own, and has TimescaleDB's Community edition. Needs about
// 2 GB there, and half an hour for a million rows. It exits with 0 however large anything is, and with 1 when a type of
// arxdb's own gives back another row than it was given.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../database.ts'
import { newReport } from '../report.ts'
import { benchServer } from '../server.ts'
import { type DataSet, makeDataSet } from './data-sets.ts'
import type { Sample } from './hypertable.ts'
import { layoutsOf, type Offer } from './layouts.ts'
import { readOptions } from './options.ts'
import { ingest, sampleOwn, withDatabase } from './own.ts'
import { printSet } from './print.ts'
import { columnsOf, type RawSample, sampleRaw } from './raw.ts'
import { rawTypes } from './raw-types.ts'
import { usualBytes } from './seeds.ts'

const note = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

const options = readOptions(process.argv.slice(2))
const report = newReport()
const folder = mkdtempSync(join(tmpdir(), 'arxdb-bench-'))

/** What this server can do for compression, or what it lacks. */
async function offered(server: string): Promise<(Offer & { readonly about: string }) | string> {
  const database = await openDatabase('compression_probe', 'hypertable', server)
  if (typeof database === 'string') return `${database}; its Community edition is needed`
  try {
    const { rows } = await database.client.query(`select current_setting('timescaledb.license', true) as license,
      (select max_val::int from pg_settings where name = 'timescaledb.compression_batch_size_limit') as most,
      (select 'lz4' = any(enumvals) from pg_settings where name = 'default_toast_compression') as lz4`)
    const { license, most, lz4 } = rows[0]
    if (license !== 'timescale') return `TimescaleDB's Community edition is needed, and the license here is ${license}`
    return { about: database.about, mostRows: most ?? 0, lz4 }
  } finally {
    await database.drop()
  }
}

const sampled = <T>(names: readonly string[]): Map<string, T[]> => new Map(names.map((name) => [name, []]))

async function measureSet(server: string, data: DataSet, offer: Offer): Promise<void> {
  const layouts = layoutsOf(data.facts, offer)
  await withDatabase('source', server, async (database) => {
    note(`${data.name}: the usual table`)
    await ingest(database, data, data.whole)
    const usual = await usualBytes(database.client, data.facts)
    const source = { database, facts: data.facts, columns: await columnsOf(database, data.facts) }
    const { types, left } = rawTypes(source.columns, offer)
    const own = sampled<Sample>(layouts.map(({ name }) => name))
    const raw = sampled<RawSample>(types.map(({ name }) => name))
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const layout of layouts) {
        note(`${data.name}, round ${round}: ${layout.name}`)
        own.get(layout.name)!.push(await sampleOwn(server, data, layout))
      }
      for (const type of types) {
        note(`${data.name}, round ${round}: ${type.name}`)
        raw.get(type.name)!.push(await sampleRaw(source, type, layouts[0]!))
      }
    }
    printSet(report, { data, layouts, own, raw, left, usual })
  })
}

try {
  const server = await benchServer()
  const found = await offered(server)
  if (typeof found === 'string') {
    console.error(`not run: ${found}`)
    process.exitCode = 2
  } else {
    const load = loadavg()[0]!.toFixed(1)
    report.say(
      `${found.about}; medians of ${options.rounds} rounds, in turns; Node ${process.version}, ${availableParallelism()} cores, load ${load} at the start`,
    )
    for (const name of options.sets) {
      const data = makeDataSet(name, options.data, folder)
      if (typeof data === 'string') report.say(`\n## ${name}: not run (${data})`)
      else await measureSet(server, data, found)
    }
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report.tables, null, 2)}\n`)
    if (report.failures > 0) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
