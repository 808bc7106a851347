import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { walRows } from '../../core/backup-report.ts'
import { info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

export const walStatusCommand = (context: Context) =>
  repositoryOptions(
    command('status', 'what the archive holds and lacks, and to which moments it leads', [
      'arxdb wal status --no-server',
      'arxdb wal status --no-server --check -o json',
    ]),
  )
    .option('--no-server', 'look at the repository alone')
    .option('--system-id <id>', 'this cluster alone')
    .option('--check', 'read every file whole and compare its checksum')
    .option('--ack <segments>', 'a gap that is known, NAME or FIRST..LAST: no problem any more')
    .action(async ({ server, check, ack, systemId, ...flags }) => {
      const { settings, status } = await context.services.walCare()
      const wanted = settings((await context.config()).backup, flags, { env: context.env, cwd: context.cwd })
      const connection = server ? await context.connection() : undefined
      const { rows, problems } = await status(wanted, connection, { whole: check, acknowledge: ack, systemId })
      const bad = rows.filter(({ state }) => state === 'problem').length
      if (bad + problems.length > 0) context.exitWith(EXIT.problems)
      const bound = rows.some(({ what }) => what === 'window')
        ? [info("a window's end is when its last segment came into the store: no commit in it is younger")]
        : []
      await context.print({ columns: walRows, rows, notes: [...bound, ...problems.map(warn)] })
    })
