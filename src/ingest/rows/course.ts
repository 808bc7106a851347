// How one market's rows follow each other in a file: their order, the bars that are missing, prices far off.

/** A price this many times above or below its neighbours is reported. */
const FAR = 3

export interface Outlier {
  readonly line: number
  /** `high` or `low`: which end of the bar. */
  readonly column: 'high' | 'low' | 'price'
  readonly market: string
  readonly at: number
}

const MOST_KEPT = 20

/** One per market; `note` is called for every row in the file's order. Times in microseconds. */
export class Course {
  private readonly market: string
  private readonly step: number
  private readonly outliers: Outlier[]
  rows = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  ascents = 0
  descents = 0
  repeats = 0
  gaps = 0
  longest = 0
  longestAt = 0
  farOff = 0
  private last = Number.NaN
  private before = 0
  private close = 0
  private high = 0
  private low = 0
  private line = 0

  constructor(market: string, step: number, outliers: Outlier[]) {
    this.market = market
    this.step = step
    this.outliers = outliers
  }

  note(us: number, line: number, high: number, low: number, close: number): void {
    this.rows++
    if (us < this.min) this.min = us
    if (us > this.max) this.max = us
    const distance = us - this.last
    if (distance > 0) this.ascents++
    else if (distance < 0) this.descents++
    else if (distance === 0) this.repeats++
    const apart = distance < 0 ? -distance : distance
    if (apart > this.step) {
      this.gaps++
      if (apart > this.longest) {
        this.longest = apart
        this.longestAt = Math.min(us, this.last)
      }
    }
    // The row before is judged now that both of its neighbours are known.
    if (this.close > 0) this.judge(this.before, close)
    this.before = this.close
    this.close = close
    this.high = high
    this.low = low
    this.line = line
    this.last = us
  }

  /** The last row has but one neighbour. */
  end(): void {
    if (this.rows > 1) this.judge(this.before, 0)
    this.close = 0
  }

  private judge(before: number, after: number): void {
    const high = this.high
    const low = this.low
    // A neighbour of 0 is none.
    const least = before === 0 ? after : after === 0 || before < after ? before : after
    const most = Math.max(before, after)
    if (most === 0) return
    // Off from both, or it is the market that moved.
    const above = high > most * FAR
    if (!above && low * FAR >= least) return
    this.farOff++
    if (this.outliers.length >= MOST_KEPT) return
    const column = high === low ? 'price' : above ? 'high' : 'low'
    this.outliers.push({ line: this.line, column, market: this.market, at: this.last })
  }
}

export interface CourseReport {
  readonly order: 'ascending' | 'descending' | 'mixed'
  /** Steps against the prevailing direction. */
  readonly breaks: number
  /** Stretches without rows, where rows are in order and one step wide; null where that cannot be said. */
  readonly gaps: number | null
  /** Bars of the width that lie between first and last and are not there. */
  readonly missing: number | null
  readonly longest: { readonly seconds: number; readonly at: number } | null
  readonly outliers: number
}

/** All markets of a file together. `step` in microseconds, NaN when rows have no common width. */
export function reportOf(courses: readonly Course[], step: number): CourseReport {
  const sum = (of: (course: Course) => number): number => courses.reduce((total, course) => total + of(course), 0)
  const ascents = sum((c) => c.ascents)
  const descents = sum((c) => c.descents)
  const breaks = Math.min(ascents, descents)
  const order = breaks > 0 ? 'mixed' : descents > 0 ? 'descending' : 'ascending'
  const longest = courses.reduce<Course | undefined>((a, b) => (b.longest > (a?.longest ?? 0) ? b : a), undefined)
  // Where a key occurs again out of order, rows are not bars, and their number says nothing.
  const regular = Number.isFinite(step) && breaks === 0
  const missing = (c: Course): number =>
    c.rows === 0 ? 0 : Math.max(0, Math.round((c.max - c.min) / step) + 1 - (c.rows - c.repeats))
  return {
    order,
    breaks,
    gaps: regular ? sum((c) => c.gaps) : null,
    missing: regular ? sum(missing) : null,
    longest: regular && longest ? { seconds: longest.longest / 1e6, at: longest.longestAt } : null,
    outliers: sum((c) => c.farOff),
  }
}
