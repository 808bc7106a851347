import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { dirOption, lockTimeoutOption, lockWaitOption, sourceOption, tierOption, wish } from './flags.ts'

export const upCommand = (context: Context) =>
  command('up', 'apply what is pending, each file in its own transaction', [
    'arxdb migrate up --lock-wait 5m',
    'arxdb migrate up --dry-run',
  ])
    .addOption(dirOption())
    .addOption(sourceOption())
    .addOption(tierOption())
    .addOption(lockWaitOption())
    .addOption(lockTimeoutOption())
    .option('--out-of-order', 'also apply files numbered below one that is applied')
    .option('--dry-run', 'run everything in one transaction and roll it back')
    .action(async (flags) => {
      const { up } = await context.services.migrate()
      const { tier, outOfOrder, dryRun } = flags
      const asked = await wish(context, flags, dryRun ? undefined : { what: 'migrate' })
      const { connection } = asked
      if (connection.production && !dryRun) await context.confirm({ what: `migrate ${connection.origin}` })
      const done = await up({ ...asked, tier, outOfOrder, dryRun })
      const result = dryRun ? 'rolled back' : 'applied'
      const rows = done.applied.map((migration) => ({ migration, result }))
      const before = done.upToDate === 0 ? '' : `, ${done.upToDate} were there before`
      const count = `${rows.length} ${dryRun ? 'ran and were rolled back' : 'applied'}${before}`
      await context.print({
        columns: columns({ migration: 'text', result: 'text' }),
        rows,
        notes: [
          info(`tier ${done.tier}: ${rows.length === 0 ? `up to date, ${done.upToDate} applied before` : count}`),
        ],
      })
    })
