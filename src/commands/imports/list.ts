import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { wholeNumber } from '../../cli/values.ts'
import { echoes } from '../../core/result.ts'

const shown = echoes(['source', 'updated', 'unchanged', 'skipped', 'incomplete', 'first_at', 'last_at'], {
  import_id: 'int',
  state: 'text',
  target: 'text',
  file_name: 'text',
  source: 'text',
  rows_read: 'int',
  inserted: 'int',
  updated: 'int',
  unchanged: 'int',
  duplicates: 'int',
  skipped: 'int',
  rejected: 'int',
  incomplete: 'bool',
  first_at: 'time',
  last_at: 'time',
  started_at: 'time',
})

export const importsListCommand = (ctx: Context) =>
  command('list', 'what was loaded, newest first', ['arxdb imports list', 'arxdb imports list --limit 5 --json'])
    .addOption(new Option('--limit <n>', 'at most so many').argParser(wholeNumber).default(50))
    .action(async ({ limit }) => {
      const { listImports } = await ctx.services.imports()
      const rows = await listImports(await ctx.connection(), limit, ctx.signal)
      await ctx.print({ columns: shown, rows, notes: [] })
    })
