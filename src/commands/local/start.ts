import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { localServer } from '../../core/local-server.ts'
import { parseDuration } from '../../duration.ts'

export const startCommand = (context: Context) =>
  command('start', 'make the local server if there is none, and start it', [
    'arxdb local start',
    'arxdb local start --idle-stop 8h',
  ])
    .option('--idle-stop <duration>', 'stop it after this long without a client, 0 for never (default: 1h); remembered')
    .action(async ({ idleStop }) => {
      const { local } = await context.config()
      const { startLocal } = await context.services.embedded()
      const { env, note, signal } = context
      const options = { env, note, signal, idleStopMs: local.idleStopMs }
      const chosen = idleStop === undefined ? undefined : parseDuration(idleStop)
      await context.print(localServer(await startLocal(options, chosen)))
    })
