// What all indicators take and give: arrays along the bars, one value a bar.

/** One value a bar; null before the first. */
export type Series = readonly (number | null)[]

/** Prices of consecutive bars, oldest first. */
export interface Bars {
  readonly high: readonly number[]
  readonly low: readonly number[]
  readonly close: readonly number[]
}

/** The value of b at each bar taken from that of a; null where either is. */
export const minus = (a: Series, b: Series): Series =>
  a.map((value, i) => {
    const other = b[i] ?? null
    return value === null || other === null ? null : value - other
  })

/** Runs `step` along the values from the first that is there; what comes before stays null. */
export function along(values: Series, step: (value: number) => number | null): Series {
  return values.map((value) => (value === null ? null : step(value)))
}
