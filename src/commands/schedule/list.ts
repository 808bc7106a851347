import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { columns, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'
import { jobWorld } from './options.ts'

const shown = columns({
  job: 'text',
  schedule: 'text',
  installed: 'bool',
  last_due: 'time',
  last_run: 'time',
  outcome: 'text',
  host: 'text',
  overdue: 'bool',
  message: 'text',
})

export const scheduleListCommand = (context: Context) =>
  repositoryOptions(
    command('list', 'each job beside its last run, by the records in the repository', [
      'arxdb schedule list',
      'arxdb schedule list -o json',
    ]),
  )
    .option('--check', 'exit 3 when a job is overdue or its last run failed')
    .action(async ({ check, ...flags }) => {
      const { settings } = await context.services.backup()
      const { list } = await context.services.schedule()
      const { env, cwd } = context
      const wanted = settings((await context.config()).backup, flags, { env, cwd })
      const rows = await list(wanted, await jobWorld(context, flags), env, context.now())
      const bad = rows.filter(({ overdue, outcome }) => overdue || outcome === 'failed')
      if (check && bad.length > 0) context.exitWith(EXIT.problems)
      const notes = bad.map(({ job, overdue, outcome, message }) =>
        warn(
          `${job} ${overdue ? (outcome === 'never' ? 'never ran' : 'is overdue') : 'failed last time'}${message ? `: ${message}` : ''}`,
        ),
      )
      await context.print({ columns: shown, rows, notes })
    })
