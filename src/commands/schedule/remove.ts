import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { formatOption, jobWorld, unitFolderOption } from './options.ts'

export const scheduleRemoveCommand = (context: Context) =>
  repositoryOptions(
    command('remove', "take this repository's jobs out of your crontab, or out of systemd", [
      'arxdb schedule remove --dry-run',
      'arxdb schedule remove --yes',
    ]),
  )
    .addOption(formatOption())
    .addOption(unitFolderOption())
    .option('--dry-run', 'show what would be, and change nothing')
    .action(async ({ format, unitDir, dryRun, ...flags }) => {
      const { settings } = await context.services.backup()
      const { planRemove, install, planTimers, changeTimers } = await context.services.schedule()
      const { env, cwd } = context
      const wanted = settings((await context.config()).backup, flags, { env, cwd })
      if (format === 'systemd') {
        const plan = await planTimers(wanted, undefined, await jobWorld(context, flags), { folder: unitDir, env })
        if (dryRun) return context.write(plan.text)
        if (plan.text === '') return context.note(`no timers of ${wanted.repo} are in ${plan.place.folder}`)
        await context.confirm({ what: `remove units from ${plan.place.folder}` })
        await changeTimers(plan, env)
        return context.note(plan.text.trimEnd())
      }
      const change = await planRemove(wanted, env)
      if (dryRun) return context.write(change.after)
      await context.confirm({ what: 'take the jobs out of your crontab' })
      await install(change, env)
      context.note('the crontab is changed')
    })
