import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { consequences, stepColumns } from '../../core/policy-report.ts'
import { columns, info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

const applied = columns({ table: 'text', setting: 'text', actual: 'text', wanted: 'text', sql: 'text' })

export const policyApplyCommand = (context: Context) =>
  command('apply', 'bring the database to what the config says; changes only what differs', [
    'arxdb policy apply --dry-run -o json',
    'arxdb policy apply',
  ])
    .option('--dry-run', 'the plan, and nothing else')
    .action(async ({ dryRun }) => {
      const { apply, plan } = await context.services.policy()
      const config = await context.config()
      if (dryRun) {
        const { steps, lacks, uncounted } = await plan(await context.connection(), config)
        if (lacks.length > 0) context.exitWith(EXIT.unsupported)
        return context.print({
          columns: stepColumns,
          rows: steps,
          notes: [...consequences(steps, uncounted), ...lacks.map(warn)],
        })
      }
      const connection = await context.connectionForWriting('change policies')
      const { steps, lacks } = await apply(connection, config, {
        signal: context.signal,
        async agree(shorter) {
          const tables = [...new Set(shorter.map(({ table }) => table))].join(', ')
          const counted = shorter.flatMap(({ rows_deleted }) => (rows_deleted === null ? [] : [rows_deleted]))
          const rows = counted.length > 0 ? ` (${counted.reduce((sum, n) => sum + n, 0)} rows now)` : ''
          await context.confirm({ what: `let rows of ${tables} be deleted sooner than before${rows}`, typed: tables })
        },
      })
      const notes = steps.length === 0 ? [info('nothing differs: nothing was changed')] : consequences(steps, false)
      // The rest is done; what cannot be is said, and is no success.
      if (lacks.length > 0) context.exitWith(EXIT.unsupported)
      await context.print({ columns: applied, rows: steps, notes: [...notes, ...lacks.map(warn)] })
    })
