import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { destroyCommand } from './destroy.ts'
import { startCommand } from './start.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { watchCommand } from './watch.ts'

export const localCommand = (context: Context) =>
  command('local', "arxdb's own PostgreSQL, used when no connection is configured", [
    'arxdb local status',
    'arxdb local start --idle-stop 0',
  ])
    .addCommand(startCommand(context))
    .addCommand(stopCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(destroyCommand(context))
    // Not for people: the process that stops an idle server.
    .addCommand(watchCommand(context), { hidden: true })
