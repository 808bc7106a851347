import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { collect, command, viewOptions } from '../cli/options.ts'
import { countUpTo } from '../cli/values.ts'
import { SLOW_ORDERS, type SlowMemory, slow } from '../core/slow.ts'
import type { Snapshot } from '../core/slow-counters.ts'

export const slowCommand = (context: Context) =>
  command('slow', 'which statements take the time: by pg_stat_statements, since the last look or since the reset', [
    'arxdb slow --by mean',
    'arxdb slow --since-last --limit 5',
    'arxdb slow --explain twap/window',
  ])
    .addOption(new Option('--by <order>', 'what takes most').choices(SLOW_ORDERS).default('total' as const))
    .addOption(new Option('--limit <n>', 'so many').argParser(countUpTo(500)).default(20))
    .option('--since-last', 'only what came since the last --since-last, which is remembered on this host')
    .option('--own', "only arxdb's own statements, as `arxdb sql list` names them")
    .addOption(viewOptions.watch)
    .addOption(viewOptions.sql)
    .option('--explain <name>', "the plan of one of arxdb's own statements instead")
    .option('--param <name=value>', 'plan it for this value, as PostgreSQL writes it: markets={1,2}', collect, [])
    .option('--analyze', 'run it too, in a read-only transaction')
    .action(async ({ by, limit, sinceLast, own, explain: name, param, analyze = false }) => {
      if (name !== undefined) return explained(context, name, param, analyze)
      const { recogniser } = await context.services.statements()
      const { slowMemory } = await context.services.slowMemory()
      const memory: SlowMemory | undefined = sinceLast ? slowMemory<Snapshot>(context.env, context.note) : undefined
      const recognise = recogniser()
      await context.answer(async () => {
        const now = context.now().toISOString()
        return slow(await context.engine('server'), { by, limit, own, memory, now, recognise })
      })
    })

async function explained(context: Context, name: string, params: readonly string[], analyze: boolean): Promise<void> {
  const { explain } = await context.services.explain()
  const { timeoutMs } = await context.config()
  const { signal } = context
  const { plan, open, generic } = await explain(await context.connection(), {
    name,
    params,
    analyze,
    timeoutMs,
    signal,
  })
  const text = generic ? `planned for any ${open.join(', ')}` : `null stood for ${open.join(', ')}`
  if (open.length > 0) context.note(text)
  await context.write(plan)
}
