// Progress on stderr: a bar on a terminal, plain lines in a log, events for a program, nothing with --quiet.
export interface ProgressState {
  readonly done: number
  /** Absent while unknown. */
  readonly total?: number | undefined
  readonly unit: 'bytes' | 'rows' | 'steps'
  /** Said beside the bar: `1,091,782 rows, 3 rejected`. */
  readonly text?: string | undefined
}

export interface Progress {
  update(state: ProgressState): void
  /** A line that stays, above the bar. */
  line(text: string): void
  /** Removes the bar; leaves `text` when given. */
  stop(text?: string): void
}
