// arxdb's load beside its rivals, in turns on one server: node test/bench/run.js ingest [flags]
//   --file FILE                  the vendor's file, in Bitfinex's layout, gzip or not; by default one is made that has
//                                as many rows as the exchange's own four years have
//   --rows N                     rows of the file in arxdb's own layout, 5 million by default
//   --rounds N                   5 by default, after one that does not count
//   --tier plain|hypertable      only this one: partitions of PostgreSQL, or TimescaleDB's
//   --input vendor|canonical     only this one
// Everybody loads the same rows into the same table, whose partitions are made ahead, and has 2 connections where it
// says so. psql and timescaledb-parallel-copy get rows that are clean already; arxdb's time includes unpacking, the
// checks, the hash, the ledger and the statistics, and not Node's start: it loads in this process, and once more in one
// of its own, whose memory is looked at (bin/arxdb.js, as it was built last).
// The server is ARXDB_BENCH_URL (a superuser's), else arxdb's own; psql is PSQL, or found in the PATH;
// timescaledb-parallel-copy is TPC_BIN, with TPC_FLAGS. Needs about 1.5 GB in TMPDIR and 3 GB on the server. It exits
// with 0 however slow anybody is.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchDatabase, countCandles, openDatabase } from '../database.ts'
import type { Tier } from '../flags.ts'
import { inTurns } from '../measure.ts'
import { benchServer } from '../server.ts'
import { type Input, makeInput } from './inputs.ts'
import { peakMemory } from './memory.ts'
import { readOptions } from './options.ts'
import { type Measured, printClaims, printTable } from './print.ts'
import { loaders, prepare } from './rivals.ts'

const note = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

const options = readOptions(process.argv.slice(2))
const folder = mkdtempSync(join(tmpdir(), 'arxdb-bench-'))

/** All rivals in turns on one input. */
async function measure(tier: Tier, database: BenchDatabase, input: Input, isLargest: boolean): Promise<Measured> {
  note(`${tier}, ${input.name}: preparing`)
  const prepared = await prepare(database, input, folder)
  const { rows, span } = prepared
  let last: string | undefined

  /** Looks at what the rival before has done, then takes it away. */
  const next = async (name?: string): Promise<void> => {
    if (last !== undefined) {
      const found = await countCandles(database.client)
      if (found !== rows) throw new Error(`${last} has loaded ${found} rows of ${rows}`)
    }
    await database.empty(span)
    if (name !== undefined) note(`${tier}, ${input.name}: ${name}`)
    last = name
  }
  const rivals = loaders(database, prepared).map(({ name, load }) => ({
    name,
    before: () => next(name),
    run: load,
  }))
  const times = await inTurns(rivals, options.rounds)
  await next()
  const memory = isLargest ? await peakMemory(database, input) : undefined
  rmSync(prepared.clean)
  if (prepared.canonical !== undefined) rmSync(prepared.canonical)
  return { tier, prepared, times, memory }
}

async function measureTier(tier: Tier, server: string, inputs: readonly Input[]): Promise<readonly Measured[]> {
  const database = await openDatabase('ingest', tier, server)
  if (typeof database === 'string') {
    console.log(`\n${tier}: not run (${database})`)
    return []
  }
  try {
    console.log(`\n${tier}: ${database.about}`)
    const all: Measured[] = []
    for (const input of inputs) {
      all.push(await measure(tier, database, input, input === largest(inputs)))
      printTable(all.at(-1)!)
    }
    return all
  } finally {
    await database.drop()
  }
}

/** A compressed file counts for what it may hold. */
const weight = ({ file }: Input): number => statSync(file).size * (file.endsWith('.gz') ? 4 : 1)
const largest = (inputs: readonly Input[]): Input => inputs.reduce((a, b) => (weight(b) > weight(a) ? b : a))

try {
  const server = await benchServer()
  note('making the inputs')
  const inputs: Input[] = []
  for (const name of options.inputs) inputs.push(await makeInput(name, options, folder))
  const load = loadavg()[0]!.toFixed(1)
  console.log(
    `medians of ${options.rounds} rounds, in turns; Node ${process.version}, ${availableParallelism()} cores, load ${load} at the start`,
  )
  const all: Measured[] = []
  for (const tier of options.tiers) all.push(...(await measureTier(tier, server, inputs)))
  if (all.length > 0) printClaims(all)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
