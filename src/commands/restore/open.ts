import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'
import { usageError } from '../../errors.ts'
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
  command('open', 'let what was restored run its jobs again: shows them, and asks', [
    'arxdb restore open /var/tmp/restored',
    'arxdb restore open --database market_restored',
  ])
    .argument('[dir]', 'a directory of arxdb restore run --into')
    .option('--database <name>', 'a database of arxdb restore run --into-database')
    .option('--archive', 'archive again too: only where it takes the place of the original')
    .option('--bindir <folder>', "PostgreSQL's programs (default: those of its version)")
    .option('--dry-run', 'only show the jobs')
    .action(async (dir, { database, archive = false, bindir, dryRun }) => {
      const { lookInto, openDatabase } = await context.services.restore()
      if ((dir === undefined) === (database === undefined)) throw usageError('a directory, or --database: one of them')
      if (database !== undefined) {
        const server = await context.connectionForWriting(`open ${database}`, 'asks itself')
        await context.confirm({ what: `have the jobs of ${database} run again, retention among them` })
        const { resumed, gone } = await openDatabase(server, database)
        for (const job of gone) context.note(`warning: job ${job} is not there any more`)
        return context.note(`${count(resumed.length, 'job')} will run again`)
      }
      const { env, cwd, signal } = context
      const { jobs: all, open } = await lookInto(dir!, bindir, { env, cwd, signal })
      const jobs = all.filter(({ subscribes = false }) => archive || !subscribes)
      const held = all.filter((job) => !jobs.includes(job))
      const deleting = jobs.filter(({ due, deletes }) => due && deletes)
      const due = (job: string, on: string | null) => `${job} on ${on} is due: it deletes as soon as the server starts`
      const warnings = deleting.map(({ job, relation }) => warn(due(job, relation)))
      const still = held.map(({ job, database: name }) => info(`${job} of ${name} stays off without --archive`))
      if (dryRun) return context.print({ columns: shown, rows: jobs, notes: [...warnings, ...still] })
      for (const { text } of warnings) context.note(`warning: ${text}`)
      const deletes = deleting.length > 0 ? `, ${deleting.length} of them due to delete` : ''
      const what = `open ${dir}: ${count(jobs.length, 'job')} will run${deletes}${archive ? ', and it archives' : ''}`
      if (jobs.length > 0 || archive)
        await context.confirm({ what, ...(deleting.length > 0 ? { typed: 'delete' } : {}) })
      const { told, next } = await open(archive)
      const notes = [archive ? warn(told) : info(told), ...next.map((line) => info(`start it: ${line}`))]
      await context.print({ columns: shown, rows: jobs, notes: [...warnings, ...still, ...notes] })
    })
