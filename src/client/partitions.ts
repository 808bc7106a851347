// Facts of the plain tier are partitioned by time, and a partition is made before rows need it.
import { sqlState } from '../db/sqlstate.ts'
import { ArxError } from '../errors.ts'
import { type Database, transaction } from './database.ts'
import { valueText } from './encode.ts'
import type { Relation } from './relation.ts'
import type { Row } from './rows.ts'

const PARTITIONED_FACTS = new Set(['prices', 'candles', 'analytics'])

/** The server found no partition for a row. Its message is localised; that it names no constraint is not. */
export function needsPartition(error: unknown, { table }: Relation): boolean {
  if (table.schema !== 'arxdb' || !PARTITIONED_FACTS.has(table.name) || sqlState(error) !== '23514') return false
  const driver = error instanceof ArxError ? error.cause : error
  return (driver as { constraint?: string }).constraint === undefined
}

/** Makes the partitions the rows need, in a transaction of its own: an ATTACH's lock must not wait for a load. */
export async function makePartitions(db: Database, { table }: Relation, rows: readonly Row[]): Promise<void> {
  const times = [...new Set(rows.map((row) => valueText(row.timestamp, 'scalar')))]
  await transaction(db, {}, (client) =>
    client.query(
      `select arxdb.ensure_partitions($1::text, day, day + interval '1 day')
       from (select distinct date_trunc('day', at) as day from unnest($2::timestamptz[]) as at order by 1) as days`,
      [table.name, times],
    ),
  )
}
