import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { tunePgbouncerCommand } from './pgbouncer.ts'
import { tuneServerCommand } from './server.ts'

/** `arxdb tune` alone is `arxdb tune server`. */
export const tuneCommand = (context: Context) =>
  command('tune', 'settings of the server and of its pooler for this machine and workload', [
    'arxdb tune',
    'arxdb tune pgbouncer',
  ])
    .addCommand(tuneServerCommand(context), { isDefault: true })
    .addCommand(tunePgbouncerCommand(context))
