// What is decided about a file before its first row is converted, as plain data.

import type { TimeRules } from '../values/time-reader.ts'
import type { IdentityField, Target, TargetColumn } from './targets.ts'

export const CONFLICT_MODES = ['skip', 'update', 'newest', 'error'] as const
export type ConflictMode = (typeof CONFLICT_MODES)[number]

export interface PlanFlags {
  readonly table?: string | undefined
  readonly format?: string | undefined
  /** Formats of the user's own, as JSON or a module. */
  readonly formatFile?: string | undefined
  readonly exchange?: string | undefined
  readonly symbol?: string | undefined
  readonly quote?: string | undefined
  readonly timeframe?: string | undefined
  readonly source?: string | undefined
  readonly attribution?: string | undefined
  /** `csv col=column,...`; `#3` is the third field of a file without a header. */
  readonly map?: string | undefined
  /** Columns of the file that are left out on purpose. */
  readonly ignore?: string | undefined
  /** A pattern (`%d/%m/%Y`), or the unit of an epoch: s, ms, us, ns. */
  readonly timeFormat?: string | undefined
  /** Zone of times that carry none. */
  readonly tz?: string | undefined
  /** Whether a bar's time is when it opens or when it closes. */
  readonly stamp?: 'open' | 'close' | undefined
  /** The moment of all rows, for a file that has none. */
  readonly timestamp?: string | undefined
  readonly metric?: string | undefined
  readonly network?: string | undefined
  readonly onConflict?: ConflictMode | undefined
}

export interface PlannedColumn extends TargetColumn {
  /** Position in the file's rows; -1 when its value is `constant`, or null in all rows. */
  readonly field: number
  /** The header's word for it, or `close (#3)`. */
  readonly from: string
  /** The same in all rows: a time in ISO 8601. */
  readonly constant?: string | undefined
  /** The source writes 0 where it does not know. */
  readonly zeroIsNull?: true | undefined
}

export interface IdentityPart {
  readonly part: IdentityField
  readonly field: number
  /** Takes the first group of what it matches: a slug out of a URL. */
  readonly match?: string | undefined
}

/** What is the same for all rows, and the fields that tell what is not. */
export interface Identity {
  readonly fixed: Readonly<Partial<Record<IdentityField, string | undefined>>>
  readonly fields: readonly IdentityPart[]
}

/** How one record becomes a row. A wide table has a view for each of its coins; all views name the same columns. */
export interface View {
  readonly columns: readonly PlannedColumn[]
  readonly identity: Identity
}

/** Trades are gathered into bars: fields of a trade's own values. */
export interface TradeFields {
  readonly time: number
  readonly price: number
  readonly amount: number
}

/** Of records with one key, those whose field matches win over those whose field does not; else the first line does. */
export interface Preference {
  readonly field: number
  readonly pattern: string
  /** `the row with whole milliseconds is the later export`. */
  readonly why: string
}

export interface Plan {
  readonly format: string
  readonly target: Target
  readonly delimiter: string
  readonly bom: number
  /** Records before the first row of data: banner lines and the header. */
  readonly skip: number
  readonly header: readonly string[] | undefined
  /** Fields every row must have. */
  readonly fields: number
  readonly views: readonly View[]
  readonly times: TimeRules
  /** Seconds of a bar when all rows have the same width; undefined for ticks, months and widths told by the rows. */
  readonly step: number | undefined
  /** A text that says the same moment as the epoch: disagreements are counted, the epoch is believed. */
  readonly witness: { readonly field: number; readonly from: string } | undefined
  readonly trades: TradeFields | undefined
  readonly prefer: Preference | undefined
  readonly onConflict: ConflictMode
  readonly source: string
  readonly attribution: string
  /** Fields that say the source row by row, with the one value that all must have. */
  readonly same: readonly { readonly name: string; readonly field: number; readonly value: string }[]
  /** Columns nobody asked for; those of --ignore are not among them. */
  readonly ignored: readonly string[]
  /** What was inferred, and from what: `timeframe 1m: 99 % of the rows are so far apart`. */
  readonly notes: readonly string[]
  /** SHA-256 of how the file is read: the same bytes read otherwise are another import. */
  readonly mappingHash: Buffer
}
