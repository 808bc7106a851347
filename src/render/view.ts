// What every renderer is given: the columns asked for, the rows, and what is known of the place it will be read.
import type { Column, Note, Result } from '../core/result.ts'
import { usageError } from '../errors.ts'

export interface RenderOptions {
  readonly isTTY: boolean
  /** Terminal cells; only asked when isTTY. */
  readonly width: number
  readonly color: boolean
  readonly header: boolean
  /** These columns only, in this order. */
  readonly columns?: readonly string[] | undefined
  /** No box drawing, no block characters. */
  readonly ascii?: boolean | undefined
  /** A table stops here and says how many rows are left; 1000 on a terminal unless told otherwise, else no limit. */
  readonly maxRows?: number | undefined
  /** The program and its version, for a format that has a place for it. */
  readonly createdBy?: string | undefined
  /** Told what the format could not do as asked; nobody is told by default. */
  readonly note?: ((text: string) => void) | undefined
}

export interface View {
  readonly columns: readonly Column[]
  readonly rows: readonly object[]
  readonly notes: readonly Note[]
  readonly isTTY: boolean
  readonly width: number
  readonly color: boolean
  readonly header: boolean
  readonly ascii: boolean
  readonly maxRows: number
  readonly createdBy: string
  readonly note: (text: string) => void
}

/** The columns named, in that order; a name that is none of them is a usage error that lists them. */
export function pickColumns(columns: readonly Column[], names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = columns.find((candidate) => candidate.name === name)
    if (column) return column
    throw usageError(`no column "${name}" in this answer`, `--columns ${columns.map((each) => each.name).join(',')}`)
  })
}

const UNLIMITED = Number.POSITIVE_INFINITY
/** Nobody reads more on a screen. */
const TERMINAL_ROWS = 1000

export function viewOf(result: Result<object>, options: RenderOptions): View {
  const { isTTY, color, header, columns: names, ascii = false, maxRows, createdBy = 'arxdb', note = () => {} } = options
  const columns = names ? pickColumns(result.columns, names) : result.columns
  const width = isTTY ? options.width || 80 : UNLIMITED
  const most = maxRows ?? (isTTY ? TERMINAL_ROWS : UNLIMITED)
  const { rows, notes } = result
  return { columns, rows, notes, isTTY, width, color, header, ascii, maxRows: most, createdBy, note }
}

const RIGHT: ReadonlySet<string> = new Set(['decimal', 'float', 'ratio', 'int', 'bytes', 'duration'])

/** Numbers stand on the right, the rest on the left. */
export const alignmentOf = (column: Column): 'left' | 'right' => (RIGHT.has(column.kind) ? 'right' : 'left')
