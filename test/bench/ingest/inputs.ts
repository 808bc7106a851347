// The files that are loaded: a vendor's, and arxdb's own layout.
import { createReadStream, createWriteStream, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { market } from '../../../src/demo/market.ts'
import { bitfinex, canonicalOhlcv } from '../../../src/demo/shapes.ts'
import type { PlanFlags } from '../../../src/ingest/plan/plan.ts'
import type { InputName, Options } from './options.ts'

export interface Input {
  readonly name: InputName
  readonly file: string
  /** What the file does not say of itself. */
  readonly flags: PlanFlags
}

const BITFINEX: PlanFlags = { format: 'bitfinex', symbol: 'BTC/USD', timeframe: '1m' }

export async function makeInput(name: InputName, options: Options, folder: string): Promise<Input> {
  if (name === 'canonical') return { name, file: await canonical(folder, options.rows), flags: {} }
  return { name, file: options.file ?? vendor(folder), flags: BITFINEX }
}

/** 1.09 million bars over four years with about half of the minutes quiet, as a young market has them. */
function vendor(folder: string): string {
  const bars = market({ seed: 1, from: Date.UTC(2013, 3, 1), minutes: 1_974_000, start: 9_300, quiet: 0.447 })
  const path = join(folder, 'BTCUSD_1m_made.csv.gz')
  writeFileSync(path, gzipSync(bitfinex(bars)))
  return path
}

const YEAR = 365 * 24 * 60
/** Minutes made at once: the loads are measured in this process, which should not be full of bars and text. */
const STRETCH = 20_000

/** Markets one after the other, a year of minutes each. */
async function canonical(folder: string, rows: number): Promise<string> {
  const path = join(folder, 'canonical.csv')
  await pipeline(Readable.from(stretches(rows)), createWriteStream(path))
  return path
}

function* stretches(rows: number): Generator<string> {
  for (let n = 0; n * YEAR < rows; n += 1) {
    const name = { coin: `bench-${n}`, symbol: `BENCH${n}`, exchange: 'bench', quote: 'USD' }
    const end = Math.min(YEAR, rows - n * YEAR)
    let start = 9_300 * (n + 1)
    for (let at = 0; at < end; at += STRETCH) {
      const from = Date.UTC(2023, 0, 1) + at * 60_000
      const bars = market({ seed: n * YEAR + at, from, minutes: Math.min(STRETCH, end - at), start })
      start = bars.at(-1)!.close
      const text = canonicalOhlcv([{ name, bars }])
      yield n === 0 && at === 0 ? text : text.slice(text.indexOf('\n') + 1)
    }
  }
}

/** Compresses a file in place of itself. */
export async function gzipped(file: string): Promise<string> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`))
  rmSync(file)
  return `${file}.gz`
}
