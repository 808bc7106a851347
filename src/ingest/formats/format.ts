// A vendor's file shape as data that JSON can hold: how it is recognised, and where its columns go.
import type { Table } from '../plan/targets.ts'

/**
 * Names of `columns` are a table's columns, parts of a market's identity, `source`, `attribution`, and three that say
 * how a row is made: `value` (of the metric asked for), `amount` and `price` (of a trade). Others only help to recognise.
 */
export interface Format {
  readonly name: string
  /** For people: `Kraken OHLCVT archive`. */
  readonly title: string
  readonly table: Table | 'transactions'
  /** Never recognised by itself: its rows look like another format's. Asked for by --format. */
  readonly onRequest?: boolean
  /** --map may give any of its columns; other formats must be recognised without that. */
  readonly general?: boolean
  /** Files without a header: the number of fields. */
  readonly fields?: number
  /** Patterns that the first fields of the first rows match; where others have as many fields. */
  readonly looks?: readonly string[]
  /** Files with a header: the columns it must have, by the names of `columns`; `a|b` is either. */
  readonly needs?: readonly string[]
  /** Columns, by the names of `columns`, that no such file has. */
  readonly lacks?: readonly string[]
  /**
   * Where the file has it: header names in lower case, best first, blanks and underscores alike; `{base}` and `{quote}`
   * stand for the market's own. Or the position in a file without a header.
   */
  readonly columns: Readonly<Record<string, readonly string[] | number>>
  /** Header names of a wide table: the first group is the coin, the second the column. */
  readonly wide?: string
  readonly exchange?: string
  readonly quote?: string
  readonly timeframe?: string
  /** Who made the data, where neither the file nor a flag says: default the exchange. */
  readonly source?: string
  readonly attribution?: string
  /** Columns in which the vendor writes 0 where it does not know. */
  readonly zeroIsNull?: readonly string[]
  /** Of two rows for one moment the one whose column matches is the better. */
  readonly prefer?: { readonly column: string; readonly pattern: string; readonly why: string }
  /** Its rows are trades, which become candles. */
  readonly trades?: boolean
  /** Part of the identity to a pattern whose first group is the part. */
  readonly match?: Readonly<Record<string, string>>
  /** What the column `value` can hold: the columns --metric may name. */
  readonly metrics?: readonly string[]
  /** A file's name, without its ending, to the metric it holds. */
  readonly metricNames?: Readonly<Record<string, string>>
  /** Recognised only to be refused. */
  readonly refuse?: { readonly why: string; readonly try: string }
  /** What is known to be wrong with such files. */
  readonly caution?: string
  /** Says it only where the times are texts. */
  readonly textCaution?: string
  /** Patterns of its texts, `%m/%d/%Y`: known, where a date alone would not tell. */
  readonly timePatterns?: readonly string[]
}
