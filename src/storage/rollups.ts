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
  /** Changes outside are left to be read raw. */
  readonly windows?: Windows | undefined
  /** Heard after each transaction. */
  readonly onProgress?: ((buckets: number) => void) | undefined
}

/** PostgreSQL's ranges of time, for ticks and for candles: `[2025-01-01T00:00:00Z,)`, `empty`. */
export interface Windows {
  readonly ticks: string
  readonly candles: string
}

const ALL: Windows = { ticks: '(,)', candles: '(,)' }

/** Of one-minute candles some 170,000 rows: a transaction of a second or less. */
const AT_ONCE = '120 days'
/** Markets with little each go together. */
const BUCKETS_AT_ONCE = 2_000

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
    const done = await writing(session, (run) => refreshSome(run, options))
    if (done === 'busy') return { buckets, busy: true }
    buckets += done.buckets
    options.onProgress?.(buckets)
    if (done.clean) break
  }
  return { buckets, busy: false }
}

/** Notes everything as changed, for what no trigger saw: partitions written to, emptied or dropped by their own names. */
export const distrustRollups = (session: StorageSession): Promise<unknown> =>
  writing(session, (run) => run('rollups/note-all'))

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

async function refreshSome(
  run: Run,
  { signal, windows = ALL }: RollupOptions,
): Promise<{ readonly buckets: number; readonly clean: boolean } | 'busy'> {
  const [lock] = await run<{ locked: boolean }>('rollups/lock')
  if (!lock!.locked) return 'busy'
  let buckets = 0
  while (buckets < BUCKETS_AT_ONCE && !signal?.aborted) {
    const ranges = await run<Range>('rollups/take', { most: AT_ONCE, ...windows })
    if (ranges.length === 0) return { buckets, clean: true }
    buckets += await refresh(run, ranges)
  }
  return { buckets, clean: false }
}

/** All of one market. */
async function refresh(run: Run, ranges: readonly Range[]): Promise<number> {
  const { market_id, ticks, width, staleness } = ranges[0]!
  const where = { market_id, staleness, since: ranges.map((r) => r.since), until: ranges.map((r) => r.until) }
  const rolled = await replace(run, ticks ? 'rollups/roll-ticks' : 'rollups/roll-candles', { ...where, width })
  return width === DAY ? rolled : rolled + (await replace(run, 'rollups/roll-days', { ...where, width: DAY }))
}

async function replace(run: Run, roll: string, where: Readonly<Record<string, unknown>>): Promise<number> {
  await run('rollups/clear', where)
  const [done] = await run<{ rolled: number }>(roll, where)
  return done!.rolled
}
