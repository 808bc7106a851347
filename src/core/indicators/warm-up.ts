// How long an indicator remembers the way it began. A recursive average forgets geometrically, never at once.

/** A value is settled when the way its average began counts for e^-13.8 of it, which is a millionth. */
const FORGOTTEN = 13.8

/** Bars read before the window at the least, so that the usual indicators differ from nobody's. */
const LEAST_BARS = 300

/** Steps until an average with smoothing constant k has forgotten its seed: 180 for EMA26, 187 for Wilder's 14. */
export const forgets = (k: number): number => (k >= 1 ? 0 : Math.ceil(FORGOTTEN / -Math.log(1 - k)))

export const emaConstant = (period: number): number => 2 / (period + 1)
export const wilderConstant = (period: number): number => 1 / period

/** Bars to read before the window for an indicator that is settled from index `stableFrom` on. */
export const warmUpBars = (stableFrom: number): number => Math.max(LEAST_BARS, stableFrom)
