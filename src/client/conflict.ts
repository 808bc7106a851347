// Rows that are there already: staged in a temporary table and merged by key. COPY's own ON_ERROR is never used: on a
// hypertable it stores garbage and reports success.
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { identifier, identifiers } from '../db/identifier.ts'
import { unsupportedError, usageError } from '../errors.ts'
import type { BatchOptions } from './batch-options.ts'
import { type Column, chosenColumns, type Relation } from './relation.ts'

export interface ConflictRule {
  readonly action: 'skip' | 'update'
  /** Columns of the unique index that decides. */
  readonly key: readonly Column[]
}

/** What to do about rows that are there already; undefined to fail. Throws where the table cannot do it. */
export function conflictRule(
  into: Relation,
  columns: readonly Column[],
  { onConflict = 'error', conflictColumns }: BatchOptions,
): ConflictRule | undefined {
  if (onConflict === 'error') {
    if (conflictColumns) throw usageError('conflictColumns without onConflict', "add onConflict: 'skip' or 'update'")
    return undefined
  }
  if (onConflict !== 'skip' && onConflict !== 'update') {
    throw usageError(`onConflict cannot be "${onConflict}"`, "one of: 'error', 'skip', 'update'")
  }
  if (into.isView) {
    throw unsupportedError(
      `${into.sql} is a view: PostgreSQL has no on conflict there`,
      'insert into the table behind it, for example arxdb.candles',
    )
  }
  const names = conflictColumns ?? into.key
  if (names.length === 0) {
    throw usageError(`${into.sql} has no primary key`, 'name the columns of a unique index with conflictColumns')
  }
  const key = chosenColumns(into, names)
  const absent = key.find((k) => !columns.includes(k))
  if (absent && onConflict === 'update') throw usageError(`the rows lack "${absent.name}" of the key they update by`)
  return { action: onConflict, key }
}

interface Merge {
  readonly into: Relation
  readonly stage: string
  readonly columns: readonly Column[]
  readonly key: readonly Column[]
}

const names = (columns: readonly Column[]): string => identifiers(columns.map((c) => c.name))

const insertFrom = ({ into, columns }: Merge, source: string): string =>
  `insert into ${into.sql} as t (${names(columns)}) ${source} on conflict`

/** The rows as they arrived, for the first of equal keys to win. ctid is arrival: nothing else writes to the stage. */
const inOrder = ({ columns, stage }: Merge): string => `select ${names(columns)} from ${stage} order by ctid`

/** Keys with a null in them equal no other key, as a unique index sees them: nothing decides between such rows. */
const hasNull = (key: readonly Column[]): string | undefined => {
  const nullable = key.filter((k) => k.nullable).map((k) => `${identifier(k.name)} is null`)
  return nullable.length > 0 ? `(${nullable.join(' or ')})` : undefined
}

/** The last row of each key; `existing` leaves out those that nothing existing can equal. */
function lastOfEach({ columns, key, stage }: Merge, existing: boolean): string {
  const alone = hasNull(key)
  const by = alone ? `${names(key)}, case when ${alone} then ctid end` : names(key)
  const where = existing && alone ? `where not ${alone}` : ''
  return `select distinct on (${by}) ${names(columns)} from ${stage} ${where} order by ${by}, ctid desc`
}

function updateClause({ columns, key }: Merge): string | undefined {
  const changed = columns.filter((c) => !key.includes(c))
  if (changed.length === 0) return undefined
  const side = (alias: string): string =>
    changed.map((c) => `${alias}.${identifier(c.name)}${c.comparable ? '' : '::text'}`).join(', ')
  const set = changed.map((c) => `${identifier(c.name)} = excluded.${identifier(c.name)}`).join(', ')
  return `do update set ${set} where row(${side('t')}) is distinct from row(${side('excluded')})`
}

const run = async (client: pg.ClientBase, sql: string): Promise<number> => (await client.query(sql)).rowCount ?? 0

/**
 * Fills a temporary table by `fill` and merges it. Two statements for an update: the first counts what is new, the
 * second what differs (xmax would tell them apart in one, but partitioned tables refuse it in RETURNING).
 */
export async function mergeStaged(
  client: pg.ClientBase,
  into: Relation,
  columns: readonly Column[],
  { action, key }: ConflictRule,
  fill: (stage: string) => Promise<number>,
): Promise<{ inserted: number; updated: number }> {
  const stage = `pg_temp.${identifier(`arxdb_${randomBytes(6).toString('hex')}`)}`
  const merge = { into, stage, columns, key }
  await client.query(
    `create temporary table ${stage} on commit drop as select ${names(columns)} from ${into.sql} with no data`,
  )
  await fill(stage)
  const target = `(${names(key)})`
  if (action === 'skip') {
    return { inserted: await run(client, `${insertFrom(merge, inOrder(merge))} ${target} do nothing`), updated: 0 }
  }
  const inserted = await run(client, `${insertFrom(merge, lastOfEach(merge, false))} ${target} do nothing`)
  const update = updateClause(merge)
  const updated = update ? await run(client, `${insertFrom(merge, lastOfEach(merge, true))} ${target} ${update}`) : 0
  return { inserted, updated }
}
