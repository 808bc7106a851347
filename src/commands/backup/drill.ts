import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { drillColumns, drillRow } from '../../core/backup-report.ts'
import { info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

export const backupDrillCommand = (context: Context) =>
  repositoryOptions(
    command('drill', 'restore for practice: isolated, timed, compared, cleared away', [
      'arxdb backup drill',
      'arxdb backup drill --level 4 -o json',
    ]),
  )
    .argument('[label]', 'which one, or a beginning of its label (default: the newest good one)')
    .option(
      '--to <moment>',
      'recover to this moment, as restore run does (default: the restore point behind the backup)',
    )
    .addOption(
      new Option('--level <n>', '4 started and queried, 5 content compared').choices(['4', '5'] as const).default('5'),
    )
    .option('--staging <folder>', 'where the server is made (default: the temporary folder)')
    .option('--relations', 'a row for each table instead of one for the drill')
    .action(async (label, { to, level, relations, ...flags }) => {
      const { settings } = await context.services.backup()
      const { practise } = await context.services.drill()
      const { env, cwd, signal, globals } = context
      const bar = context.progress('drill')
      let steps = 0
      const done = await practise(settings((await context.config()).backup, flags, { env, cwd }), {
        ...{ label, to, tz: globals.tz, level: Number(level) as 4 | 5, env, signal },
        progress: (text) => bar.update({ done: ++steps, unit: 'steps', text }),
      }).finally(() => bar.stop())
      if (!done.passed) context.exitWith(EXIT.problems)
      const { columns, rows } = relations
        ? drillRow.relations(done)
        : { columns: drillColumns, rows: [drillRow.summary(done)] }
      await context.print({ columns, rows, notes: [...done.remarks.map(info), ...done.problems.map(warn)] })
    })
