// Hypertables, their columnstore and jobs, as calls of TimescaleDB's public functions.
import { literal } from '../../../db/identifier.ts'
import { named } from '../snapshot.ts'
import { type Node, RANK } from './order.ts'

interface Dimension {
  readonly column: string
  readonly kind: string
  readonly interval: string | null
  readonly integer: number | null
  readonly now: string | null
  readonly partitions: number | null
}

export interface Hypertable {
  readonly schema: string
  readonly name: string
  readonly dimensions: readonly Dimension[]
  readonly columnstore: boolean
  readonly segment_by: string | null
  readonly order_by: string | null
  readonly merge_to: string | null
  /** Stretches of compressed chunks, [from, to). */
  readonly compressed: readonly (readonly [string, string])[]
}

export interface Job {
  readonly job_id: number
  readonly schema: string | null
  readonly name: string | null
  readonly proc_schema: string
  readonly proc_name: string
  readonly schedule_interval: string
  readonly max_runtime: string
  readonly max_retries: number
  readonly retry_period: string
  readonly scheduled: boolean
  readonly fixed_schedule: boolean
  readonly initial_start: string | null
  readonly config: Readonly<Record<string, unknown>> | null
  readonly check_schema: string | null
  readonly check_name: string | null
}

const builder = (ext: string, d: Dimension): string =>
  d.kind === 'Space' && d.partitions !== null
    ? `${named(ext, 'by_hash')}(${literal(d.column)}, ${d.partitions})`
    : `${named(ext, 'by_range')}(${literal(d.column)}, ${d.interval === null ? `${d.integer}::bigint` : `interval ${literal(d.interval)}`})`

/** `now` finds a function by its name: the server does not say in which schema it is. */
export function hypertableNode(
  h: Hypertable,
  ext: string,
  id: string,
  now: (name: string) => string | undefined,
): Node {
  const table = `${literal(named(h.schema, h.name))}::regclass`
  const what = `hypertable ${named(h.schema, h.name)}`
  const [first, ...rest] = h.dimensions
  const integerNow = first!.now === null ? undefined : now(first!.now)
  const statements = [
    `select ${named(ext, 'create_hypertable')}(${table}, ${builder(ext, first!)}, create_default_indexes => false)`,
    ...rest.map((d) => `select ${named(ext, 'add_dimension')}(${table}, ${builder(ext, d)})`),
    ...(integerNow ? [`select ${named(ext, 'set_integer_now_func')}(${table}, ${literal(integerNow)}::regproc)`] : []),
  ].map((sql) => ({ what, sql }))
  return { id, rank: RANK.hypertable, what, statements }
}

/** The columnstore's settings, and the stretches that were compressed, compressed again. */
export function columnstoreNode(h: Hypertable, ext: string): Node | undefined {
  if (!h.columnstore) return undefined
  const name = named(h.schema, h.name)
  const what = `columnstore of ${name}`
  const set = [
    'timescaledb.compress = true',
    ...(h.segment_by ? [`timescaledb.compress_segmentby = ${literal(h.segment_by)}`] : []),
    ...(h.order_by ? [`timescaledb.compress_orderby = ${literal(h.order_by)}`] : []),
    ...(h.merge_to ? [`timescaledb.compress_chunk_time_interval = ${literal(h.merge_to)}`] : []),
  ]
  const statements = [{ what, sql: `alter table ${name} set (${set.join(', ')})` }]
  if (h.compressed.length > 0) {
    const bounds = (side: 0 | 1): string => literal(`{${h.compressed.map((range) => range[side]).join(',')}}`)
    const edge = (end: string): string =>
      `coalesce(c.range_${end}_integer, (extract(epoch from c.range_${end}) * 1000000)::bigint)`
    statements.push({
      what: `compressed chunks of ${name}`,
      sql: `select count(${named(ext, 'compress_chunk')}(format('%I.%I', c.chunk_schema, c.chunk_name)::regclass))
        from timescaledb_information.chunks c
        where c.hypertable_schema = ${literal(h.schema)} and c.hypertable_name = ${literal(h.name)} and not c.is_compressed
          and exists (select from unnest(${bounds(0)}::bigint[], ${bounds(1)}::bigint[]) r(since, until)
                        where ${edge('start')} >= r.since and ${edge('end')} <= r.until)`,
    })
  }
  return { id: `columnstore:${name}`, rank: RANK.columnstore, what, statements }
}

