// A small series of numbers in one line of eight heights.

const BLOCKS = '▁▂▃▄▅▆▇█'
const ASCII_LEVELS = '_.-~=+*#'
const WIDEST = 24

/** Lowest value low, highest high, flat in the middle; longer than 24 values are averaged into 24. */
export function sparkline(values: readonly (number | null)[], ascii = false): string {
  const levels = ascii ? ASCII_LEVELS : BLOCKS
  const points = values.length > WIDEST ? averaged(values) : values.map(finite)
  const known = points.filter((point) => point !== undefined)
  const low = Math.min(...known)
  const span = Math.max(...known) - low
  const level = (point: number) => (span > 0 ? Math.round(((point - low) / span) * (levels.length - 1)) : 3)
  return points.map((point) => (point === undefined ? ' ' : levels[level(point)])).join('')
}

const finite = (value: number | null | undefined) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

function averaged(values: readonly (number | null)[]): readonly (number | undefined)[] {
  return Array.from({ length: WIDEST }, (_, i) => {
    const from = Math.floor((i * values.length) / WIDEST)
    const to = Math.floor(((i + 1) * values.length) / WIDEST)
    const known = values
      .slice(from, to)
      .map(finite)
      .filter((value) => value !== undefined)
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length
  })
}
