// Rows into lines of a given width: pure, so that a test needs no terminal.
import type { Column, Value } from '../../core/result.ts'
import { humanValue, NOTHING } from '../../render/human.ts'
import { displayWidth, padTo, truncate } from '../../render/text.ts'

export interface Laid {
  readonly header: string
  readonly lines: readonly string[]
}

/** No column but the last is wider. */
const WIDEST = 24
/** The last one is worth showing from here on. */
const LEAST_LAST = 16
const GAP = 1

const RIGHT = new Set<Column['kind']>(['int', 'float', 'bytes', 'duration', 'decimal', 'ratio'])

/** Every line is exactly `width` cells. The last column takes what the others leave; those marked `echo` go first. */
export function laid(
  columns: readonly Column[],
  rows: readonly Readonly<Record<string, Value | undefined>>[],
  width: number,
): Laid {
  const cells = rows.map((row) => columns.map(({ name, kind }) => shown(row[name], kind)))
  const natural = columns.map(({ name }, i) =>
    Math.min(WIDEST, Math.max(name.length, ...cells.map((line) => displayWidth(line[i]!)))),
  )
  const last = columns.length - 1
  const taken = (kept: readonly number[]): number =>
    kept.reduce((sum, i) => sum + (i === last ? LEAST_LAST : natural[i]!) + GAP, -GAP)
  let kept = columns.map((_, i) => i)
  // The rightmost echo goes first; then whatever stands before the last column.
  for (const droppable of [(i: number) => columns[i]!.echo === true, (i: number) => i !== last && i !== 0]) {
    while (taken(kept) > width) {
      const gone = kept.findLast(droppable)
      if (gone === undefined) break
      kept = kept.filter((i) => i !== gone)
    }
  }
  const rest = Math.max(1, width - kept.filter((i) => i !== last).reduce((sum, i) => sum + natural[i]! + GAP, 0))
  const line = (texts: readonly string[]): string => {
    const parts = kept.map((i) => {
      const room = i === last ? rest : natural[i]!
      return padTo(truncate(texts[i]!, room), room, i !== last && RIGHT.has(columns[i]!.kind) ? 'right' : 'left')
    })
    return padTo(truncate(parts.join(' '.repeat(GAP)), width), width, 'left')
  }
  return { header: line(columns.map(({ name }) => name)), lines: cells.map(line) }
}

const shown = (value: Value | undefined, kind: Column['kind']): string => {
  const text = humanValue(value ?? null, kind)
  return text === NOTHING ? '' : text
}

/** Which rows are in sight, so that the chosen one is. */
export function inSight(count: number, chosen: number, height: number): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(chosen - Math.floor(height / 2), count - height))
  return { from, to: Math.min(count, from + height) }
}
