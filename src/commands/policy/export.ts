import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'

export const policyExportCommand = (context: Context) =>
  command('export', 'the wanted state as SQL, for those who want no tool', [
    'arxdb policy export',
    'arxdb policy export --tier community',
  ])
    .addOption(
      new Option('--tier <tier>', "for another tier than this database's").choices([
        'plain',
        'apache',
        'community',
      ] as const),
    )
    .action(async ({ tier }) => {
      const { exportSql } = await context.services.policy()
      await context.write(await exportSql(await context.connection(), await context.config(), tier))
    })
