// To be replaced by core/indicators/ema.ts once that is there: the same filter, kept small and private to the trend.

/** EMA with k = 2 / (n + 1), seeded with the mean of the first n; null before there are n. */
export function ema(values: readonly number[], n: number): readonly (number | null)[] {
  const [first = 0] = values
  // Around the first value, so that a flat series stays exactly flat.
  let last = first + values.slice(0, n).reduce((sum, value) => sum + (value - first), 0) / n
  return values.map((value, i) => {
    if (i >= n) last += (2 / (n + 1)) * (value - last)
    return i < n - 1 ? null : last
  })
}

/** Bars after the seed until it weighs less than 1e-6. */
export const settling = (n: number): number => Math.ceil(13.8 / -Math.log(1 - 2 / (n + 1)))
