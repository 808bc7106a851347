import { Argument } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { wholeNumber } from '../../cli/values.ts'
import { columns, info } from '../../core/result.ts'

const shown = columns({ import_id: 'int', file_name: 'text', deleted: 'int' })

export const importsUndoCommand = (ctx: Context) =>
  command('undo', 'delete the rows an import brought', ['arxdb imports undo 3 --dry-run', 'arxdb imports undo 3 --yes'])
    .addArgument(new Argument('<id>', 'its number, from `arxdb imports list`').argParser(wholeNumber))
    .option('--dry-run', 'say how many rows would go, and delete nothing')
    .option('--force', 'even where rows that others brought are lost with it')
    .action(async (id, { dryRun, force }) => {
      const { undoImports } = await ctx.services.imports()
      const what = `undo import ${id}`
      const connection = dryRun ? await ctx.connection() : await ctx.connectionForWriting(what, 'asks itself')
      const plan = await undoImports(connection, id, { dryRun: true, force })
      if (!dryRun)
        await ctx.confirm({ what: `delete the ${plan.deleted} rows of import ${id} (${plan.file_name ?? '-'})` })
      const done = dryRun ? plan : await undoImports(connection, id, { force })
      await ctx.print({ columns: shown, rows: [done], notes: done.notes.map(info) })
    })
