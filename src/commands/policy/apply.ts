import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { consequences, stepColumns } from './plan.ts'

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
        const { steps, uncounted } = await plan(await context.connection(), config)
        return context.print({ columns: stepColumns, rows: steps, notes: consequences(steps, uncounted) })
      }
      const connection = await context.connectionForWriting('change policies')
      const { steps } = await apply(connection, config, {
        signal: context.signal,
        async agree(shorter) {
          const tables = [...new Set(shorter.map(({ table }) => table))].join(', ')
          const counted = shorter.flatMap(({ rows_deleted }) => (rows_deleted === null ? [] : [rows_deleted]))
          const rows = counted.length > 0 ? `, ${counted.reduce((sum, n) => sum + n, 0)} rows now` : ''
          await context.confirm({ what: `let rows of ${tables} be deleted sooner than before${rows}`, typed: tables })
        },
      })
      const notes = steps.length === 0 ? [info('nothing differs: nothing was changed')] : consequences(steps, false)
      await context.print({ columns: applied, rows: steps, notes })
    })
