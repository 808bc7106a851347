import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info, type Note, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

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

export const policyPlanCommand = (context: Context) =>
  command('plan', 'what `apply` would send, its locks, and what comes of it', [
    'arxdb policy plan',
    'arxdb policy plan --json',
  ])
    .option('--check', 'exit 3 unless nothing differs')
    .action(async ({ check }) => {
      const { plan, planText } = await context.services.policy()
      const connection = await context.connection()
      const found = await plan(connection, await context.config())
      const notes = [...consequences(found.steps, found.uncounted), info(`tier ${found.tier}`)]
      if (check && found.steps.length > 0) context.exitWith(EXIT.problems)
      // A table of SQL is no use to a person: without a format asked for it is a script.
      if (context.globals.output !== undefined || context.globals.json)
        return context.print({ columns: stepColumns, rows: found.steps, notes })
      for (const { level, text } of notes) context.note(level === 'warn' ? `warning: ${text}` : text)
      if (found.steps.length === 0) return context.note('nothing differs')
      return context.write(planText(found))
    })
