import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { policyRunCommand } from './run.ts'

export const policyCommand = (context: Context) =>
  command('policy', 'what keeps the database in shape between loads', [
    'arxdb policy run',
    'arxdb policy run -o json',
  ]).addCommand(policyRunCommand(context))
