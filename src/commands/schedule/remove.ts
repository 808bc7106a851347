import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'

export const scheduleRemoveCommand = (context: Context) =>
  repositoryOptions(
    command('remove', "take this repository's jobs out of your crontab", [
      'arxdb schedule remove --dry-run',
      'arxdb schedule remove --yes',
    ]),
  )
    .option('--dry-run', 'show the crontab that would be')
    .action(async ({ dryRun, ...flags }) => {
      const { settings } = await context.services.backup()
      const { planRemove, install } = await context.services.schedule()
      const wanted = settings((await context.config()).backup, flags, { env: context.env, cwd: context.cwd })
      const { after } = await planRemove(wanted, context.env)
      if (dryRun) return context.write(after)
      await context.confirm({ what: 'take the jobs out of your crontab' })
      await install(after, context.env)
      context.note('the crontab is changed')
    })
