import type { Context } from '../cli/context.ts'
import { collect, command, repositoryOptions } from '../cli/options.ts'
import { checkColumns, healthColumns, healthLines, healthNotes, healthRows } from '../core/health-report.ts'

export const healthCommand = (context: Context) =>
  repositoryOptions(
    command('health', 'what is wrong, how bad, and what to type: exits 0, 1, 2 or 3 as monitoring plugins do', [
      'arxdb health',
      'arxdb health connections long-queries --warn connections=70 -o nagios',
    ]),
  )
    .argument('[check...]', 'only these (default: all)')
    .option('--list', 'the checks with their thresholds, and ask nothing')
    .option('--problems', 'leave out what is fine or was skipped')
    .option('--warn <limit>', 'warn from here on: connections=70, or 70 for one check', collect, [])
    .option('--crit <limit>', 'critical from here on', collect, [])
    .action(async (names, { list, problems, warn, crit, ...flags }) => {
      const { health, listed, texts, exitOf } = await context.services.health()
      if (list) return context.print({ columns: checkColumns, rows: listed, notes: [] })
      const config = await context.config()
      const { env, cwd, signal, now, command: name } = context
      const { seen } = await context.services.backupsSeen()
      const backups = seen(config.backup, flags, { env, cwd, now })
      const world = { env, signal, now, command: name, backups }
      const report = await health(context.connection, names, config, { warn, crit }, world)
      context.exitWith(exitOf(report))
      const rows = healthRows(report.findings, problems ?? false)
      await context.print({
        ...{ columns: healthColumns, rows, lines: healthLines(rows) },
        ...{ notes: healthNotes(report.findings), texts: texts(report) },
      })
    })
