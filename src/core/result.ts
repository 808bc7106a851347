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
  /** Small series of numbers, drawn as a sparkline on a terminal. */
  | 'series'

export type Value = string | number | boolean | null | readonly number[]

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

/** The answer to a question. `rows` have a value for every column, null when there is none. */
export interface Result<Row extends object = Record<string, Value>> {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly notes: readonly Note[]
}

export const info = (text: string): Note => ({ level: 'info', text })
export const warn = (text: string): Note => ({ level: 'warn', text })

/** Columns from `name: kind` pairs, in the order written. */
export const columns = (kinds: Readonly<Record<string, ColumnKind>>): readonly Column[] =>
  Object.entries(kinds).map(([name, kind]) => ({ name, kind }))

/** The same, with those that a narrow terminal leaves out first. */
export const echoes = (names: readonly string[], kinds: Readonly<Record<string, ColumnKind>>): readonly Column[] =>
  columns(kinds).map((column) => (names.includes(column.name) ? { ...column, echo: true } : column))

/** The window of an answer, last in its rows. */
export const WINDOW_COLUMNS: readonly Column[] = [
  { name: 'from', kind: 'time', echo: true },
  { name: 'to', kind: 'time', echo: true },
]
