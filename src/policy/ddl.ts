// The words by which TimescaleDB is told. Both generations say the same: of columnstores, and before of compression.
import { identifier, literal } from '../db/identifier.ts'
import type { TablePolicy } from './wanted.ts'

/** Whole seconds as an interval that people can read: `interval '30 days'`. */
export function interval(seconds: number): string {
  const UNITS = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const
  const [length, unit] = UNITS.find(([length]) => seconds % length === 0) ?? [1, 'second']
  const count = seconds / length
  return `interval '${count} ${unit}${count === 1 ? '' : 's'}'`
}

const spoken = (seconds: number): string => interval(seconds).slice('interval '.length)

/** `"timestamp" desc` of `timestamp desc`. */
export const ordered = (order: string): string => {
  const column = order.replace(/ (asc|desc)$/i, '')
  return `${identifier(column)}${/ desc$/i.test(order) ? ' desc' : ''}`
}

export const segmentText = ({ segment_by }: TablePolicy): string => segment_by.map(identifier).join(', ')
export const orderText = ({ order_by }: TablePolicy): string => order_by.map(ordered).join(', ')

export interface Words {
  /** ALTER TABLE that turns the columnstore on, or changes how chunks are compressed from then on. */
  settings(relation: string, policy: TablePolicy): string
  compressAfter(relation: string, seconds: number): string
  neverCompress(relation: string): string
  /** Compresses a chunk; one that was written to since, or was compressed by other settings, is done anew. */
  compress(chunk: string): string
}

const settings =
  (names: { readonly enable: string; readonly segment: string; readonly order: string }) =>
  (relation: string, policy: TablePolicy): string => {
    const options = [
      `timescaledb.${names.enable} = true`,
      `timescaledb.${names.segment} = ${literal(segmentText(policy))}`,
      ...(policy.order_by.length > 0 ? [`timescaledb.${names.order} = ${literal(orderText(policy))}`] : []),
      // Zero is what it was before anybody set it.
      `timescaledb.compress_chunk_time_interval = ${policy.merge_to === null ? "'0'" : spoken(policy.merge_to)}`,
    ]
    return `alter table ${relation} set (${options.join(', ')})`
  }

const COLUMNSTORE: Words = {
  settings: settings({ enable: 'enable_columnstore', segment: 'segmentby', order: 'orderby' }),
  compressAfter: (relation, seconds) =>
    `call add_columnstore_policy(${literal(relation)}, after => ${interval(seconds)})`,
  neverCompress: (relation) => `call remove_columnstore_policy(${literal(relation)})`,
  compress: (chunk) => `call convert_to_columnstore(${literal(chunk)}, if_not_columnstore => true, recompress => true)`,
}

const COMPRESSION: Words = {
  settings: settings({ enable: 'compress', segment: 'compress_segmentby', order: 'compress_orderby' }),
  compressAfter: (relation, seconds) =>
    `select add_compression_policy(${literal(relation)}, compress_after => ${interval(seconds)})`,
  neverCompress: (relation) => `select remove_compression_policy(${literal(relation)})`,
  compress: (chunk) => `select compress_chunk(${literal(chunk)}, if_not_compressed => true, recompress => true)`,
}

export const wordsOf = ({ columnstore }: { readonly columnstore: boolean }): Words =>
  columnstore ? COLUMNSTORE : COMPRESSION

/** New chunks only. */
export const setInterval = (relation: string, seconds: number): string =>
  `select set_chunk_time_interval(${literal(relation)}, ${interval(seconds)})`

export const dropAfter = (relation: string, seconds: number): string =>
  `select add_retention_policy(${literal(relation)}, drop_after => ${interval(seconds)})`

export const neverDrop = (relation: string): string => `select remove_retention_policy(${literal(relation)})`

/** Changes a job in its place: it keeps its number, its schedule and its history. */
export const alterJob = (jobId: number, key: 'compress_after' | 'drop_after', seconds: number): string =>
  `select alter_job(job_id, scheduled => true, config => config || jsonb_build_object('${key}', ${interval(seconds)})) ` +
  `from timescaledb_information.jobs where job_id = ${jobId}`

/** The one chunk between two moments, both bounds of chunks. `type` is the time column's own. */
export const dropChunk = (relation: string, lower: string, upper: string, type: string): string =>
  `select drop_chunks(${literal(relation)}, newer_than => ${literal(lower)}::${type}, older_than => ${literal(upper)}::${type})`

export const setWidth = (facts: string, seconds: number): string =>
  `update arxdb.partitioning set width = ${interval(seconds)} where table_name = ${literal(facts)}`

/** Writes down what `policy run` is to do. */
export const record = (policy: TablePolicy): string =>
  `insert into arxdb.policies (table_name, policy) values (${literal(policy.table)}, ${literal(JSON.stringify(policy))}) ` +
  'on conflict (table_name) do update set policy = excluded.policy, applied_at = now(), applied_by = session_user'

export const forget = (table: string): string => `delete from arxdb.policies where table_name = ${literal(table)}`
