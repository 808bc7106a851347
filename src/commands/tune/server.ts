import type { Context } from '../../cli/context.ts'
import { command, tuneOptions } from '../../cli/options.ts'
import { appliedColumns, appliedNotes, appliedRows, tuneColumns, tuneNotes } from '../../core/tune-report.ts'

export const tuneServerCommand = (context: Context) =>
  tuneOptions(
    command('server', 'server settings for this machine and workload, beside what it has; written with --apply', [
      'arxdb tune server --memory 24GB --cpus 2 --workload analytics --conf',
      'arxdb tune server --memory 1GB --cpus 2 --dry-run',
    ]),
  )
    .option('--conf', 'print lines for postgresql.conf')
    .option('--dry-run', 'print the SQL of --apply, and run none of it')
    .option('--apply', 'write what differs by ALTER SYSTEM, check it, reload, and say what needs a restart')
    .action(async ({ conf, dryRun, apply, ...asked }) => {
      const { tune, applyTuning, confText } = await context.services.tune()
      if (apply && !dryRun) {
        const connection = await context.connectionForWriting('change server settings', 'asks itself')
        const { applied, ...found } = await applyTuning(connection, asked, (rows) =>
          context.confirm({ what: `set ${rows.map((row) => `${row.setting} = ${row.recommended}`).join(', ')}` }),
        )
        return context.print({
          columns: appliedColumns,
          ...{ rows: appliedRows(found.rows, applied), notes: appliedNotes(found, applied) },
        })
      }
      const found = await tune(await context.connection(), asked)
      if (dryRun) return context.write(found.sql.map((line) => `${line};\n`).join(''))
      if (conf) return context.write(confText(found))
      await context.print({
        ...{ columns: tuneColumns, rows: found.rows, notes: tuneNotes(found, asked.workload, asked.storage) },
      })
    })
