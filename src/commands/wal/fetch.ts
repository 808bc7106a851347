import type { WalContext } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { parseDuration } from '../../duration.ts'
import { EXIT } from '../../errors.ts'

export const walFetchCommand = (context: WalContext) =>
  repositoryOptions(
    command('fetch', 'bring a WAL file back: what restore_command calls', [
      'arxdb wal fetch 000000010000000000000001 pg_wal/RECOVERYXLOG --repo /backups',
      'arxdb wal fetch 00000002.history /tmp/history --repo s3://backups/market',
    ]),
  )
    .argument('<name>', "the file's name, %f")
    .argument('<path>', 'where PostgreSQL wants it, %p')
    .option('--system-id <id>', 'the cluster, where it cannot be told from the data directory')
    .option('--deadline <duration>', 'fail after this long', '60s')
    .action(async (name, path, { deadline, systemId, ...flags }) => {
      const { bring, settings } = await context.services.wal()
      const { env, cwd, signal } = context
      const wanted = settings((await context.config()).backup, flags, { env, cwd })
      await bring(name, path, wanted, { env, cwd, signal, systemId, deadlineMs: parseDuration(deadline) })
      context.exitWith(EXIT.kept)
    })
