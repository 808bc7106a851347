import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { doctorColumns } from '../../core/backup-report.ts'
import { EXIT } from '../../errors.ts'

export const backupDoctorCommand = (context: Context) =>
  repositoryOptions(
    command('doctor', 'what backups, archiving and restores depend on, and what is wrong with it', [
      "arxdb backup doctor --archive-command 'arxdb wal push %p --repo /backups'",
      "arxdb backup doctor --restore-command 'arxdb wal fetch %f %p --repo /backups' -o json",
    ]),
  )
    .addOption(
      new Option('--kind <kind>', 'of the backups that are made here (default: dump)').choices([
        'dump',
        'base',
        'incremental',
        'pgbackrest',
        'copy',
      ] as const),
    )
    .option('--encrypt', 'encryption is wanted')
    .option('--staging <folder>', 'where files are made first (default: the temporary folder)')
    .option('--archive-command <text>', 'judge this text, and nothing else')
    .option('--restore-command <text>', 'judge this text, and nothing else')
    .option('--no-server', 'look at this host and the repository alone')
    .action(async ({ archiveCommand, restoreCommand, server, ...flags }) => {
      const { settings, diagnose } = await context.services.doctor()
      const { env, cwd } = context
      const texts = archiveCommand !== undefined || restoreCommand !== undefined
      const rows = await diagnose({
        ...{ env, archiveCommand, restoreCommand },
        settings: texts ? undefined : settings((await context.config()).backup, flags, { env, cwd }),
        connection: !texts && server ? await context.connection() : undefined,
      })
      if (rows.some(({ state }) => state === 'problem')) context.exitWith(EXIT.problems)
      await context.print({ columns: doctorColumns, rows, notes: [] })
    })
