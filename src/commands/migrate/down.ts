import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { wholeNumber } from '../../cli/values.ts'
import { columns, info } from '../../core/result.ts'
import { dirOption, lockTimeoutOption, lockWaitOption, sourceOption, wish } from './flags.ts'

export const downCommand = (context: Context) =>
  command('down', 'take migrations back, newest first, by their down sections', [
    'arxdb migrate down --dry-run',
    'arxdb migrate down --dir ./migrations --steps 2 --yes',
  ])
    .option('--steps <n>', 'how many (default: 1)', wholeNumber)
    .option('--to <version>', 'all above this version; 0 for all')
    .option('--only <source>', 'only the migrations of this source')
    .addOption(dirOption())
    .addOption(sourceOption())
    .addOption(lockWaitOption())
    .addOption(lockTimeoutOption())
    .option('--dry-run', 'print the SQL and change nothing')
    .action(async (flags) => {
      const { down, planDown } = await context.services.migrate()
      const asked = {
        ...(await wish(context, flags, { what: 'take migrations back' })),
        steps: flags.steps,
        to: flags.to,
        only: flags.only,
      }
      const { migrations, sql } = await planDown(asked)
      if (migrations.length === 0) return context.note('nothing to take back')
      if (flags.dryRun) return context.write(sql)
      const { database } = asked.connection
      await context.confirm({ what: `take back ${migrations.join(', ')} in ${database}`, typed: database })
      const rows = (await down(asked)).map((migration) => ({ migration, result: 'reverted' }))
      const notes = [info(`${rows.length} taken back`)]
      return context.print({ columns: columns({ migration: 'text', result: 'text' }), rows, notes })
    })
