import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'
import { count } from '../../wording.ts'

const shown = columns({
  database: 'text',
  job: 'text',
  relation: 'text',
  config: 'text',
  next_start: 'time',
  due: 'bool',
  deletes: 'bool',
})

export const restoreOpenCommand = (context: Context) =>
  command('open', 'let a restored directory run its jobs again: shows them, and asks', [
    'arxdb restore open /var/tmp/restored',
    'arxdb restore open /var/tmp/restored --dry-run',
  ])
    .argument('<dir>', 'a directory of arxdb restore run')
    .option('--archive', 'archive again too: only where it takes the place of the original')
    .option('--bindir <folder>', "PostgreSQL's programs (default: those of its version)")
    .option('--dry-run', 'only show the jobs')
    .action(async (dir, { archive = false, bindir, dryRun }) => {
      const { lookInto } = await context.services.restore()
      const { env, cwd, signal } = context
      const { jobs, open } = await lookInto(dir, bindir, { env, cwd, signal })
      const deleting = jobs.filter(({ due, deletes }) => due && deletes)
      const warnings = deleting.map(({ job, relation }) =>
        warn(`${job} on ${relation} is due: it deletes as soon as the server starts`),
      )
      if (dryRun) return context.print({ columns: shown, rows: jobs, notes: warnings })
      for (const { text } of warnings) context.note(`warning: ${text}`)
      const what = `open ${dir}: ${count(jobs.length, 'job')} will run, ${count(deleting.length, 'due one')} that deletes`
      await context.confirm({ what, ...(deleting.length > 0 ? { typed: 'delete' } : {}) })
      const next = await open(archive)
      const archiving = archive
        ? warn(
            'it archives again, as the original did: two that archive to one place destroy what both can be restored from',
          )
        : info('archive_mode stays off: --archive lets it archive again')
      await context.print({
        columns: shown,
        rows: jobs,
        notes: [...warnings, archiving, ...next.map((line) => info(`start it: ${line}`))],
      })
    })
