import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { localServer } from '../../core/local-server.ts'
import { info } from '../../core/result.ts'

export const statusCommand = (context: Context) =>
  command('status', 'whether the local server runs, where, and with what', [
    'arxdb local status -o vertical',
    'arxdb local status --json',
  ]).action(async () => {
    const { localStatus } = await context.services.embedded()
    const status = await localStatus(context)
    const absent = [info('there is none yet; `arxdb local start`, or any command that needs a database, makes it')]
    await context.print(localServer(status, status.state === 'absent' ? absent : []))
  })
