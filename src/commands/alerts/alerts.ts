import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { alertsRunCommand } from './run.ts'

export const alertsCommand = (context: Context) =>
  command('alerts', 'be told when something goes wrong, and when it is over', [
    'arxdb alerts run',
    'arxdb alerts run --once --exec ./page.sh',
  ]).addCommand(alertsRunCommand(context))
