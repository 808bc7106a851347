import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { checkCommand } from './check.ts'
import { showCommand } from './show.ts'

export const configCommand = (context: Context) =>
  command('config', 'the settings in force, and where they come from', [
    'arxdb config show --origin',
    'arxdb config check',
  ])
    .addCommand(showCommand(context))
    .addCommand(checkCommand(context))
