import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { collect, command, repositoryOptions } from '../../cli/options.ts'
import { countUpTo } from '../../cli/values.ts'
import { restoredColumns } from '../../core/backup-report.ts'
import { info, warn } from '../../core/result.ts'
import { usageError } from '../../errors.ts'

export const restoreRunCommand = (context: Context) =>
  repositoryOptions(
    command('run', 'restore into a new directory, or a dump into a new database', [
      'arxdb restore run --to 2026-01-02T03:04:05Z --into /var/tmp/restored',
      'arxdb restore run --into-database yesterday',
    ]),
  )
    .option('--to <moment>', '2026-01-02T03:04:05Z, latest, backup, xid:123, name:x or lsn:0/3000000 (default: latest)')
    .option('--into <dir>', 'the new data directory')
    .option('--into-database <name>', 'the new database, for a dump or a copy')
    .option('--timeline <n>', "another branch than the backup's own: its number, or latest")
    .option('--backup <label>', 'begin with this one (default: the newest good one that reaches it)')
    .addOption(
      new Option('--tablespace <old=new>', 'where a tablespace goes')
        .argParser(collect)
        .default([] as readonly string[]),
    )
    .addOption(new Option('--jobs <n>', 'connections that load and build at once').argParser(countUpTo(64)).default(2))
    .action(async ({ to, into, intoDatabase, timeline, backup, tablespace, jobs, ...flags }) => {
      if ((into === undefined) === (intoDatabase === undefined))
        throw usageError('--into or --into-database: one of them')
      const { settings } = await context.services.backup()
      const { run, runLogical } = await context.services.restore()
      const { env, cwd, signal, globals } = context
      const settled = settings((await context.config()).backup, flags, { env, cwd })
      const bar = context.progress('restore')
      let steps = 0
      const progress = (text: string) => bar.update({ done: ++steps, unit: 'steps', text })
      if (intoDatabase !== undefined) {
        const server = await context.connectionForWriting(`make the database ${intoDatabase}`)
        const what = { server, database: intoDatabase, backup, jobs }
        const done = await runLogical(settled, what, { env, cwd, signal }, progress).finally(() => bar.stop())
        const row = { ...done, into: intoDatabase, target: 'backup', reached_time: null, reached_lsn: null }
        const paused = `${done.pausedJobs} jobs stand still; next: arxdb restore open --database ${intoDatabase}`
        const notes = [...done.warnings.map(warn), ...(done.pausedJobs > 0 ? [info(paused)] : [])]
        return context.print({ columns: restoredColumns, rows: [row], notes })
      }
      const wanted = { to, timeline, backup, into: into!, tz: globals.tz, tablespaces: tablespace }
      const talk = { progress, confirm: context.confirm }
      const done = await run(settled, wanted, { env, cwd, signal }, talk).finally(() => bar.stop())
      const { reachedTime: reached_time, reachedLsn: reached_lsn, movedTo, notes } = done
      const next = `no server runs on it; next: arxdb restore open ${done.dataDir}`
      const row = { ...done, into: done.dataDir, reached_time, reached_lsn }
      await context.print({
        columns: restoredColumns,
        rows: [row],
        notes: [...(movedTo ? [`what stood there is in ${movedTo} now`] : []), ...notes, next].map(info),
      })
    })
