// Where other programs' indicators differ from arxdb's: in how they begin, and in what a flat market's RSI is.

/** Whose beginnings and edge cases to follow. All agree once an indicator has forgotten how it began. */
export const COMPATS = ['talib', 'tradingview', 'stockcharts'] as const
export type Compat = (typeof COMPATS)[number]

export interface Convention {
  /** An EMA begins with the mean of its first n values, or with its first value. */
  readonly emaSeed: 'mean' | 'first'
  /** MACD's fast EMA begins at the bar where the slow one does, not at its own. */
  readonly macdTogether: boolean
  /** RSI where nothing has moved yet: 0 / 0. */
  readonly flatRsi: number | null
  /** The first bar's high - low counts as a true range, though there is no close before it. */
  readonly firstRange: boolean
}

/** arxdb's own: every EMA begins with a mean at its own bar, 0 / 0 is no number, no true range without a close before. */
const OWN: Convention = { emaSeed: 'mean', macdTogether: false, flatRsi: null, firstRange: false }

const CONVENTIONS: Readonly<Record<Compat, Convention>> = {
  /** TA-Lib's MACD function, not MACDFIX (which has smoothing constants of its own); flat RSI as in its source. */
  talib: { ...OWN, macdTogether: true, flatRsi: 0 },
  /**
   * As the Pine manual writes ta.ema, ta.rma and ta.atr out: EMA from the first value (pandas: ewm(adjust=False)), Wilder's
   * average from a mean. Known from that text alone: no chart of theirs was compared, and the flat RSI is the
   * one thing here that rests on hearsay.
   */
  tradingview: { ...OWN, emaSeed: 'first', flatRsi: 100, firstRange: true },
  /** As ChartSchool's articles work their examples: means throughout, high - low as the first true range. */
  stockcharts: { ...OWN, flatRsi: 100, firstRange: true },
}

export const conventionOf = (compat: Compat | undefined): Convention =>
  compat === undefined ? OWN : CONVENTIONS[compat]
