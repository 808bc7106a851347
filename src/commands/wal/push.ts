import { Option } from '@commander-js/extra-typings'
import type { WalContext } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { parseDuration } from '../../duration.ts'
import { EXIT } from '../../errors.ts'

export const walPushCommand = (context: WalContext) =>
  repositoryOptions(
    command('push', 'store a finished WAL file: what archive_command calls', [
      'arxdb wal push pg_wal/000000010000000000000001 --repo /backups',
      'arxdb wal push pg_wal/00000002.history --repo s3://backups/market',
    ]),
  )
    .argument('<path>', 'the file, as PostgreSQL names it with %p')
    .option('--system-id <id>', 'refuse the WAL of any other cluster')
    .option('--encrypt', "encrypt for the key file's recipient")
    .addOption(
      new Option('--compression <how>', 'zstd, gzip or none (default: zstd)').choices([
        'zstd',
        'gzip',
        'none',
      ] as const),
    )
    .option('--deadline <duration>', 'fail after this long', '60s')
    .option('--no-batch', 'leave what else is ready to later calls')
    .action(async (path, { deadline, batch, systemId, ...flags }) => {
      const { push, settings } = await context.services.wal()
      const { env, cwd, signal } = context
      const wanted = settings((await context.config()).backup, flags, { env, cwd })
      const done = await push(path, wanted, { env, cwd, signal, systemId, deadlineMs: parseDuration(deadline) }, batch)
      context.exitWith(EXIT.kept)
      if (context.globals.verbose) context.note(`${done.name}: ${done.outcome}, ${done.along} more with it`)
    })
