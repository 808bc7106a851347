/** A record that cannot be loaded: why, and in which column. */
export class BadRow extends Error {
  readonly column: string | undefined
  /** SQLSTATE, or the name of what it fails: `not-a-number`, `candles_bounds`. */
  readonly code: string
  /** What to do about it, when that is not plain. */
  readonly advice: string | undefined
  constructor(message: string, code: string, column?: string, advice?: string) {
    super(message)
    this.code = code
    this.column = column
    this.advice = advice
  }
}
