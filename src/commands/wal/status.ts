import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { walRanges } from '../../core/backup-report.ts'
import { info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

export const walStatusCommand = (context: Context) =>
  repositoryOptions(
    command('status', 'what the archive holds and lacks, and to which moments it leads', [
      'arxdb wal status --repo /backups',
      'arxdb wal status --repo s3://bucket/prefix --no-server -o json',
    ]),
  )
    .option('--no-server', 'look at the repository alone')
    .action(async ({ server, ...flags }) => {
      const { settings, status } = await context.services.wal()
      const wanted = settings((await context.config()).backup, flags, { env: context.env, cwd: context.cwd })
      const report = await status(wanted, server ? await context.connection() : undefined)
      if (report.problems.length > 0) context.exitWith(EXIT.problems)
      const reach = report.windows.map(
        ({ label, timeline, from, to, toLsn }) =>
          `${label}: from ${from} to ${to ? `at most ${to}` : 'its own end'} (${toLsn}) on timeline ${timeline}`,
      )
      await context.print({
        columns: walRanges,
        rows: report.ranges,
        notes: [...reach.map(info), ...report.remarks.map(info), ...report.problems.map(warn)],
      })
    })
