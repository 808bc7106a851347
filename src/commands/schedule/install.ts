import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { formatOption, jobWorld, scheduleOptions, unitFolderOption } from './options.ts'

export const scheduleInstallCommand = (context: Context) =>
  scheduleOptions(
    command('install', "put the jobs into your crontab, between marks, or into systemd's timers", [
      'arxdb schedule install --dry-run',
      'arxdb schedule install --log /var/log/arxdb.log',
    ]),
  )
    .addOption(formatOption())
    .addOption(unitFolderOption())
    .option('--dry-run', 'show what would be, and change nothing')
    .action(async ({ job, log, format, unitDir, dryRun, ...flags }) => {
      const { settings } = await context.services.backup()
      const { planInstall, install, planTimers, changeTimers } = await context.services.schedule()
      const { env, cwd } = context
      const wanted = settings((await context.config()).backup, flags, { env, cwd })
      const [wish, world] = [{ jobs: job, log }, await jobWorld(context, flags)]
      if (format === 'systemd') {
        const plan = await planTimers(wanted, wish, world, { folder: unitDir, env })
        if (dryRun) return context.write(plan.text)
        if (plan.text === '') return context.note('the timers are there already')
        await context.confirm({ what: `change units in ${plan.place.folder}` })
        await changeTimers(plan, env)
        return context.note(`${plan.text}arxdb schedule list shows what comes of it`)
      }
      const change = await planInstall(wanted, wish, world, env)
      if (dryRun) return context.write(change.after)
      if (change.before === change.after) return context.note('the crontab has them already')
      await context.confirm({ what: 'change your crontab' })
      await install(change, env)
      context.note('the crontab is changed; arxdb schedule list shows what comes of it')
    })
