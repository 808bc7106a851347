// The command line on one database, what goes into it and what comes out.
import type pg from 'pg'
import type { Quotes } from './sources.ts'

export type Row = Readonly<Record<string, string | number | boolean | null>>

/** The command line on one database. */
export interface Shell {
  /** The rows of the answer as JSON; throws with what was said when the command fails. */
  ask(...argv: readonly string[]): Promise<readonly Row[]>
  load(name: string, text: string): Promise<void>
  readonly client: pg.Client
}

/** Daily bars under arxdb's own header. */
export function barsOf({ date, open, high, low, close, volume }: Quotes, symbol: string, exchange: string): string {
  const header =
    'coin_id,symbol,exchange_id,timestamp,open_price,high_price,low_price,close_price,volume,timeframe,source,attribution,quote'
  const rows = date.map((day, i) =>
    [
      ...[symbol.toLowerCase(), symbol, exchange, `${day}T00:00:00Z`],
      ...[open[i], high[i], low[i], close[i], volume[i], '1d', 'test', '', 'USD'],
    ].join(','),
  )
  return `${[header, ...rows].join('\n')}\n`
}

export const column = (rows: readonly Row[], name: string): readonly (number | null)[] =>
  rows.map((row) => (row[name] === null || row[name] === undefined ? null : Number(row[name])))
