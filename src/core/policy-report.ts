// What the policy commands show, and what they have to say of it.
import { columns, echoes, info, type Note, warn } from './result.ts'

/** What a narrow terminal leaves out. */
const KINDS = {
  bytes_per_row: 'float',
  drift: 'text',
  partial: 'int',
  outdated: 'int',
  rows_estimate: 'int',
  next_run: 'time',
  last_run: 'time',
  last_success: 'time',
  failures: 'int',
  last_failure: 'text',
  last_failure_at: 'time',
  held_until: 'time',
  wanted_chunk_interval: 'duration',
  actual_chunk_interval: 'duration',
  wanted_segment_by: 'text',
  actual_segment_by: 'text',
  wanted_order_by: 'text',
  actual_order_by: 'text',
  wanted_merge_to: 'duration',
  actual_merge_to: 'duration',
  wanted_compress_after: 'duration',
  actual_compress_after: 'duration',
  wanted_retain_for: 'text',
  actual_retain_for: 'text',
  rollups: 'bool',
  oldest: 'time',
  newest: 'time',
} as const

export const policyColumns = [
  ...columns({
    table: 'text',
    state: 'text',
    chunks: 'int',
    compressed: 'int',
    backlog: 'int',
    bytes: 'bytes',
    ratio: 'float',
  }),
  ...echoes(Object.keys(KINDS), KINDS),
]

/** Cron calls `policy run` at least this often, or it does not call it. */
const SILENCE_MS = 7 * 86_400_000

export interface Seen {
  readonly tier: string
  readonly rows: readonly {
    readonly table: string
    readonly state: string
    readonly drift: string | null
    readonly last_failure: string | null
    readonly rows_estimate: number | null
  }[]
  readonly lacks: readonly string[]
  readonly unfit: readonly string[]
  readonly runs: readonly { readonly host: string; readonly began_at: string; readonly error: string | null }[]
  readonly forgotten: readonly string[]
  readonly now: string
}

const ESTIMATES =
  'rows_estimate and bytes_per_row are estimates from the last ANALYZE of each chunk; there are none where one was never analysed'

/** What is wrong or missing, in the order of its weight. */
export function remarks({ tier, rows, lacks, unfit, runs, forgotten, now }: Seen): readonly Note[] {
  const [last] = runs
  const silent = last !== undefined && Date.parse(now) - Date.parse(last.began_at) > SILENCE_MS
  const unapplied = rows.filter(({ state }) => state === 'unapplied').map(({ table }) => table)
  return [
    info(`tier ${tier}${tier === 'community' ? '' : ': no compression here, which needs TimescaleDB Community'}`),
    ...[...lacks, ...unfit].map(warn),
    ...(unapplied.length > 0 ? [info(`no policy was applied yet to ${unapplied.join(', ')}: arxdb policy apply`)] : []),
    ...rows.flatMap(({ table, state, drift, last_failure }) => [
      ...(drift === null || state === 'unapplied' ? [] : [warn(`${table} differs in ${drift}: arxdb policy plan`)]),
      ...(last_failure === null ? [] : [warn(`${table}: a job failed: ${last_failure}`)]),
    ]),
    ...(rows.some(({ rows_estimate }) => rows_estimate) ? [info(ESTIMATES)] : []),
    ...forgotten.map((table) =>
      warn(`${table} has a policy in the database and none in the config: arxdb policy plan`),
    ),
    ...(last === undefined ? [info('arxdb policy run has never run here: let cron call it')] : []),
    ...(silent ? [warn(`arxdb policy run last ran at ${last.began_at}`)] : []),
    ...(last?.error ? [warn(`the last arxdb policy run (${last.began_at}, ${last.host}) failed: ${last.error}`)] : []),
  ]
}

export const stepColumns = columns({
  table: 'text',
  setting: 'text',
  actual: 'text',
  wanted: 'text',
  chunks: 'int',
  bytes: 'bytes',
  rows_deleted: 'int',
  shortens: 'bool',
  lock: 'text',
  sql: 'text',
})

interface Counted {
  readonly table: string
  readonly setting: string
  readonly chunks: number | null
  readonly bytes: number | null
  readonly rows_deleted: number | null
  readonly shortens: boolean
}

/** What comes of a plan, beside its SQL. */
export const consequences = (steps: readonly Counted[], uncounted: boolean): readonly Note[] => [
  ...steps.flatMap(({ table, setting, chunks, bytes, rows_deleted, shortens }) => {
    const size = chunks === null ? undefined : `${chunks} chunks, ${((bytes ?? 0) / 1e6).toFixed(1)} MB`
    if (shortens && setting === 'recorded' && rows_deleted !== 0)
      return [warn(`${table}: retention will delete ${rows_deleted ?? 'uncounted'} rows (${size} as a whole)`)]
    if (size && chunks && !shortens) return [info(`${table} ${setting}: ${size} will be rewritten by arxdb policy run`)]
    return []
  }),
  ...(uncounted ? [warn('rows that retention deletes could not be counted in time: raise --timeout')] : []),
]
