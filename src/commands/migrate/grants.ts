import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'

export const grantsCommand = (context: Context) =>
  command('grants', 'print the GRANTs for the roles ingest, analyst, monitor and backup', [
    'arxdb migrate grants',
    'arxdb migrate grants --role-prefix market_',
  ])
    .option('--role-prefix <prefix>', 'what the names of the roles begin with', 'arxdb_')
    .action(async ({ rolePrefix }) => {
      const { grants } = await context.services.migrate()
      await context.write(grants(rolePrefix))
    })
