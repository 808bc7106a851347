import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { adviceText } from '../../core/advice-text.ts'
import { echoes, info, warn } from '../../core/result.ts'

const shown = echoes(['actual', 'n', 'entry'], {
  table: 'text',
  setting: 'text',
  now: 'text',
  actual: 'text',
  advised: 'text',
  change: 'bool',
  confident: 'bool',
  n: 'int',
  reason: 'text',
  entry: 'text',
})

export const policyAdviseCommand = (context: Context) =>
  command('advise', 'what policies should be, from the rows that are there', [
    'arxdb policy advise',
    'arxdb policy advise candles --memory 16GB -o json',
  ])
    .argument('[table...]', 'candles, public.ticks (default: all that have a policy, and every hypertable)')
    .option('--memory <size>', "memory of the server's machine: 16GB (default: its effective_cache_size)")
    .action(async (tables, { memory }) => {
      const { adviseTables } = await context.services.advise()
      const { policy: written, output } = await context.config()
      const { signal } = context
      const advised = await adviseTables(await context.connection(), { tables, written, memory, signal })
      const { rows, warnings, remarks, entry } = advised
      // Machines find it row by row.
      const machine = context.globals.json || ['json', 'ndjson', 'parquet'].includes(output ?? '')
      const paste = entry === undefined || machine ? [] : [info(`in arxdb.json: ${entry}`)]
      const notes = [...warnings.map(warn), ...remarks.map(info), ...paste]
      const { io, globals } = context
      if (!io.out.isTTY || globals.output || globals.out || machine)
        return context.print({ columns: shown, rows, notes })
      for (const { level, text } of notes) context.note(level === 'warn' ? `warning: ${text}` : text)
      return context.write(adviceText(rows, io.out.width))
    })
