// Puts rollups right where facts changed. What is not refreshed yet is answered from raw rows: late, never wrong.
import { type Run, type StorageSession, writing } from './session.ts'

export interface RollupReport {
  /** Hours and days that were written. */
  readonly buckets: number
  /** Another one refreshes at this moment, and will take what is left. */
  readonly busy: boolean
}

export interface RollupOptions {
  readonly signal?: AbortSignal | undefined
  /** Heard after each transaction. */
  readonly onProgress?: ((buckets: number) => void) | undefined
}

/** Of one-minute candles some 170,000 rows: a transaction of a second or less. */
const AT_ONCE = '120 days'

interface Range {
  readonly market_id: number
  readonly ticks: boolean
  readonly width: number
  readonly staleness: string
  readonly since: string
  readonly until: string
}

/**
 * Refreshes until nothing that is committed is dirty, a market and a stretch of time a transaction; ends early, and in
 * order, when the signal fires. One at a time in a database.
 */
export async function refreshRollups(session: StorageSession, options: RollupOptions = {}): Promise<RollupReport> {
  let buckets = 0
  while (!options.signal?.aborted) {
    const done = await writing(session, refreshNext)
    if (done === 'busy') return { buckets, busy: true }
    if (done === 'clean') break
    buckets += done
    options.onProgress?.(buckets)
  }
  return { buckets, busy: false }
}

/**
 * The same after rows were written, where it must not undo what was done: resolves to what to tell the user when it could
 * not be finished.
 */
export async function refreshAfter(session: StorageSession, options: RollupOptions = {}): Promise<string | undefined> {
  const until = 'long windows read raw rows there, until `arxdb policy run`'
  try {
    const { busy } = await refreshRollups(session, options)
    if (busy) return `another refresh of the rollups is running, and takes on what came in; ${until}`
    return options.signal?.aborted ? `the rollups were not refreshed to the end: ${until}` : undefined
  } catch (error) {
    return `the rollups were not refreshed (${(error as Error).message}): ${until}`
  }
}

const DAY = 86_400

async function refreshNext(run: Run): Promise<number | 'busy' | 'clean'> {
  const [lock] = await run<{ locked: boolean }>('rollups/lock')
  if (!lock!.locked) return 'busy'
  const ranges = await run<Range>('rollups/take', { most: AT_ONCE })
  const [first] = ranges
  if (!first) return 'clean'
  const { market_id, ticks, width, staleness } = first
  const where = { market_id, staleness, since: ranges.map((r) => r.since), until: ranges.map((r) => r.until) }
  const rolled = await replace(run, ticks ? 'rollups/roll-ticks' : 'rollups/roll-candles', { ...where, width })
  return width === DAY ? rolled : rolled + (await replace(run, 'rollups/roll-days', { ...where, width: DAY }))
}

async function replace(run: Run, roll: string, where: Readonly<Record<string, unknown>>): Promise<number> {
  await run('rollups/clear', where)
  const [done] = await run<{ rolled: number }>(roll, where)
  return done!.rolled
}
