// What a question answers with: columns that say what they hold, rows, and remarks for the human.

/** What a column holds; renderers choose alignment, units and precision from it, never from the value. */
export type ColumnKind =
  | 'text'
  /** Exact decimal, carried as a string so that no digit is lost. */
  | 'decimal'
  /** A statistic: float8, a JSON number. */
  | 'float'
  /** A share between 0 and 1; shown as a percentage on a terminal only. */
  | 'ratio'
  | 'int'
  | 'bytes'
  | 'bool'
  /** UTC instant, ISO 8601 string. */
  | 'time'
  /** Seconds, a JSON number. */
  | 'duration'
  /** Small series of numbers, drawn as a sparkline on a terminal; null where there is none. */
  | 'series'

export type Value = string | number | boolean | null | readonly (number | null)[]

export interface Column {
  readonly name: string
  readonly kind: ColumnKind
  /** Repeats what can be read elsewhere: a terminal too narrow for all leaves it out first. */
  readonly echo?: boolean
}

export interface Note {
  /** `warn` is thin evidence or a surprise; `info` is an echo such as the resolved range. */
  readonly level: 'info' | 'warn'
  readonly text: string
}

/** One drawing among those above each other that share the axis below. */
export type Pane =
  /** Columns open, high, low, close, and volume where there is one. */
  | { readonly kind: 'candles'; readonly lines?: readonly string[] }
  /** Columns drawn as lines over time; `levels` are horizontal marks (RSI's 30 and 70). */
  | { readonly kind: 'lines'; readonly columns: readonly string[]; readonly levels?: readonly number[] }
  /** A column drawn as bars up and down from zero (MACD's histogram). */
  | { readonly kind: 'histogram'; readonly column: string }

/** How an answer is drawn by --chart: over time, or as one horizontal bar a row. */
export type Chart =
  | {
      readonly kind: 'series'
      /** The column of time. */
      readonly x: string
      /** Columns that tell one series from another: exchange_id, quote. The first series is drawn. */
      readonly by: readonly string[]
      readonly panes: readonly Pane[]
    }
  | {
      readonly kind: 'bars'
      /** Columns that name a row. */
      readonly label: readonly string[]
      readonly value: string
    }

/** The answer to a question. `rows` have a value for every column, null when there is none. */
export interface Result<Row extends object = Record<string, Value>> {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly notes: readonly Note[]
  readonly chart?: Chart | undefined
  /** The answer as a person reads it on a terminal, where no format was asked for: long lines are folded. */
  readonly lines?: readonly string[] | undefined
  /** The answer as monitoring programs want it, by format: text with its final newline. */
  readonly texts?: Readonly<Record<string, () => Promise<string>>> | undefined
}

export const info = (text: string): Note => ({ level: 'info', text })
export const warn = (text: string): Note => ({ level: 'warn', text })

/** Columns from `name: kind` pairs, in the order written. */
export const columns = (kinds: Readonly<Record<string, ColumnKind>>): readonly Column[] =>
  Object.entries(kinds).map(([name, kind]) => ({ name, kind }))

/** The same, with those that a narrow terminal leaves out first. */
export const echoes = (names: readonly string[], kinds: Readonly<Record<string, ColumnKind>>): readonly Column[] =>
  columns(kinds).map((column) => (names.includes(column.name) ? { ...column, echo: true } : column))

/** The same answer with what was said before it, in front. */
export const after = <Row extends object>(notes: readonly Note[], result: Result<Row>): Result<Row> => ({
  ...result,
  notes: [...notes, ...result.notes],
})

/** The window of an answer, last in its rows. */
export const WINDOW_COLUMNS: readonly Column[] = [
  { name: 'from', kind: 'time', echo: true },
  { name: 'to', kind: 'time', echo: true },
]
