import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, warn } from '../../core/result.ts'

export const showCommand = (context: Context) =>
  command('show', 'every setting in force, passwords hidden', [
    'arxdb config show',
    'arxdb config show --origin -o json',
  ])
    .option('--origin', 'where each value comes from')
    .action(async ({ origin }) => {
      const { show } = await context.services.config()
      const config = await context.config()
      const { url, service } = context.globals
      const settings = await show(config, { env: context.env, flags: { url, service }, warn: context.note })
      await context.print({
        columns: columns({ key: 'text', value: 'text', ...(origin ? { origin: 'text' as const } : {}) }),
        rows: origin ? settings : settings.map(({ key, value }) => ({ key, value })),
        notes: config.warnings.map(warn),
      })
    })
