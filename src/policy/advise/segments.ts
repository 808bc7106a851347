// By which columns a columnstore groups its rows: a batch holds a thousand, and one that is nearly empty compresses badly.
import { DAY } from './interval.ts'

/** Rows of a full batch, and the fewest that are worth one. */
export const FULL = 1_000
export const FEWEST = 100

/** Merged chunks are not made wider than a year. */
const WIDEST = 365 * DAY

export interface Segmenting {
  readonly wanted: readonly string[]
  readonly rowsPerDay: number
  /** Chunks as they are written, and as they are in the end: seconds. */
  readonly interval: number
  readonly merged: number
  /** The widest that retention leaves room for. */
  readonly widest: number
  /** Values by column, of those that are known. */
  readonly distinct: Readonly<Record<string, number>>
  /** First columns of indexes. */
  readonly candidates: readonly string[]
  /** Rows are deleted by them: they are not dropped. */
  readonly needed: boolean
}

export interface SegmentAdvice {
  readonly segment_by: readonly string[]
  /** Chunks have to be merged into such for it: seconds. */
  readonly merge_to: number | null
  /** Rows a segment, as wanted and as advised; null where a column's values are not known. */
  readonly before: number | null
  readonly after: number | null
  readonly why: 'full' | 'thin' | 'merge' | 'drop' | 'needed' | 'choose' | 'none' | 'unknown'
}

/** Segments of a combination: at most one a row. Undefined where a column's values are not known. */
export function segments(
  columns: readonly string[],
  distinct: Segmenting['distinct'],
  rows: number,
): number | undefined {
  let product = 1
  for (const column of columns) {
    const values = distinct[column]
    if (values === undefined) return undefined
    product *= Math.max(1, values)
  }
  return Math.min(product, Math.max(1, rows))
}

/** Rows of a segment in a chunk of so many seconds. */
function perSegment(of: Segmenting, columns: readonly string[], width: number): number | null {
  const rows = (of.rowsPerDay * width) / DAY
  const count = segments(columns, of.distinct, rows)
  return count === undefined ? null : rows / count
}

/** Keeps what fills batches, merges where that fills them, drops or chooses otherwise. */
export function segmentAdvice(of: Segmenting): SegmentAdvice {
  const { wanted, merged } = of
  if (wanted.length === 0) return choose(of)
  const before = perSegment(of, wanted, merged)
  const keep = (why: SegmentAdvice['why']): SegmentAdvice => ({
    segment_by: wanted,
    merge_to: null,
    before,
    after: before,
    why,
  })
  if (before === null) return keep('unknown')
  if (before >= FULL) return keep('full')
  if (before >= FEWEST) return keep('thin')
  const merge = mergeFor(of)
  if (merge !== undefined)
    return { segment_by: wanted, merge_to: merge, before, after: perSegment(of, wanted, merge), why: 'merge' }
  if (of.needed) return keep('needed')
  return { segment_by: [], merge_to: null, before, after: (of.rowsPerDay * merged) / DAY, why: 'drop' }
}

/** The narrowest multiple of the interval at which batches are full. */
function mergeFor(of: Segmenting): number | undefined {
  const one = perSegment(of, of.wanted, of.interval)!
  // Below a row a segment there are more values than rows: how many there are in a wider chunk is anybody's guess.
  if (one <= 1) return undefined
  const times = Math.ceil(FULL / one)
  const width = times * of.interval
  return times > 1 && width <= Math.min(of.widest, WIDEST) ? width : undefined
}

/** The finest of the candidates that fills batches. */
function choose(of: Segmenting): SegmentAdvice {
  const rows = (of.rowsPerDay * of.merged) / DAY
  const found = of.candidates
    .filter((column) => (of.distinct[column] ?? 0) > 1)
    .map((column) => ({ column, after: perSegment(of, [column], of.merged)! }))
    .filter(({ after }) => after >= FULL)
    .sort((a, b) => a.after - b.after)[0]
  if (!found) return { segment_by: [], merge_to: null, before: rows, after: rows, why: 'none' }
  return { segment_by: [found.column], merge_to: null, before: rows, after: found.after, why: 'choose' }
}
