import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, echoes, info, type Note, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

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

const shown = [
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

interface Seen {
  readonly tier: string
  readonly rows: readonly {
    readonly table: string
    readonly state: string
    readonly drift: string | null
    readonly last_failure: string | null
  }[]
  readonly unfit: readonly string[]
  readonly runs: readonly { readonly host: string; readonly began_at: string; readonly error: string | null }[]
  readonly forgotten: readonly string[]
  readonly now: string
}

function remarks({ tier, rows, unfit, runs, forgotten, now }: Seen): readonly Note[] {
  const [last] = runs
  const silent = last !== undefined && Date.parse(now) - Date.parse(last.began_at) > SILENCE_MS
  const unapplied = rows.filter(({ state }) => state === 'unapplied').map(({ table }) => table)
  return [
    info(`tier ${tier}${tier === 'community' ? '' : ': no compression here, which needs TimescaleDB Community'}`),
    ...unfit.map(warn),
    ...(unapplied.length > 0 ? [info(`no policy was applied yet to ${unapplied.join(', ')}: arxdb policy apply`)] : []),
    ...rows.flatMap(({ table, state, drift, last_failure }) => [
      ...(drift === null || state === 'unapplied' ? [] : [warn(`${table} differs in ${drift}: arxdb policy plan`)]),
      ...(last_failure === null ? [] : [warn(`${table}: a job failed: ${last_failure}`)]),
    ]),
    ...forgotten.map((table) =>
      warn(`${table} has a policy in the database and none in the config: arxdb policy plan`),
    ),
    ...(last === undefined ? [info('arxdb policy run has never run here: let cron call it')] : []),
    ...(silent ? [warn(`arxdb policy run last ran at ${last.began_at}`)] : []),
    ...(last?.error ? [warn(`the last arxdb policy run (${last.began_at}, ${last.host}) failed: ${last.error}`)] : []),
  ]
}

/** Cron calls `policy run` at least this often, or it does not call it. */
const SILENCE_MS = 7 * 86_400_000

export const policyShowCommand = (context: Context) =>
  command('show', 'what is wanted of each table, what it is, and what came of it', [
    'arxdb policy show',
    'arxdb policy show -o vertical',
  ])
    .option('--check', 'exit 3 where they differ, a job failed, or `policy run` is not heard of')
    .action(async ({ check }) => {
      const { show } = await context.services.policy()
      const { tier, rows, unfit, runs, forgotten, now } = await show(await context.connection(), await context.config())
      const notes = remarks({ tier, rows, unfit, runs, forgotten, now })
      if (check && (notes.some(({ level }) => level === 'warn') || rows.some(({ state }) => state === 'unapplied')))
        context.exitWith(EXIT.problems)
      await context.print({ columns: shown, rows, notes })
    })
