// The time-weighted average of any numeric column of any table with a time column.
import type pg from 'pg'
import { identifier } from '../db/identifier.ts'
import { usageError } from '../errors.ts'
import { statement } from '../statements/load.ts'
import type { Instant, TimeWeightedOptions, TimeWeightedRow } from './api.ts'
import { ANY_SERVER, type Column, chosenColumns, relation } from './relation.ts'
import { instant } from './time-range.ts'

/** The statement's own source; the caller's table stands in for it. */
const SOURCE = 'select timestamp as at, price as value, array[market_id::text] as series from arxdb.prices'

const at = (column: Column): string =>
  column.type === 'timestamp with time zone'
    ? identifier(column.name)
    : `(${identifier(column.name)}::timestamp at time zone 'UTC')`

/**
 * Last observation carried forward, integrated over each bucket and divided by the time that was covered. The value
 * before `from` counts from `from`; of several values at one moment the highest holds. Buckets lie on the grid of
 * 2000-01-03 (a Monday) in UTC; `interval` is of fixed length: hours, days, weeks, no months.
 */
export async function timeWeightedAverage(
  client: pg.ClientBase,
  table: string,
  valueColumn: string,
  timeColumn: string,
  interval: string,
  { from, to, staleness = '5 minutes', by = [] }: TimeWeightedOptions = {},
): Promise<readonly TimeWeightedRow[]> {
  const source = await relation(client, table)
  const keys = typeof by === 'string' ? [by] : by
  const [value, time, ...series] = chosenColumns(source, [valueColumn, timeColumn, ...keys])
  const { text } = statement('client/time-weighted-average', ANY_SERVER)
  if (!text.includes(SOURCE)) throw usageError('sql/client/time-weighted-average.sql is not the one of this version')
  const key = series.map((c) => `${identifier(c.name)}::text`).join(', ')
  const own = `select ${at(time!)} as at, ${identifier(value!.name)}::numeric as value, array[${key}]::text[] as series from ${source.sql}`
  const { rows } = await client.query(
    text.replace(SOURCE, () => own),
    [interval, ...(await ends(client, source.sql, at(time!), { from, to })), staleness],
  )
  return (rows as (Omit<TimeWeightedRow, 'by'> & { series: (string | null)[] })[]).map(({ series, ...row }) =>
    keys.length === 0 ? row : { ...row, by: Object.fromEntries(keys.map((name, i) => [name, series[i] ?? null])) },
  )
}

/** Both ends as they were given, else the table's own: from its first time to just after its last. */
async function ends(
  client: pg.ClientBase,
  source: string,
  time: string,
  { from, to }: { readonly from: Instant | undefined; readonly to: Instant | undefined },
): Promise<readonly [string, string]> {
  if (from !== undefined && to !== undefined) return [instant(from), instant(to)]
  const { rows } = await client.query(
    `select min(${time}) as first, max(${time}) + interval '1 microsecond' as after from ${source}`,
  )
  // An empty table has no ends; any will do, as there is nothing between them.
  const { first, after } = rows[0] as { first: string | null; after: string | null }
  return [
    from === undefined ? (first ?? '2000-01-03T00:00:00Z') : instant(from),
    to === undefined ? (after ?? '2000-01-03T00:00:01Z') : instant(to),
  ]
}
