import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { backupRunCommand } from './run.ts'

export const backupCommand = (context: Context) =>
  command('backup', 'backups that are proven: made, verified, pruned, restored for practice', [
    'arxdb backup run --repo /tmp/arxdb-example-backups --kind copy',
    'arxdb backup list --repo /tmp/arxdb-example-backups',
  ]).addCommand(backupRunCommand(context))
