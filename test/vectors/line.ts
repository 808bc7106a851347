// One line of the table of agreement: a figure, whose numbers it was held against, and how far apart they were at most.

export interface Line {
  readonly figure: string
  readonly source: string
  /** Values compared. */
  readonly n: number
  /** Largest difference; NaN counts as disagreement. */
  readonly max: number
  readonly tolerance: number
  /** Why the figures cannot agree, or were not compared; then nothing was. */
  readonly apart?: string
}

type Values = readonly (number | null | undefined)[]

/**
 * Compares value by value. Where one side has a number and the other none, they differ by infinity: an indicator that
 * begins too early or too late disagrees.
 */
export function compared(figure: string, source: string, ours: Values, theirs: Values, tolerance = 1e-9): Line {
  if (ours.length !== theirs.length) throw new Error(`${figure}: ${ours.length} values beside ${theirs.length}`)
  const differences = theirs.flatMap((their, i) => {
    const our = ours[i] ?? null
    if (our === null && (their ?? null) === null) return []
    return [our === null || (their ?? null) === null ? Number.POSITIVE_INFINITY : Math.abs(our - their!)]
  })
  const max = differences.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), 0)
  return { figure, source, n: differences.length, max, tolerance }
}

/** A source whose definition is another one. */
export const apart = (figure: string, source: string, why: string): Line => ({
  figure,
  source,
  n: 0,
  max: Number.NaN,
  tolerance: 0,
  apart: why,
})

/** A comparison of nothing proves nothing. */
export const agrees = (line: Line): boolean => line.apart !== undefined || (line.n > 0 && line.max <= line.tolerance)

/** The table as text. */
export function table(lines: readonly Line[]): string {
  const cells = lines.map((line) =>
    line.apart === undefined
      ? [
          line.figure,
          line.source,
          `${line.n}`,
          line.max.toExponential(1),
          `${line.tolerance}`,
          agrees(line) ? 'ok' : 'NO',
        ]
      : [line.figure, line.source, '-', '-', '-', `not compared: ${line.apart}`],
  )
  const all = [['figure', 'source', 'n', 'max |diff|', 'tolerance', 'ok'], ...cells]
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...all.map((row) => row[i]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
