// A file that gives a load something to do: rows that cannot be loaded, and keys that occur again.
import { MINUTE } from '../../engines/ingest-files.ts'

export const FLAGS = { format: 'bitfinex', exchange: 'fault', symbol: 'BTC/USD', timeframe: '1m' } as const

/** Bytes a second: some 45,000 rows, so that a load of 60,000 can be caught in its middle on a fast machine too. */
export const SLOWLY = 2_000_000

export const FIRST = Date.UTC(2023, 0, 1)

/** Every bad row is bad in the next of these ways; one of them is two lines long, one takes its neighbours' quotes. */
const WRONG = [
  (at: number) => `${at},100.5,abc,102.5,99.25,1`,
  (at: number) => `${at},100.5,101,90,99.25,1`,
  (at: number) => `${at},100.5,101`,
  (at: number) => `${at},100.5,"1\n01",102.5,99.25,1`,
  (at: number) => `${at},"100.5,101,102.5,99.25,1`,
  (at: number) => `${at},100.5,101,1e31,99.25,1`,
  (at: number) => `${at},100.5,101,102.5,99.25,"a ""quoted"" volume"`,
]

/** Every how many lines; primes, so that they meet in every combination. */
const EVERY = { bad: 1009, near: 701, far: 1303 }
const FAR = 40_000
/** Lines with duplicates and without take turns: a batch with one goes through a staging table, the others do not. */
const STRETCH = 30_000

export interface Awkward {
  readonly text: string
  readonly rows: number
  readonly bad: number
  readonly duplicates: number
}

/** Which line's key line `i` has, and whether it is a bad one. */
function part(i: number): { readonly key: number; readonly bad: boolean } {
  const stretch = Math.floor(i / STRETCH) % 3
  if (i % EVERY.bad === 500) return { key: i, bad: true }
  if (stretch === 1 && i % EVERY.near === 5) return { key: i - 3, bad: false }
  // Far enough for another batch: such a one may not run beside the one it repeats.
  if (stretch === 2 && i % EVERY.far === 7) return { key: i - FAR, bad: false }
  return { key: i, bad: false }
}

/**
 * Candles a minute apart in Bitfinex's order. A duplicate has another volume than its first line, so that it shows which
 * of the two won.
 */
export function awkward(rows: number): Awkward {
  const lines: string[] = []
  const keys = new Set<number>()
  let bad = 0
  let duplicates = 0
  for (let i = 0; i < rows; i++) {
    const row = part(i)
    const at = FIRST + row.key * MINUTE
    if (row.bad) {
      lines.push(WRONG[bad++ % WRONG.length]!(at))
      continue
    }
    if (keys.has(row.key)) duplicates++
    keys.add(row.key)
    lines.push(`${at},100.${i % 90},101,102.5,99.25,${row.key === i ? `${i % 7}.125` : '9.5'}`)
  }
  return { text: `${lines.join('\n')}\n`, rows, bad, duplicates }
}
