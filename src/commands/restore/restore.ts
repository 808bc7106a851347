import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { restoreOpenCommand } from './open.ts'
import { restorePlanCommand } from './plan.ts'
import { restoreRunCommand } from './run.ts'

export const restoreCommand = (context: Context) =>
  command('restore', 'back to a moment: planned first, then done beside what is there', [
    'arxdb restore plan --to latest',
    'arxdb restore run --to latest --into /var/tmp/restored',
  ])
    .addCommand(restorePlanCommand(context))
    .addCommand(restoreRunCommand(context))
    .addCommand(restoreOpenCommand(context))
