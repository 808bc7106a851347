// What is said of figures that rest on too little.
import { count } from '../wording.ts'
import type { Every } from './interval.ts'
import { groupBy } from './market.ts'
import { type Note, warn } from './result.ts'

export const DEFAULT_MIN_COVERAGE = 0.9

/** Warns of markets that are covered too little: in the window, or in how many of its buckets and the worst of them. */
export function thin(
  rows: readonly {
    readonly exchange_id: string | null
    readonly quote: string
    readonly coverage: number
    readonly timestamp: string
  }[],
  query: { readonly minCoverage?: number | undefined; readonly every?: Every | undefined },
  say: (share: number) => string,
): readonly Note[] {
  const least = query.minCoverage ?? DEFAULT_MIN_COVERAGE
  return [...groupBy(rows, (row) => `${row.exchange_id} ${row.quote}`)].flatMap(([name, own]) => {
    const poor = own.filter((row) => row.coverage < least).sort((a, b) => a.coverage - b.coverage)
    const [worst] = poor
    if (!worst) return []
    if (!query.every) return [warn(`${name}: ${say(worst.coverage)} the window`)]
    return [
      warn(
        `${name}: thin in ${poor.length.toLocaleString('en-US')} of ${count(own.length, 'bucket')}; at ${worst.timestamp} ${say(worst.coverage)} it`,
      ),
    ]
  })
}
