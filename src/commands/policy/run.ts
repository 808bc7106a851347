import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

const shown = columns({
  step: 'text',
  table: 'text',
  outcome: 'text',
  chunks: 'int',
  rows: 'int',
  bytes: 'bytes',
  seconds: 'duration',
  detail: 'text',
})

const UNDONE = ['locked', 'failed']

export const policyRunCommand = (context: Context) =>
  command('run', 'do what is due by the policies that were applied: what cron calls', [
    'arxdb policy run',
    'arxdb policy run --rebuild -o json',
  ])
    .option('--rebuild', 'make all rollups anew: after partitions were changed or dropped by their own names')
    .action(async ({ rebuild }) => {
      const { run } = await context.services.policy()
      const connection = await context.connectionForWriting('do what the policies say')
      const progress = context.progress('policy')
      let units = 0
      const { deeds, unapplied } = await run(connection, {
        rebuild,
        signal: context.signal,
        onProgress: (text) => progress.update({ done: ++units, unit: 'steps', text }),
      }).finally(() => progress.stop())
      const undone = deeds.filter(({ outcome }) => UNDONE.includes(outcome))
      if (undone.length > 0) context.exitWith(EXIT.failure)
      await context.print({
        columns: shown,
        rows: deeds,
        notes: [
          ...(unapplied
            ? [info('no policy was applied yet: nothing is compressed or dropped (arxdb policy plan)')]
            : []),
          ...undone.map(({ step, table, detail }) => warn(`${step}${table ? ` ${table}` : ''}: ${detail}`)),
        ],
      })
    })
