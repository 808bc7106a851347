import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { echoes } from '../../core/result.ts'

const shown = echoes(['database', 'ended', 'proven_at', 'trust', 'parent', 'wal_start', 'wal_end', 'timeline'], {
  label: 'text',
  kind: 'text',
  status: 'text',
  database: 'text',
  ended: 'time',
  age: 'duration',
  bytes: 'bytes',
  proven_level: 'int',
  proven_at: 'time',
  proven_age: 'duration',
  trust: 'text',
  parent: 'text',
  wal_start: 'text',
  wal_end: 'text',
  timeline: 'int',
})

export const backupListCommand = (context: Context) =>
  repositoryOptions(
    command('list', 'what backups there are, how far each is proven, and what happened lately', [
      'arxdb backup list',
      'arxdb backup list -o json',
    ]),
  ).action(async (flags) => {
    const { settings } = await context.services.backup()
    const { list } = await context.services.catalogue()
    const { env, cwd } = context
    const { rows, remarks } = await list(settings((await context.config()).backup, flags, { env, cwd }), context.now())
    await context.print({ columns: shown, rows, notes: remarks })
  })
