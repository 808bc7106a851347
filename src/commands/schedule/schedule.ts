import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { scheduleInstallCommand } from './install.ts'
import { scheduleListCommand } from './list.ts'
import { schedulePrintCommand } from './print.ts'
import { scheduleRemoveCommand } from './remove.ts'

export const scheduleCommand = (context: Context) =>
  command('schedule', 'have cron or systemd run the jobs, and see whether they did', [
    'arxdb schedule print',
    'arxdb schedule list -o json',
  ])
    .addCommand(schedulePrintCommand(context))
    .addCommand(scheduleInstallCommand(context))
    .addCommand(scheduleListCommand(context))
    .addCommand(scheduleRemoveCommand(context))
