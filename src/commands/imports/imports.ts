import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { importsListCommand } from './list.ts'
import { importsShowCommand } from './show.ts'
import { importsUndoCommand } from './undo.ts'

export const importsCommand = (ctx: Context) =>
  command('imports', 'what was loaded, and what became of it; taking it back', [
    'arxdb imports list',
    'arxdb imports show 3',
  ])
    .addCommand(importsListCommand(ctx))
    .addCommand(importsShowCommand(ctx))
    .addCommand(importsUndoCommand(ctx))
