// Where tables differ from what they are to be, and the SQL that brings each there. Pure: a survey in, steps out.
import { unsupportedError, usageError } from '../errors.ts'
import type { Job, Subject, Survey } from './actual.ts'
import { alterJob, dropAfter, forget, neverDrop, record, setInterval, setWidth, type Words, wordsOf } from './ddl.ts'
import { columnsIn } from './order.ts'
import { lengthText, shortened } from './retention.ts'
import { knownText, unknownTimeframes } from './timeframes.ts'
import type { TablePolicy } from './wanted.ts'

export interface Step {
  readonly table: string
  /** What of the policy: `chunk_interval`, `columnstore`, `compress_after`, `retain_for`, `recorded`. */
  readonly setting: string
  readonly actual: string | null
  readonly wanted: string | null
  readonly sql: string
  /** The strongest lock, and on what. */
  readonly lock: string
  /** Rows that are there would be thrown away sooner than before. */
  readonly shortens: boolean
  /** Chunks that are compressed by other settings stay so until `policy run` rewrites them. */
  readonly rewrites: boolean
}

const LOCK = {
  row: 'RowExclusiveLock on arxdb.policies',
  width: 'RowExclusiveLock on arxdb.partitioning',
  dimension: 'ShareUpdateExclusiveLock on the table',
  table: 'AccessExclusiveLock on the table, for a moment',
  job: 'RowExclusiveLock on the catalog of jobs',
} as const

/** What `policy apply` has to do, in order; empty where all is as it is to be. Throws where a table cannot be kept so. */
export function differences(survey: Survey): readonly Step[] {
  const words = wordsOf(survey)
  return [
    ...survey.subjects.flatMap((subject) => ofTable(survey, subject, words)),
    ...survey.forgotten.map(({ table }) => step(table, 'recorded', 'applied', null, forget(table), LOCK.row)),
  ]
}

function ofTable(survey: Survey, subject: Subject, words: Words): readonly Step[] {
  const { policy } = subject
  if (!policy.enabled) return recorded(subject)
  assertKeepable(survey, subject)
  return [
    ...interval(survey, subject),
    ...(survey.tier === 'community' ? [...columnstore(subject, words), ...compression(subject, words)] : []),
    ...(survey.tier === 'community' ? retention(subject) : []),
    ...recorded(subject),
  ]
}

/** Says what is missing, where a table cannot be kept as the config wants it. */
export function assertKeepable(
  { tier, timeframes }: Pick<Survey, 'tier' | 'timeframes'>,
  { policy: { table, retain_by }, facts, table: found }: Subject,
): void {
  const [unknown] = unknownTimeframes(Object.keys(retain_by), timeframes)
  if (unknown !== undefined)
    throw usageError(
      `policy of ${table}: no candles of "${unknown}" are known, and here are none`,
      knownText(timeframes),
    )
  if (found.kind === 'missing')
    throw usageError(`policy of ${table}: there is no such table`, 'correct its name in arxdb.json')
  if (tier === 'plain' && facts === undefined)
    throw unsupportedError(
      `policy of ${table}: on plain PostgreSQL arxdb keeps its own tables only`,
      'TimescaleDB keeps any table: migrate a database that has the extension, then arxdb policy adopt',
    )
  if (tier !== 'plain' && found.kind !== 'hypertable')
    throw usageError(`policy of ${table}: it is no hypertable`, `arxdb policy adopt ${table} --dry-run`)
  if (found.kind === 'hypertable' && found.chunk_interval === null)
    throw usageError(
      `policy of ${table}: its time is a number`,
      'arxdb keeps tables by timestamps; set enabled to false',
    )
}

