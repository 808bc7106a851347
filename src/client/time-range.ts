// Rows of a time range, from any table.
import type pg from 'pg'
import { timeRange } from '../db/compose.ts'
import { usageError } from '../errors.ts'
import type { Instant, TimeRangeOptions } from './api.ts'
import { instantText } from './encode.ts'
import { chosenColumns, relation, timeColumnOf } from './relation.ts'

export const instant = (value: Instant): string => (value instanceof Date ? instantText(value) : value)

const isNames = (options: object): options is readonly string[] => Array.isArray(options)

/** Rows with `from` <= time < `to`, by time. Numeric columns come as strings, times as ISO 8601 in UTC. */
export async function queryTimeRange<Row extends object>(
  client: pg.ClientBase,
  table: string,
  from: Instant,
  to: Instant,
  options: TimeRangeOptions | readonly string[] = {},
): Promise<readonly Row[]> {
  const {
    columns,
    timeColumn,
    limit,
    order = 'asc',
  }: TimeRangeOptions = isNames(options) ? { columns: options } : options
  if (order !== 'asc' && order !== 'desc') throw usageError(`order cannot be "${order}"`, "'asc' or 'desc'")
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) throw usageError('limit is not a whole number')
  const source = await relation(client, table)
  chosenColumns(source, [...(columns ?? []), ...(timeColumn === undefined ? [] : [timeColumn])])
  const { text, values } = timeRange({
    table: source.table,
    timeColumn: timeColumn ?? timeColumnOf(source),
    from: instant(from),
    to: instant(to),
    columns,
    limit,
    order,
  })
  return (await client.query(text, [...values])).rows as Row[]
}
