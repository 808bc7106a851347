// A vendor's file shape as data: how it is recognised, and where its columns go.
import type { Table } from '../targets.ts'

export interface Format {
  readonly name: string
  readonly table: Table
  /** Never recognised by itself: its rows look like another format's. Asked for by --format. */
  readonly onRequest?: true
  /** Files without a header: the number of fields. */
  readonly fields?: number
  /** Files with a header: the columns it must have, by the names of `columns`. */
  readonly needs?: readonly string[]
  /**
   * Target column, or part of the market's identity, to where the file has it: header names in lower case, best first,
   * or the position in a file without a header.
   */
  readonly columns: Readonly<Record<string, readonly string[] | number>>
  readonly exchange?: string
  readonly quote?: string
  readonly timeframe?: string
  /** Who made the data, where neither the file nor a flag says: default the exchange. */
  readonly source?: string
  readonly attribution?: string
}
