import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

const shown = columns({ step: 'text', outcome: 'text', buckets: 'int', seconds: 'duration' })

export const policyRunCommand = (context: Context) =>
  command('run', 'bring the rollups up to date: what cron calls', [
    'arxdb policy run',
    'arxdb policy run --rebuild -o json',
  ])
    .option('--rebuild', 'make all rollups anew: after partitions were changed or dropped by their own names')
    .action(async ({ rebuild }) => {
      const { runPolicies } = await context.services.policy()
      const connection = await context.connectionForWriting('refresh the rollups')
      const progress = context.progress('policy')
      const steps = await runPolicies(connection, {
        rebuild,
        signal: context.signal,
        onProgress: (buckets) => progress.update({ done: buckets, unit: 'rows', text: 'rolling up hours and days' }),
      }).finally(() => progress.stop())
      const busy = steps.some(({ outcome }) => outcome === 'busy')
      if (busy) context.exitWith(EXIT.refused)
      const notes = busy ? [info('another run is refreshing the rollups, and takes on what is left')] : []
      await context.print({ columns: shown, rows: steps, notes })
    })
