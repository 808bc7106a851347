import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { jobWorld, scheduleOptions } from './options.ts'

export const scheduleInstallCommand = (context: Context) =>
  scheduleOptions(
    command('install', 'put the jobs into your crontab: between marks, every other line stays', [
      'arxdb schedule install --dry-run',
      'arxdb schedule install --log /var/log/arxdb.log',
    ]),
  )
    .option('--dry-run', 'show the crontab that would be')
    .action(async ({ job, log, dryRun, ...flags }) => {
      const { settings } = await context.services.backup()
      const { planInstall, install } = await context.services.schedule()
      const wanted = settings((await context.config()).backup, flags, { env: context.env, cwd: context.cwd })
      const { before, after } = await planInstall(
        wanted,
        { jobs: job, log },
        await jobWorld(context, flags),
        context.env,
      )
      if (dryRun) return context.write(after)
      if (before === after) return context.note('the crontab has them already')
      await context.confirm({ what: 'change your crontab' })
      await install(after, context.env)
      context.note('the crontab is changed; arxdb schedule list shows what comes of it')
    })
