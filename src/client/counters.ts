// What the client counts of itself: numbers for a metrics endpoint, kept whether anybody reads them or not.

/** Upper bounds of the duration buckets, in milliseconds. */
export const BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000] as const

export interface Histogram {
  readonly count: number
  /** Sum of all durations, in milliseconds. */
  readonly sum: number
  /** Cumulative, as Prometheus has them; the last bound is Infinity. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[]
}

export interface Counts {
  /** Statements and batches run, failed ones included. */
  readonly queries: number
  readonly errors: number
  readonly connectionErrors: number
  readonly duration: Histogram
}

export interface Counters {
  /** Runs `work` as one query: counted, timed, and counted again when it fails. */
  measure<T>(work: () => Promise<T>): Promise<T>
  connectionFailed(): void
  read(): Counts
}

export function createCounters(now: () => number = () => performance.now()): Counters {
  const hits = new Array<number>(BUCKETS_MS.length + 1).fill(0)
  let [queries, errors, connectionErrors, sum] = [0, 0, 0, 0]
  const observe = (ms: number): void => {
    const at = BUCKETS_MS.findIndex((bound) => ms <= bound)
    hits[at < 0 ? BUCKETS_MS.length : at]! += 1
    sum += ms
  }
  return {
    async measure(work) {
      const start = now()
      queries += 1
      try {
        return await work()
      } catch (error) {
        errors += 1
        throw error
      } finally {
        observe(now() - start)
      }
    },
    connectionFailed() {
      connectionErrors += 1
    },
    read() {
      let count = 0
      const buckets = hits.map((n, i) => {
        count += n
        return { le: BUCKETS_MS[i] ?? Number.POSITIVE_INFINITY, count }
      })
      return { queries, errors, connectionErrors, duration: { count, sum, buckets } }
    },
  }
}
