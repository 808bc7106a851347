import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { dirOption, sourceOption, tierOption, wish } from './flags.ts'

export const planCommand = (context: Context) =>
  command('plan', 'the SQL that `up` would send, its transactions, its locks and the size of what it locks', [
    'arxdb migrate plan',
    'arxdb migrate plan --dir ./migrations --json',
  ])
    .addOption(dirOption())
    .addOption(sourceOption())
    .addOption(tierOption())
    .action(async (flags) => {
      const { plan, planText } = await context.services.migrate()
      const steps = await plan({ ...(await wish(context, flags)), tier: flags.tier })
      if (steps.length === 0) context.note('nothing is pending')
      // A table of SQL is no use to a person: without a format asked for it is a script.
      if (context.globals.output === undefined && !context.globals.json) return context.write(planText(steps))
      return context.print({
        columns: columns({
          source: 'text',
          version: 'text',
          name: 'text',
          file: 'text',
          line: 'int',
          transaction: 'text',
          lock: 'text',
          relation: 'text',
          bytes: 'bytes',
          estimated_rows: 'int',
          sql: 'text',
        }),
        rows: steps,
        notes: [info('transaction "one": with its whole file; "own": statement by statement')],
      })
    })
