import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { policyColumns, remarks } from '../../core/policy-report.ts'
import { EXIT } from '../../errors.ts'

export const policyShowCommand = (context: Context) =>
  command('show', 'what is wanted of each table, what it is, and what came of it', [
    'arxdb policy show',
    'arxdb policy show -o vertical',
  ])
    .option('--check', 'exit 3 where they differ, a job failed, or `policy run` is not heard of')
    .action(async ({ check }) => {
      const { show } = await context.services.policy()
      const shown = await show(await context.connection(), await context.config())
      const { rows, lacks } = shown
      const notes = remarks(shown)
      if (lacks.length > 0) context.exitWith(EXIT.unsupported)
      if (check && (notes.some(({ level }) => level === 'warn') || rows.some(({ state }) => state === 'unapplied')))
        context.exitWith(EXIT.problems)
      await context.print({ columns: policyColumns, rows, notes })
    })
