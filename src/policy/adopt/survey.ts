// What the rows of a table are like: how many, over which time. Exact for a small table, estimated for a large one, so
// that a plan never reads it whole.

import { identifier } from '../../db/identifier.ts'
import type { SessionLimits } from '../../db/session.ts'
import { inTransaction } from '../../db/session.ts'
import { sqlState } from '../../db/sqlstate.ts'
import type { StorageSession } from '../../storage/session.ts'
import type { Column, Facts } from './facts.ts'

/** Read whole in about a second. */
const SMALL_BYTES = 256 * 1024 * 1024
/** Blocks that a large table's range is looked up in. */
const SAMPLED_BLOCKS = 2_000
/** Rows from which distinct values are counted where the server has no statistics. */
const SAMPLED_ROWS = 20_000

export interface Survey {
  readonly rows: number
  /** `rows` were counted. */
  readonly counted: boolean
  /** Seconds since 1970, or the number itself where times are numbers; null without rows. */
  readonly from: number | null
  readonly to: number | null
  /** The range was read from an index or from all rows. */
  readonly ranged: boolean
  /** Rows without a time; undefined where it would have taken too long to look. */
  readonly nulls: number | undefined
  /** Rows at infinity, as far as the range tells. */
  readonly infinite: boolean
  /** Distinct values of the key's columns, by name. */
  readonly distinct: Readonly<Record<string, number>>
}

export interface Asking {
  readonly session: StorageSession
  readonly limits: SessionLimits
  readonly signal: AbortSignal | undefined
}

/** Rows that a policy hides would be missed in silence: with this the server refuses such a query. */
export const ALL_ROWS = 'set local row_security = off'

/** One row of a composed statement. */
function askRow<Row>({ session, limits, signal }: Asking, text: string): Promise<Row> {
  const { client, connection } = session
  return inTransaction({ client, connection, limits, signal }, async (c) => {
    await c.query(ALL_ROWS)
    return (await c.query(text)).rows[0] as Row
  })
}

export const isNumber = ({ type }: Column): boolean => ['bigint', 'integer', 'smallint'].includes(type)

/** SQL of a time as a number. */
const asNumber = (column: Column, what: string): string =>
  isNumber(column) ? `(${what})::float8` : `extract(epoch from (${what})::timestamp)::float8`

/** Looks at `facts.table` by its time column; whole where it has no more than `smallBytes`. Locks: AccessShareLock. */
export async function survey(
  asking: Asking,
  facts: Facts,
  time: Column,
  smallBytes: number = SMALL_BYTES,
): Promise<Survey> {
  const look = facts.table.heap_bytes <= smallBytes ? whole : roughly
  const counts = await look(asking, facts, time)
  return { ...counts, distinct: await distinctValues(asking, facts, counts.rows) }
}

type Counts = Omit<Survey, 'distinct'>

async function whole(asking: Asking, { sql }: Facts, time: Column): Promise<Counts> {
  const name = identifier(time.name)
  const finite = isNumber(time) ? `${name} is not null` : `isfinite(${name})`
  const row = await askRow<{
    rows: number
    nulls: number
    infinite: number
    lower: number | null
    upper: number | null
  }>(
    asking,
    `select count(*) as rows, count(*) filter (where ${name} is null) as nulls,
       count(*) filter (where not (${finite})) as infinite,
       ${asNumber(time, `min(${name}) filter (where ${finite})`)} as lower,
       ${asNumber(time, `max(${name}) filter (where ${finite})`)} as upper from ${sql}`,
  )
  const { rows, nulls, lower, upper } = row
  return { rows, counted: true, from: lower, to: upper, ranged: true, nulls, infinite: row.infinite > nulls }
}

async function roughly(asking: Asking, facts: Facts, time: Column): Promise<Counts> {
  const { sql, table } = facts
  const name = identifier(time.name)
  const plan = await askRow<{ 'QUERY PLAN': readonly { Plan: { 'Plan Rows': number } }[] }>(
    asking,
    `explain (format json) select from ${sql}`,
  )
  const ranged = facts.indexes.some(({ whole, columns }) => whole && columns[0] === time.name)
  const share = Math.min(100, (SAMPLED_BLOCKS / (table.heap_bytes / table.block_bytes)) * 100)
  const from = ranged ? sql : `${sql} tablesample system (${share.toFixed(6)})`
  const { lower, upper } = await askRow<{ lower: number | null; upper: number | null }>(
    asking,
    `select ${asNumber(time, `min(${name})`)} as lower, ${asNumber(time, `max(${name})`)} as upper from ${from}`,
  )
  const rows = plan['QUERY PLAN'][0]!.Plan['Plan Rows']
  // Infinity is no number on the wire either.
  const infinite = ranged && rows > 0 && (lower === null || upper === null)
  return { rows, counted: false, from: lower, to: upper, ranged, nulls: await nulls(asking, facts, time), infinite }
}

/** Counts up to a thousand, for as long as a statement may take. */
async function nulls(asking: Asking, { sql }: Facts, time: Column): Promise<number | undefined> {
  if (!time.nullable) return 0
  const some = `select from ${sql} where ${identifier(time.name)} is null limit 1001`
  try {
    return (await askRow<{ n: number }>(asking, `select count(*) as n from (${some}) as without_time`)).n
  } catch (error) {
    if (sqlState(error) === '57014' && !asking.signal?.aborted) return undefined
    throw error
  }
}

/** Of the columns of unique indexes: by the server's statistics, else from some rows. */
async function distinctValues(asking: Asking, facts: Facts, rows: number): Promise<Record<string, number>> {
  const inKeys = new Set(facts.indexes.filter((one) => one.is_unique && one.whole).flatMap(({ columns }) => columns))
  const keys = facts.columns.filter(({ name }) => inKeys.has(name))
  const known = keys.filter(({ distinct_values }) => distinct_values !== null)
  const distinct = Object.fromEntries(
    known.map(({ name, distinct_values: n }) => [name, n! < 0 ? Math.round(-n! * rows) : n!]),
  )
  const others = keys.filter((column) => !known.includes(column))
  if (others.length === 0) return distinct
  const counts = others.map(({ name }, i) => `count(distinct ${identifier(name)}) as c${i}`).join(', ')
  const names = others.map(({ name }) => identifier(name)).join(', ')
  const row = await askRow<Record<string, number>>(
    asking,
    `select ${counts} from (select ${names} from ${facts.sql} limit ${SAMPLED_ROWS}) as newest`,
  )
  return { ...distinct, ...Object.fromEntries(others.map(({ name }, i) => [name, row[`c${i}`]!])) }
}
