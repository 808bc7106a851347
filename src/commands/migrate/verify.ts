import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { dirOption, sourceOption, wish } from './flags.ts'

export const verifyCommand = (context: Context) =>
  command('verify', 'run the checks that migrations bring along, and look for drift; exit 3 on problems', [
    'arxdb migrate verify',
    'arxdb migrate verify --dir ./migrations',
  ])
    .addOption(dirOption())
    .addOption(sourceOption())
    .action(async (flags) => {
      const { verify, assertVerified } = await context.services.migrate()
      const report = await verify(await wish(context, flags))
      await context.print({
        columns: columns({ migration: 'text', problem: 'text', file: 'text', line: 'int', message: 'text' }),
        rows: report.problems,
        notes: [info(`${report.checks} checks ran`)],
      })
      assertVerified(report)
    })
