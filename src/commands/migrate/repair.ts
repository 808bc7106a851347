import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { dirOption, lockWaitOption, sourceOption, wish } from './flags.ts'

export const repairCommand = (context: Context) =>
  command('repair', 'accept edited files, and forget files that are gone; runs no migration', [
    "arxdb migrate repair --note 'reindented by the formatter' --yes",
    'arxdb migrate repair --dry-run',
  ])
    .addOption(dirOption())
    .addOption(sourceOption())
    .addOption(lockWaitOption())
    .option('--note <why>', 'the reason, kept in the ledger')
    .option('--dry-run', 'only say what would change')
    .action(async (flags) => {
      const { planRepair, repair, repairText } = await context.services.migrate()
      const asked = await wish(context, flags, { what: 'change the ledger' })
      const found = await planRepair(asked)
      const texts = found.map(repairText)
      const kinds = { migration: 'text', action: 'text', old_checksum: 'text', new_checksum: 'text' } as const
      const show = (changes: typeof found, text: string) =>
        context.print({
          columns: columns(kinds),
          rows: changes.map(({ source, version, name, ...rest }) => ({
            migration: `${source}/${version}_${name}`,
            ...rest,
          })),
          notes: [info(text)],
        })
      if (found.length === 0) return show([], 'nothing to repair')
      if (flags.dryRun) return show(found, 'nothing was changed')
      await context.confirm({ what: `change the ledger: ${texts.join('; ')}` })
      return show(await repair({ ...asked, note: flags.note ?? '' }), 'the ledger was changed')
    })
