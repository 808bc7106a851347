import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { consequences, stepColumns } from '../../core/policy-report.ts'
import { info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

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
      const lacks = found.lacks.map(warn)
      const notes = [...consequences(found.steps, found.uncounted), ...lacks, info(`tier ${found.tier}`)]
      if (lacks.length > 0) context.exitWith(EXIT.unsupported)
      if (check && found.steps.length > 0) context.exitWith(EXIT.problems)
      // A table of SQL is no use to a person: without a format asked for it is a script.
      if (context.globals.output !== undefined || context.globals.json)
        return context.print({ columns: stepColumns, rows: found.steps, notes })
      for (const { level, text } of notes) context.note(level === 'warn' ? `warning: ${text}` : text)
      if (found.steps.length === 0) return context.note('nothing differs')
      return context.write(planText(found))
    })
