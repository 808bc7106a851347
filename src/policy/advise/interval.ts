// How wide partitions are to be: what is being written fits in memory, and there are not too many of them.

export const DAY = 86_400
const HOUR = 3_600

/** Widths that are advised, in seconds. */
export const STEPS: readonly number[] = [
  HOUR,
  6 * HOUR,
  12 * HOUR,
  ...[1, 7, 14, 30, 90, 180, 365].map((days) => days * DAY),
]

/** What is being written of all tables together takes no more of the memory. */
export const SHARE = 0.25

/** Of one table. Planning grows with each. */
export const MOST_PARTS = 1_000

/** What some of the newest partitions hold. Moments and lengths are seconds. */
export interface Part {
  readonly lower: number
  readonly upper: number
  /** Null where nobody knows. */
  readonly rows: number | null
  /** With indexes, before compression. */
  readonly bytes: number
  /** Between the first and the last row of it, where it was sampled. */
  readonly covered: number | null
}

export interface Rate {
  readonly rowsPerDay: number
  readonly bytesPerRow: number
  /** That it rests on. */
  readonly rows: number
  readonly parts: number
  readonly confident: boolean
}

/** Partitions that a rate is taken from. */
const LOOKED_AT = 3
const ENOUGH_ROWS = 1_000

/**
 * Rows a day in the data's own time, never by when they were loaded: of the busiest of the newest partitions. The newest
 * of all may be half full: it counts by the time between its rows, and only where that is half its width or more, or where
 * there is no other. Undefined where no partition's rows are known.
 */
export function rateOf(newestFirst: readonly Part[]): Rate | undefined {
  const known = newestFirst.filter(({ rows }) => rows !== null && rows > 0)
  const total = known.reduce((sum, { rows }) => sum + rows!, 0)
  if (total === 0) return undefined
  const bytesPerRow = known.reduce((sum, { bytes }) => sum + bytes, 0) / total
  const looked = newestFirst.slice(0, LOOKED_AT).map((part, i) => {
    const width = part.upper - part.lower
    const covered = i > 0 ? width : Math.min(width, part.covered ?? width)
    return { width, covered, rows: part.rows ?? part.bytes / bytesPerRow }
  })
  const counted = looked.length === 1 ? looked : looked.filter(({ width, covered }) => covered >= width / 2)
  const rows = looked.reduce((sum, part) => sum + part.rows, 0)
  return {
    // Below a day there is no telling what a day brings.
    rowsPerDay: Math.max(
      ...counted.map((part) => (part.rows * DAY) / Math.max(part.covered, Math.min(part.width, DAY))),
    ),
    bytesPerRow,
    rows: Math.round(rows),
    parts: looked.length,
    confident: rows >= ENOUGH_ROWS && counted.some(({ width, covered }) => covered >= Math.min(width, DAY) / 2),
  }
}

/** One table that is being written to. */
export interface Load {
  readonly bytesPerDay: number
  /** Where to begin, and where to end: seconds. */
  readonly interval: number
  readonly least: number
}

/** Bytes of the partition that is being written. */
export const written = (bytesPerDay: number, interval: number): number => (bytesPerDay * interval) / DAY

/**
 * Widths at which what is being written fits into `budget` bytes, all tables together: whichever takes the most goes
 * down by a step, until it fits or none can go further.
 */
export function fitIntervals(loads: readonly Load[], budget: number): readonly number[] {
  const widths = loads.map(({ interval }) => interval)
  const taken = (i: number): number => written(loads[i]!.bytesPerDay, widths[i]!)
  const below = (i: number): number | undefined =>
    STEPS.findLast((step) => step < widths[i]! && step >= loads[i]!.least)
  for (;;) {
    const all = widths.map((_, i) => i)
    if (all.reduce((sum, i) => sum + taken(i), 0) <= budget) return widths
    const most = all.filter((i) => below(i) !== undefined).sort((a, b) => taken(b) - taken(a))[0]
    if (most === undefined) return widths
    widths[most] = below(most)!
  }
}

/** The narrowest step that spreads a time of so many seconds over no more partitions than there should be. */
export const leastFor = (span: number): number =>
  STEPS.find((step) => span / step <= MOST_PARTS) ?? STEPS[STEPS.length - 1]!
