import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { policyAdoptCommand } from './adopt.ts'
import { policyAdviseCommand } from './advise.ts'
import { policyApplyCommand } from './apply.ts'
import { policyExportCommand } from './export.ts'
import { policyPlanCommand } from './plan.ts'
import { policyRunCommand } from './run.ts'
import { policyShowCommand } from './show.ts'

export const policyCommand = (context: Context) =>
  command('policy', 'chunks, compression, retention and rollups: declared once, applied on any tier', [
    'arxdb policy show',
    'arxdb policy run -o json',
  ])
    .addCommand(policyShowCommand(context))
    .addCommand(policyPlanCommand(context))
    .addCommand(policyApplyCommand(context))
    .addCommand(policyRunCommand(context))
    .addCommand(policyAdviseCommand(context))
    .addCommand(policyAdoptCommand(context))
    .addCommand(policyExportCommand(context))
