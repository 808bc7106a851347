import type { Context } from '../cli/context.ts'
import { command } from '../cli/options.ts'
import { isUndone, maintainColumns, maintainNotes } from '../core/maintain-report.ts'
import { parseDuration } from '../duration.ts'
import { EXIT } from '../errors.ts'

export const maintainCommand = (context: Context) =>
  command('maintain', 'vacuum and analyze what is due, rebuild invalid and bloated indexes, refresh rollups', [
    'arxdb maintain --dry-run',
    'arxdb maintain --budget 30m',
  ])
    .option('--budget <duration>', 'begin no step later than this after the start: 30m')
    .option('--lock-timeout <duration>', 'how long a step waits for a table that is in use', '5s')
    .option('--rebuild-timeout <duration>', 'how long a rebuild waits for older transactions', '5m')
    .option('--dry-run', 'print the SQL, and run none of it')
    .action(async ({ budget, lockTimeout, rebuildTimeout, dryRun }) => {
      const { maintain, planned } = await context.services.maintain()
      if (dryRun) {
        const lines = await planned(await context.connection(), context.signal)
        if (lines.length === 0) context.note('nothing is due')
        return context.write(lines.map((line) => `${line}\n`).join(''))
      }
      const patience = { lockTimeoutMs: parseDuration(lockTimeout), rebuildTimeoutMs: parseDuration(rebuildTimeout) }
      const budgetMs = budget === undefined ? undefined : parseDuration(budget)
      const connection = await context.connectionForWriting('vacuum, analyze and rebuild indexes')
      const progress = context.progress('maintain')
      let steps = 0
      const { rows, overBudget } = await maintain(connection, {
        ...{ signal: context.signal, budgetMs, patience },
        onProgress: (text) => progress.update({ done: ++steps, unit: 'steps', text }),
      }).finally(() => progress.stop())
      if (rows.some(isUndone)) context.exitWith(EXIT.failure)
      await context.print({ columns: maintainColumns, rows, notes: maintainNotes(rows, overBudget) })
    })
