import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { walFetchCommand } from './fetch.ts'
import { walPushCommand } from './push.ts'
import { walSetupCommand } from './setup.ts'
import { walStatusCommand } from './status.ts'

export const walCommand = (context: Context) =>
  command('wal', 'the archive of write-ahead log that backups are brought forward with', [
    'arxdb wal status --repo /backups',
    'arxdb wal setup --repo /backups --no-server',
  ])
    .addCommand(walPushCommand(context))
    .addCommand(walFetchCommand(context))
    .addCommand(walStatusCommand(context))
    .addCommand(walSetupCommand(context))
