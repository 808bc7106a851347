import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { columns, info } from '../../core/result.ts'

export const destroyCommand = (context: Context) =>
  command('destroy', 'stop the local server and remove it with all its data', [
    'arxdb local destroy',
    'arxdb local destroy --yes',
  ]).action(async () => {
    const { destroyLocal, localStatus } = await context.services.embedded()
    const { state, dataDirectory, sizeBytes } = await localStatus(context)
    if (state !== 'absent') {
      const mb = Math.ceil((sizeBytes ?? 0) / 1_000_000)
      await context.confirm({
        what: `destroy the local server and ${mb} MB of data in ${dataDirectory}`,
        typed: 'destroy',
      })
    }
    const removed = await destroyLocal(context)
    const rows = removed.map((path) => ({ removed: path }))
    const notes = rows.length === 0 ? [info('there is no local server')] : []
    await context.print({ columns: columns({ removed: 'text' }), rows, notes })
  })
