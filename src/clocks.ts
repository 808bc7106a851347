/** Clocks of two hosts differ by less. */
export const CLOCKS_APART_MS = 3_600_000
