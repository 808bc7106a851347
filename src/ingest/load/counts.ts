// What became of the records of a file. The parts always sum to `rows_read`.

export interface Counts {
  readonly rows_read: number
  readonly inserted: number
  /** The key was there with other values, which were replaced. */
  readonly updated: number
  /** The key was there with the same values. */
  readonly unchanged: number
  /** The key stands in the file once more, and the other record was taken. */
  readonly duplicates: number
  /** The key was there with other values, which were left. */
  readonly skipped: number
  readonly rejected: number
  /** Trades that went into a candle together with others. */
  readonly merged: number
}

/** Of the rows of one batch that were sent. */
export type Fates = Pick<Counts, 'inserted' | 'updated' | 'unchanged' | 'duplicates' | 'skipped'>

export const NONE: Fates = { inserted: 0, updated: 0, unchanged: 0, duplicates: 0, skipped: 0 }
