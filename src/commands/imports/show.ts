import { Argument } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { wholeNumber } from '../../cli/values.ts'
import { columns } from '../../core/result.ts'

const shown = columns({
  import_id: 'int',
  state: 'text',
  target: 'text',
  file_name: 'text',
  import_key: 'text',
  source: 'text',
  attribution: 'text',
  content_sha256: 'text',
  content_bytes: 'bytes',
  mapping: 'text',
  rows_read: 'int',
  inserted: 'int',
  updated: 'int',
  unchanged: 'int',
  duplicates: 'int',
  skipped: 'int',
  rejected: 'int',
  merged: 'int',
  incomplete: 'bool',
  batches: 'int',
  first_at: 'time',
  last_at: 'time',
  started_at: 'time',
  finished_at: 'time',
  arxdb_version: 'text',
})

export const importsShowCommand = (ctx: Context) =>
  command('show', 'one import with everything known of it', [
    'arxdb imports show 3',
    'arxdb imports show 3 -o vertical',
  ])
    .addArgument(new Argument('<id>', 'its number, from `arxdb imports list`').argParser(wholeNumber))
    .action(async (id) => {
      const { showImport } = await ctx.services.imports()
      const row = await showImport(await ctx.connection(), id, ctx.signal)
      await ctx.print({ columns: shown, rows: [row], notes: [] })
    })
