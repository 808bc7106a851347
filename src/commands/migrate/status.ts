import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'
import { dirOption, sourceOption, wish } from './flags.ts'

export const statusCommand = (context: Context) =>
  command('status', 'what is applied, pending, edited or missing; exit 3 unless all is applied', [
    'arxdb migrate status',
    'arxdb migrate status --dir ./migrations --json',
  ])
    .addOption(dirOption())
    .addOption(sourceOption())
    .action(async (flags) => {
      const { status, assertClean } = await context.services.migrate()
      const report = await status(await wish(context, flags))
      const broken = report.invalidIndexes.map(({ index_name, table_name, building_pid }) =>
        building_pid === null
          ? warn(`index ${index_name} on ${table_name} is invalid: it costs writes and answers nothing`)
          : info(`index ${index_name} on ${table_name} is being built by pid ${building_pid}`),
      )
      const strangers = report.strangers.map((source) =>
        info(`"${source}" is not judged: give its directory with --dir`),
      )
      await context.print({
        columns: columns({
          source: 'text',
          version: 'text',
          name: 'text',
          variant: 'text',
          state: 'text',
          applied_at: 'time',
          note: 'text',
        }),
        rows: report.rows,
        notes: [info(`tier ${report.tier}${report.recorded ? '' : ' (not recorded yet)'}`), ...broken, ...strangers],
      })
      assertClean(report)
    })
