import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { listCommand } from './list.ts'
import { showCommand } from './show.ts'

export const sqlCommand = (context: Context) =>
  command('sql', 'the statements arxdb runs, as files', ['arxdb sql list', 'arxdb sql show twap/window'])
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
