import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { madeColumns, madeRow } from '../../core/backup-report.ts'
import { warn } from '../../core/result.ts'

export const backupRunCommand = (context: Context) =>
  repositoryOptions(
    command('run', 'make one backup and publish it: what cron calls', [
      'arxdb backup run --kind copy',
      'arxdb backup run --repo s3://backups/market --kind base -o json',
    ]),
  )
    .addOption(
      new Option('--kind <kind>', 'how (default: dump)').choices([
        'dump',
        'base',
        'incremental',
        'pgbackrest',
        'copy',
      ] as const),
    )
    .option('--encrypt', "encrypt for the key file's recipient")
    .addOption(
      new Option('--compression <how>', 'of what the tool does not compress itself (default: zstd)').choices([
        'zstd',
        'gzip',
        'none',
      ] as const),
    )
    .option('--staging <folder>', 'where files are made first (default: the temporary folder)')
    .option('--deadline <duration>', 'give up after this long (default: 1d)')
    .option('--stanza <name>', "pgBackRest's name of the cluster")
    .action(async (flags) => {
      const { run, settings } = await context.services.backup()
      const world = { env: context.env, cwd: context.cwd }
      const wanted = settings((await context.config()).backup, flags, world)
      const connection = await context.connection()
      const progress = context.progress('backup')
      let steps = 0
      const { manifest, seconds, remarks } = await run(connection, wanted, {
        ...{ env: context.env, signal: context.signal, now: () => context.now() },
        progress: (text) => progress.update({ done: ++steps, unit: 'steps', text }),
      }).finally(() => progress.stop())
      await context.print({ columns: madeColumns, rows: [madeRow(manifest, seconds)], notes: remarks.map(warn) })
    })
