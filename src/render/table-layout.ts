// How wide each column of a table may be.

/** Space between two columns. */
export const GAP = 2
const LEAST_TEXT = 8

export interface Measured {
  /** Cells the widest of header and values wants. */
  readonly natural: number
  /** Text may be cut; a number cut short would be another number. */
  readonly shrinks: boolean
}

/** What the columns take side by side, nothing cut. */
export const totalWidth = (columns: readonly Measured[]): number =>
  sum(columns.map(({ natural }) => natural)) + GAP * Math.max(0, columns.length - 1)

/** Widths that fit into `room`, taken from the widest text first; undefined when it cannot be done. */
export function fitWidths(columns: readonly Measured[], room: number): readonly number[] | undefined {
  const space = room - GAP * Math.max(0, columns.length - 1)
  const widths = columns.map(({ natural }) => Math.max(1, natural))
  const least = columns.map(({ shrinks }, i) => (shrinks ? Math.min(widths[i]!, LEAST_TEXT) : widths[i]!))
  if (sum(least) > space) return undefined
  let excess = sum(widths) - space
  while (excess > 0) {
    const widest = indexOfWidest(widths, least)
    // Down to the next widest at once: a text of a megabyte must not take a million turns.
    const others = widths.filter((width, i) => i !== widest && width > least[i]!)
    const target = Math.max(least[widest]!, Math.min(widths[widest]! - 1, Math.max(0, ...others)))
    const cut = Math.min(excess, widths[widest]! - target)
    widths[widest]! -= cut
    excess -= cut
  }
  return widths
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

function indexOfWidest(widths: readonly number[], least: readonly number[]): number {
  let found = -1
  for (const [i, width] of widths.entries()) if (width > least[i]! && (found < 0 || width > widths[found]!)) found = i
  return found
}
