// What will be done to a table to make it a hypertable: the SQL itself, in order, with what each statement costs.
import { identifier, identifiers, literal, writtenName } from '../../db/identifier.ts'
import { formatDuration } from '../../duration.ts'
import { ordered } from '../ddl.ts'
import type { WrittenPolicy } from '../wanted.ts'
import { expectedChunks } from './choices.ts'
import type { Column, Facts, Trigger } from './facts.ts'
import type { Sample } from './sample.ts'
import { isNumber, type Survey } from './survey.ts'

export interface AdoptStep {
  /** `lock`, `read`, `triggers off`, `move`, `compare`, `triggers on`, `columnstore`, `statistics` */
  readonly step: string
  readonly sql: string
  /** The strongest lock on the table: held to the end of the transaction, which is all but `statistics`. */
  readonly lock: string
  readonly rows: number | null
  readonly bytes: number | null
  readonly chunks: number | null
  readonly seconds: number | null
  /** Where the figures are from: `estimate`, `counted`. */
  readonly basis: string | null
}

/** What was chosen, and what it was chosen from. */
export interface Chosen {
  readonly facts: Facts
  readonly time: Column
  readonly seen: Survey
  /** Seconds, or units where times are numbers. */
  readonly interval: number
  readonly segmentBy: readonly string[]
  readonly orderBy: readonly string[]
  /** Why there is to be no columnstore; undefined where there is one. */
  readonly noColumnstore: string | undefined
  readonly sample: Sample | undefined
  /** What the config says of the table already. */
  readonly written: WrittenPolicy | undefined
  /** How it names the table. */
  readonly spelled: string | undefined
}

const EXCLUSIVE = 'AccessExclusiveLock'

/** Rows, ends and a sum over the text of every row: equal before and after, or nothing is kept. */
export const fingerprint = (relation: string, time: Column): string =>
  `select count(*)::text as rows, min(${identifier(time.name)})::text as first, max(${identifier(time.name)})::text as last, ` +
  `sum(hashtextextended((arxdb_row.*)::text, 0)::numeric)::text as checksum from ${relation} as arxdb_row`

/** `relation` becomes a hypertable, its rows moved into chunks. */
export function hypertableSql(
  { facts, time, interval }: Pick<Chosen, 'facts' | 'time' | 'interval'>,
  relation: string,
): string {
  const at = identifier(facts.table.timescaledb ?? 'public')
  const width = isNumber(time) ? `${interval}::bigint` : `interval ${literal(words(interval))}`
  return (
    `select from ${at}.create_hypertable(${literal(relation)}::regclass, ${at}.by_range(${literal(time.name)}, ${width}), ` +
    'create_default_indexes => false, migrate_data => true)'
  )
}

const words = (seconds: number): string =>
  seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${seconds / 3_600} hours`

/** `relation` gets a columnstore; nothing is compressed by this. */
export function columnstoreSql(
  { segmentBy, orderBy }: Pick<Chosen, 'segmentBy' | 'orderBy'>,
  relation: string,
): string {
  const by = segmentBy.length > 0 ? `, timescaledb.segmentby = ${literal(identifiers(segmentBy))}` : ''
  const order = orderBy.map(ordered).join(', ')
  return `alter table ${relation} set (timescaledb.enable_columnstore = true${by}, timescaledb.orderby = ${literal(order)})`
}

/** Chunks copy a table's triggers, and moving rows into them would fire those: measured, BEFORE ones change the rows. */
const dropTrigger = (relation: string, { name }: Trigger): string => `drop trigger ${identifier(name)} on ${relation}`

const makeTrigger = (relation: string, { name, definition, comment }: Trigger): string =>
  [
    definition,
    ...(comment === null ? [] : [`comment on trigger ${identifier(name)} on ${relation} is ${literal(comment)}`]),
  ].join('; ')

/** All statements in order. Everything but the last is one transaction. */
export function stepsOf(chosen: Chosen): readonly AdoptStep[] {
  const { facts, seen, time, interval, sample, noColumnstore } = chosen
  const { sql, table, triggers } = facts
  const basis = seen.counted ? 'counted' : 'estimate'
  const scaled = (seconds: number | undefined) => (seconds === undefined ? null : rounded(seconds * seen.rows))
  const none = { rows: null, bytes: null, chunks: null, seconds: null, basis: null, lock: EXCLUSIVE }
  const read = { ...none, rows: seen.rows, bytes: table.heap_bytes, seconds: scaled(sample?.readSeconds), basis }
  const after =
    sample?.bytesAfter === undefined ? {} : { bytes: Math.round(table.bytes * sample.bytesAfter), basis: 'estimate' }
  return [
    { ...none, step: 'lock', sql: `lock table ${sql} in access exclusive mode` },
    { ...read, step: 'read', sql: fingerprint(sql, time) },
    ...triggers.map((trigger) => ({ ...none, step: 'triggers off', sql: dropTrigger(sql, trigger) })),
    {
      ...read,
      step: 'move',
      sql: hypertableSql(chosen, sql),
      bytes: table.bytes,
      chunks: expectedChunks(seen, interval),
      seconds: scaled(sample?.moveSeconds),
    },
    { ...read, step: 'compare', sql: fingerprint(sql, time) },
    ...triggers.map((trigger) => ({ ...none, step: 'triggers on', sql: makeTrigger(sql, trigger) })),
    ...(noColumnstore === undefined
      ? [{ ...none, ...after, step: 'columnstore', sql: columnstoreSql(chosen, sql) }]
      : []),
    { ...none, step: 'statistics', sql: `analyze ${sql}`, lock: 'ShareUpdateExclusiveLock' },
  ]
}

const rounded = (seconds: number): number => Math.round(seconds * 100) / 100

/** What a config file can hold of a column's name. */
const plainName = (name: string): boolean => !/[\s,]/.test(name)

/** The table's name and policy for arxdb.json; undefined where times are numbers, whose lengths a policy cannot say. */
export function entryOf(chosen: Chosen): { readonly name: string; readonly policy: WrittenPolicy } | undefined {
  const { facts, time, interval, segmentBy, orderBy, noColumnstore, written, spelled } = chosen
  if (isNumber(time)) return undefined
  const chunkInterval = formatDuration(interval * 1000)
  const orders = orderBy.every((order) => plainName(order.replace(/ (asc|desc)$/i, '')))
  const columnstore = {
    ...(segmentBy.length > 0 ? { segmentBy } : {}),
    ...(orders ? { orderBy } : {}),
    compressAfter: written?.compressAfter ?? '7d',
  }
  const never = facts.tier === 'community' ? { compressAfter: 'never' } : {}
  return {
    name: spelled ?? writtenName(facts.table),
    policy: { chunkInterval, ...(noColumnstore === undefined ? columnstore : never) },
  }
}
