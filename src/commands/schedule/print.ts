import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { formatOption, jobWorld, scheduleOptions } from './options.ts'

export const schedulePrintCommand = (context: Context) =>
  scheduleOptions(
    command('print', "the jobs as lines of a crontab, or as systemd's units", [
      'arxdb schedule print',
      'arxdb schedule print --job run --format systemd',
    ]),
  )
    .addOption(formatOption())
    .action(async ({ job, log, format, ...flags }) => {
      const { settings } = await context.services.backup()
      const { print } = await context.services.schedule()
      const wanted = settings((await context.config()).backup, flags, { env: context.env, cwd: context.cwd })
      await context.write(print(wanted, { jobs: job, log }, format, await jobWorld(context, flags)))
    })
