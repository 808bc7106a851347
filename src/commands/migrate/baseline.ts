import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { dirOption, lockWaitOption, sourceOption, tierOption, wish } from './flags.ts'

export const baselineCommand = (context: Context) =>
  command('baseline', 'mark migrations as there without running them', [
    'arxdb migrate baseline --to 0002 --dir ./migrations --source migrations',
    'arxdb migrate baseline --to 0004 --dry-run',
  ])
    .requiredOption('--to <version>', 'the last version that the database already holds')
    .addOption(dirOption())
    .addOption(sourceOption())
    .addOption(tierOption())
    .addOption(lockWaitOption())
    .option('--dry-run', 'only say what would be marked')
    .action(async (flags) => {
      const { baseline, directoriesOf } = await context.services.migrate()
      const asked = await wish(context, flags, { what: 'mark migrations' })
      const { to, tier, dryRun } = flags
      // With a directory of one's own, that is the one meant.
      const source = flags.dir === undefined ? undefined : directoriesOf(flags).at(-1)?.source
      if (!dryRun) await context.confirm({ what: `mark every migration up to ${to} as there, without running any` })
      const marked = await baseline({ ...asked, to, tier, source, dryRun })
      const verb = dryRun ? 'would be marked' : 'marked'
      await context.print({
        columns: columns({ migration: 'text', state: 'text' }),
        rows: marked.map((migration) => ({ migration, state: 'baseline' })),
        notes: [info(`${marked.length} ${verb}; nothing was checked: arxdb migrate verify`)],
      })
    })
