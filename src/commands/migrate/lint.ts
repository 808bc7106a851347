import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'

export const lintCommand = (context: Context) =>
  command('lint', 'read migrations for what will fail on TimescaleDB or stop a busy table; exit 3 on findings', [
    'arxdb migrate lint ./migrations',
    'arxdb migrate lint --json',
  ])
    .argument('[dir]', "directory of migrations (default: arxdb's own)")
    .action(async (dir) => {
      const { lint, assertNoFindings } = await context.services.migrate()
      const findings = lint(dir)
      const kinds = { rule: 'text', file: 'text', line: 'int', message: 'text', fix: 'text' } as const
      const notes = findings.length === 0 ? [info('no findings')] : []
      await context.print({ columns: columns(kinds), rows: findings, notes })
      assertNoFindings(findings)
    })
