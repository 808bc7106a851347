import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { columns } from '../../core/result.ts'

const shown = columns({ section: 'text', name: 'text', value: 'text', bytes: 'bytes' })

export const backupShowCommand = (context: Context) =>
  repositoryOptions(
    command('show', 'one backup: its objects, what it holds, its proofs, what restoring it takes', [
      'arxdb backup show latest',
      'arxdb backup show latest -o json',
    ]),
  )
    .argument('<label>', 'which one: latest, or a beginning of its label')
    .action(async (label, flags) => {
      const { settings } = await context.services.backup()
      const { show } = await context.services.catalogue()
      const { env, cwd } = context
      const wanted = settings((await context.config()).backup, flags, { env, cwd })
      await context.print({ columns: shown, rows: await show(wanted, label, context.now()), notes: [] })
    })