const interval = (text: string): string => `interval ${literal(text)}`

/** A job as it was set, switched off in the same transaction; undefined for a kind that is not known here. */
export function jobNode(job: Job, ext: string): Node | undefined {
  const made = calls(job, ext)
  if (made === undefined) return undefined
  const what = `job ${job.job_id} (${job.proc_schema}.${job.proc_name})`
  const own = job.config !== null && 'hypertable_id' in job.config
  // What else a policy's config holds; the number of its hypertable is another one here.
  const config = own
    ? `, config => jsonb_set(${literal(JSON.stringify(job.config))}::jsonb, '{hypertable_id}',
        (select j.config -> 'hypertable_id' from timescaledb_information.jobs j where j.job_id = made))`
    : ''
  const sql = `do $arxdb$
    declare made int := ${made};
    begin
      perform ${named(ext, 'alter_job')}(made, schedule_interval => ${interval(job.schedule_interval)},
        max_runtime => ${interval(job.max_runtime)}, max_retries => ${job.max_retries},
        retry_period => ${interval(job.retry_period)}, scheduled => false${config});
      perform set_config('arxdb.made_job', made::text, true);
    end $arxdb$`
  const statements = [
    { what, sql },
    { what, sql: `select current_setting('arxdb.made_job')::int as job_id`, job: { scheduled: job.scheduled } },
  ]
  return { id: `job:${job.job_id}`, rank: RANK.job, what, statements }
}

function calls(job: Job, ext: string): string | undefined {
  const start =
    job.fixed_schedule && job.initial_start !== null
      ? `, initial_start => ${literal(job.initial_start)}::timestamptz`
      : ''
  const every = `schedule_interval => ${interval(job.schedule_interval)}`
  if (!/^_timescaledb_/.test(job.proc_schema)) {
    const check =
      job.check_name === null ? '' : `, check_config => ${literal(named(job.check_schema!, job.check_name))}::regproc`
    const config = job.config === null ? '' : `, config => ${literal(JSON.stringify(job.config))}::jsonb`
    return `${named(ext, 'add_job')}(${literal(named(job.proc_schema, job.proc_name))}::regproc, ${interval(job.schedule_interval)}${config}${start}, scheduled => false${check}, fixed_schedule => ${job.fixed_schedule})`
  }
  if (job.schema === null || job.name === null || job.config === null) return undefined
  const table = `${literal(named(job.schema, job.name))}::regclass`
  const after = (name: string, older: string): string | undefined => {
    const value = job.config?.[name]
    if (value !== undefined)
      return `${name} => ${typeof value === 'number' ? `${value}::bigint` : interval(String(value))}`
    const created = job.config?.[older]
    return created === undefined ? undefined : `${older} => ${interval(String(created))}`
  }
  if (job.proc_name === 'policy_retention') {
    const when = after('drop_after', 'drop_created_before')
    return when && `${named(ext, 'add_retention_policy')}(${table}, ${when}, ${every}${start})`
  }
  if (job.proc_name === 'policy_compression') {
    const when = after('compress_after', 'compress_created_before')
    return when && `${named(ext, 'add_compression_policy')}(${table}, ${when}, ${every}${start})`
  }
  if (job.proc_name === 'policy_reorder' && typeof job.config.index_name === 'string') {
    return `${named(ext, 'add_reorder_policy')}(${table}, ${literal(job.config.index_name)}${start})`
  }
  return undefined
}
