// What of a load is worth a word although it stopped nothing.
import { count } from '../wording.ts'
import type { Counts } from './load/counts.ts'
import type { Plan } from './plan/plan.ts'
import type { CourseReport } from './rows/course.ts'
import type { Rewriter } from './rows/rewriter.ts'
import { isoTime } from './values/times.ts'

interface Ended {
  readonly plan: Plan
  readonly counts: Counts
  readonly course: CourseReport | undefined
  readonly rewriter: Pick<Rewriter, 'outliers' | 'disagreements'>
  readonly path: string | undefined
}

const SHOWN = 3

export interface Remarks {
  readonly notes: readonly string[]
  /** What may need a correction. */
  readonly warnings: readonly string[]
}

export const remarks = (ended: Ended): Remarks => ({
  notes: [...ofCounts(ended), ...ofCourse(ended), ...ended.plan.notes],
  warnings: [...ofRejects(ended), ...ofTimes(ended), ...ofOutliers(ended)],
})

function ofRejects({ counts: { rejected, rows_read: read }, path }: Ended): string[] {
  if (rejected === 0) return []
  return [`${count(rejected, 'row')} of ${read.toLocaleString('en-US')} rejected: see ${path ?? 'the rejects file'}`]
}

function ofCounts({ plan, counts }: Ended): string[] {
  const { rows_read: read, duplicates, skipped, merged } = counts
  const notes = read === 0 ? ['the file holds no rows'] : []
  if (duplicates > 0) {
    const rule = plan.prefer ? `${plan.prefer.why}, else the first line counts` : 'the first line counts'
    notes.push(`${count(duplicates, 'row')} with a key that stands in the file before: ${rule}`)
  }
  if (skipped > 0)
    notes.push(
      `${count(skipped, 'row')} there already with other values, which were kept: --on-conflict update replaces them`,
    )
  if (merged > 0) notes.push('the first and the last bar hold only those of their trades that the file has')
  const { ignored, target, views } = plan
  if (ignored.length > 0) notes.push(`columns not used: ${ignored.join(', ')}`)
  if (target.table === 'ohlcv' && !views[0]!.columns.some((column) => column.name === 'volume'))
    notes.push('it has no base volume')
  return notes
}

function ofCourse({ course, plan }: Ended): string[] {
  if (!course) return []
  const notes: string[] = []
  if (course.breaks > 0) notes.push(`rows are out of order: ${count(course.breaks, 'step')} against the others`)
  const { longest, missing, gaps } = course
  if (missing !== null && missing > 0) {
    const where = longest
      ? `, the longest of ${Math.round(longest.seconds / (plan.step ?? 1)) - 1} after ${isoTime(longest.at)}`
      : ''
    notes.push(`${count(missing, 'bar')} of the width missing in ${count(gaps ?? 0, 'gap')}${where}`)
  }
  return notes
}

function ofTimes({ rewriter, plan }: Ended): string[] {
  const { rows, line } = rewriter.disagreements
  const times = plan.witness
  return rows === 0 || !times
    ? []
    : [
        `${count(rows, 'row')} with another moment in column ${times.from} than in the epoch (first in line ${line}): the epoch was taken`,
      ]
}

function ofOutliers({ course, rewriter }: Ended): string[] {
  if (!course || course.outliers === 0) return []
  const shown = rewriter.outliers
    .slice(0, SHOWN)
    .map(({ line, column, at }) => `line ${line} (${column}, ${isoTime(at)})`)
  const rest = course.outliers > SHOWN ? ` and ${course.outliers - SHOWN} more` : ''
  return [`${count(course.outliers, 'price')} more than three times off the neighbours: ${shown.join(', ')}${rest}`]
}
