import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { walSettings } from '../../core/backup-report.ts'
import { info } from '../../core/result.ts'

export const walSetupCommand = (context: Context) =>
  repositoryOptions(
    command('setup', 'the settings that have a server archive its WAL, beside what it has', [
      'arxdb wal setup --repo /backups --no-server',
      'arxdb wal setup --repo /backups --apply',
    ]),
  )
    .option('--encrypt', "encrypt for the key file's recipient")
    .option('--apply', 'begin the repository, and set what differs by ALTER SYSTEM')
    .option('--begin', 'begin the repository, and print')
    .option('--no-server', 'print them without asking a server')
    .action(async ({ apply, begin, server, ...flags }) => {
      const { settings, planSetup, applySetup, beginRepository } = await context.services.walCare()
      const { backup } = await context.config()
      const wanted = settings(backup, flags, { env: context.env, cwd: context.cwd })
      const connection = apply
        ? await context.connectionForWriting('change how the server archives its WAL', 'asks itself')
        : server
          ? await context.connection()
          : undefined
      const namesKey = flags.keyFile !== undefined || backup.keyFile !== undefined
      const rows = await planSetup(wanted, { ...context.program, namesKey }, connection)
      const differ = rows.filter(({ needs }) => needs !== null)
      const restart = differ.filter(({ needs }) => needs === 'restart').map(({ name }) => name)
      if (apply || begin) await beginRepository(wanted)
      if (apply && connection && differ.length > 0) {
        await context.confirm({ what: `set ${differ.map(({ name }) => name).join(', ')} on the server` })
        await applySetup(connection, differ)
      }
      const late = restart.length > 0 ? [info(`${restart.join(' and ')}: takes a restart of the server`)] : []
      const done = apply && differ.length > 0 ? [info(`${differ.length} settings changed, configuration reloaded`)] : []
      await context.print({ columns: walSettings, rows, notes: [...done, ...late] })
    })