function interval({ tier }: Survey, { policy, facts, relation, table }: Subject): readonly Step[] {
  const { chunk_interval: wanted } = policy
  if (table.chunk_interval === wanted) return []
  const sql = tier === 'plain' ? setWidth(facts!, wanted) : setInterval(relation, wanted)
  const lock = tier === 'plain' ? LOCK.width : LOCK.dimension
  return [step(policy.table, 'chunk_interval', text(table.chunk_interval), text(wanted), sql, lock)]
}

/** Settings as one text each, so that two spellings of the same are the same. */
function columnstore({ policy, relation, table }: Subject, words: Words): readonly Step[] {
  // What is not to be compressed needs no settings; what is compressed already stays.
  if (policy.compress_after === null) return []
  const wanted = settingsText(policy)
  const actual = table.columnstore
    ? settingsText({
        segment_by: columnsIn(table.segment_by),
        // No wish is content with what there is.
        order_by: policy.order_by.length === 0 ? [] : columnsIn(table.order_by),
        merge_to: table.merge_to,
      })
    : null
  if (actual === wanted) return []
  const sql = words.settings(relation, policy)
  return [{ ...step(policy.table, 'columnstore', actual, wanted, sql, LOCK.table), rewrites: actual !== null }]
}

export const settingsText = (policy: Pick<TablePolicy, 'segment_by' | 'order_by' | 'merge_to'>): string =>
  [
    `segment by ${policy.segment_by.join(', ') || 'nothing'}`,
    ...(policy.order_by.length > 0 ? [`order by ${policy.order_by.join(', ')}`] : []),
    policy.merge_to === null ? 'chunks as they are' : `chunks merged to ${text(policy.merge_to)}`,
  ].join('; ')

function compression({ policy, relation, jobs }: Subject, words: Words): readonly Step[] {
  const job = jobs.find(({ proc }) => proc === 'policy_compression')
  const { compress_after: after } = policy
  const make = (sql: string) => [step(policy.table, 'compress_after', jobText(job), text(after), sql, LOCK.job)]
  if (after === null) return job ? make(words.neverCompress(relation)) : []
  if (!job) return make(words.compressAfter(relation, after))
  return isSet(job, after) ? [] : make(alterJob(job.job_id, 'compress_after', after))
}

/** The server's own job drops whole chunks; what goes by timeframe is `policy run`'s. */
function retention({ policy, relation, jobs, applied }: Subject): readonly Step[] {
  const job = jobs.find(({ proc }) => proc === 'policy_retention')
  const after = Object.keys(policy.retain_by).length > 0 ? null : policy.retain_for
  const make = (sql: string) => {
    const shortens =
      after !== null && shortened(policy, applied) && !(job?.scheduled && (job.after ?? Infinity) <= after)
    return [{ ...step(policy.table, 'retain_for', jobText(job), text(after), sql, LOCK.job), shortens }]
  }
  if (after === null) return job ? make(neverDrop(relation)) : []
  if (!job) return make(dropAfter(relation, after))
  return isSet(job, after) ? [] : make(alterJob(job.job_id, 'drop_after', after))
}

const isSet = ({ scheduled, after }: Job, wanted: number): boolean => scheduled && after === wanted

const jobText = (job: Job | undefined): string | null =>
  job ? `${text(job.after) ?? 'unknown'}${job.scheduled ? '' : ' (switched off)'}` : null

function recorded({ policy, applied }: Subject): readonly Step[] {
  if (applied && canonical(applied) === canonical(policy)) return []
  const made = step(policy.table, 'recorded', applied ? 'another' : null, 'this', record(policy), LOCK.row)
  return [{ ...made, shortens: policy.enabled && shortened(policy, applied) }]
}

/** jsonb keeps its keys in an order of its own. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

const step = (
  ...[table, setting, actual, wanted, sql, lock]: readonly [
    string,
    string,
    string | null,
    string | null,
    string,
    string,
  ]
): Step => ({ table, setting, actual, wanted, sql, lock, shortens: false, rewrites: false })

const text = (seconds: number | null): string | null => (seconds === null ? null : lengthText(seconds))
