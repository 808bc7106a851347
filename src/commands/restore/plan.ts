import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'
import { EXIT } from '../../errors.ts'

const shown = columns({ check: 'text', outcome: 'text', detail: 'text' })

export const restorePlanCommand = (context: Context) =>
  repositoryOptions(
    command('plan', 'what a restore would do, and whether it would succeed; changes nothing', [
      'arxdb restore plan --to 2026-01-02T03:04:05Z',
      'arxdb restore plan --to latest',
    ]),
  )
    .option('--to <moment>', '2026-01-02T03:04:05Z, latest, backup, xid:123, name:x or lsn:0/3000000 (default: latest)')
    .option('--timeline <n>', "another branch than the backup's own: its number, or latest")
    .option('--backup <label>', 'begin with this one (default: the newest good one that reaches it)')
    .option('--into <dir>', 'where it would go, for the room there (default: ./restored)')
    .action(async ({ to, timeline, backup, into, ...flags }) => {
      const { settings } = await context.services.backup()
      const { plan } = await context.services.restore()
      const { env, cwd, signal, globals } = context
      const wanted = { to, timeline, backup, into, tz: globals.tz }
      const settled = settings((await context.config()).backup, flags, { env, cwd })
      const bar = context.progress('restore plan')
      let steps = 0
      const progress = (text: string) => bar.update({ done: ++steps, unit: 'steps', text })
      const made = await plan(settled, wanted, { env, cwd, signal }, progress).finally(() => bar.stop())
      if (made.findings.some(({ outcome }) => outcome === 'problem')) context.exitWith(EXIT.problems)
      const rows = made.type ? [...made.findings, { check: 'type', outcome: 'note', detail: made.type }] : made.findings
      await context.print({ columns: shown, rows, notes: [info('nothing was changed')] })
    })
