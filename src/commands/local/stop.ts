import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { localServer } from '../../core/local-server.ts'
import { info } from '../../core/result.ts'

export const stopCommand = (context: Context) =>
  command('stop', 'stop the local server; what runs in it is rolled back', [
    'arxdb local stop',
    'arxdb local stop --quiet',
  ]).action(async () => {
    const { stopLocal } = await context.services.embedded()
    const { stopped, status } = await stopLocal(context)
    await context.print(localServer(status, stopped ? [] : [info('it was not running')]))
  })
