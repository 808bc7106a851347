import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { columns, info, warn } from '../../core/result.ts'

const shown = columns({ label: 'text', kind: 'text', status: 'text', bytes: 'bytes', action: 'text', reason: 'text' })

export const backupPruneCommand = (context: Context) =>
  repositoryOptions(
    command('prune', 'remove what the retention rules no longer keep, never the newest verified ones', [
      'arxdb backup prune --dry-run',
      'arxdb backup prune --yes',
    ]),
  )
    .option('--dry-run', 'show the plan with its reasons, and remove nothing')
    .action(async ({ dryRun = false, ...flags }) => {
      const { settings } = await context.services.backup()
      const { prune } = await context.services.prune()
      const { env, cwd } = context
      const progress = context.progress('prune')
      let done = 0
      const { plan, removed } = await prune(settings((await context.config()).backup, flags, { env, cwd }), {
        ...{ dryRun, now: context.now() },
        agree: (what) => context.confirm({ what }),
        onStep: (text) => progress.update({ done: ++done, unit: 'steps', text }),
      }).finally(() => progress.stop())
      const gone = new Set(removed?.labels)
      const action = (label: string, keep: boolean): string =>
        keep ? 'keep' : dryRun ? 'remove' : gone.has(label) ? 'removed' : 'refused'
      await context.print({
        columns: shown,
        rows: plan.backups.map(({ label, keep, reasons, ...row }) => ({
          ...{ label, ...row, action: action(label, keep), reason: reasons.join('; ') },
        })),
        notes: [
          ...plan.notes.map(warn),
          ...(removed?.refused ?? []).map((text) => warn(`held by the store: ${text}`)),
          ...(removed?.stays ?? []).map(warn),
          info(`WAL segments: ${dryRun ? `${plan.wal.length} to remove` : `${removed?.wal ?? 0} removed`}`),
        ],
      })
    })
