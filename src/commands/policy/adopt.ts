import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'
import { parseDuration } from '../../duration.ts'
import { EXIT } from '../../errors.ts'
import { count, humanBytes } from '../../wording.ts'

const figures = { rows: 'int', bytes: 'bytes', chunks: 'int', seconds: 'duration', basis: 'text' } as const
const shown = columns({ step: 'text', lock: 'text', ...figures, sql: 'text', entry: 'text' })

const EMPTY = Object.fromEntries(shown.map(({ name }) => [name, null]))

export const policyAdoptCommand = (context: Context) =>
  command('adopt', 'turn a table of your own into a hypertable: planned, measured, then done', [
    'arxdb policy adopt public.ticks --dry-run',
    'arxdb policy adopt ticks --chunk-interval 1d --yes',
  ])
    .argument('<table>', 'table, schema.table or "Quoted"."Name"')
    .option('--time-column <column>', 'what chunks are made by (default: the one column that is sure to hold a time)')
    .option(
      '--chunk-interval <width>',
      'width of a chunk: 1h, 7d; units where times are numbers (default: by its rows)',
    )
    .addOption(new Option('--lock-wait <duration>', 'go on trying for the lock so long').default('60s'))
    .option('--write', 'add the table to the policy in the config file')
    .option('--dry-run', 'show what would be done, and what it would take')
    .action(async (table, { timeColumn, chunkInterval, lockWait, write, dryRun }) => {
      const { planAdoption, adoptTable } = await context.services.adopt()
      const what = `rewrite ${table} as a hypertable`
      const [lockWaitMs, { signal }] = [parseDuration(lockWait), context]
      const connection = dryRun ? await context.connection() : await context.connectionForWriting(what, 'asks itself')
      const { policy: policies, timeoutMs, files } = await context.config()
      const plan = await planAdoption(connection, { table, timeColumn, chunkInterval, policies, timeoutMs, signal })
      const file = files[0] ?? `${context.cwd}/arxdb.json`
      const { entry } = plan
      const text = entry && JSON.stringify({ policy: { [entry.name]: entry.policy } })
      const where = write ? `${dryRun ? 'would go ' : ''}into ${file}` : 'for arxdb.json'
      const notes = text ? [info(`${where}: ${text}`)] : []
      const kept = text ? [{ step: 'config', entry: text }] : []
      const rows = (steps: readonly object[]) => [...steps, ...kept].map((row) => ({ ...EMPTY, ...row }))
      if (dryRun) return context.print({ columns: shown, rows: rows(plan.steps), notes: [...plan.remarks, ...notes] })

      for (const { sql } of plan.steps) context.note(`${sql};`)
      for (const { level, text } of plan.remarks) context.note(level === 'warn' ? `warning: ${text}` : text)
      const size = `${humanBytes(plan.bytes)}, locked meanwhile`
      await context.confirm({ what: `rewrite ${plan.table} (${size}) as a hypertable`, typed: plan.table })
      const progress = context.progress('adopt')
      const names = plan.steps.map(({ step }) => step)
      const at = (step: string) => ({ done: Math.max(0, names.indexOf(step)), total: names.length })
      const onStep = (text: string) => progress.update({ ...at(text), unit: 'steps', text })
      const done = await adoptTable(connection, plan, { signal, lockWaitMs, onStep }).finally(() => progress.stop())
      const now = `${plan.table} is a hypertable: ${count(done.chunks, 'chunk')}, ${humanBytes(done.bytes)}`
      const { addPolicy } = await context.services.config()
      const failed = write && entry && (await addPolicy(file, entry.name, entry.policy))
      if (failed) context.exitWith(EXIT.failure)
      const last = failed ? [warn(`nothing was written into ${file} (${failed}): add ${text}`)] : notes
      await context.print({ columns: shown, rows: rows(done.steps), notes: [info(now), ...last] })
    })
