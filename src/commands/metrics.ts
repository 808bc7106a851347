import type { Context } from '../cli/context.ts'
import { command, repositoryOptions } from '../cli/options.ts'
import { parseDuration } from '../duration.ts'
import { EXIT, usageError } from '../errors.ts'

export const metricsCommand = (context: Context) =>
  repositoryOptions(
    command('metrics', 'what Prometheus wants to know, health included, in its text format', [
      'arxdb metrics',
      'arxdb metrics --textfile /var/lib/prometheus/node-exporter/arxdb.prom',
      'arxdb metrics --listen 127.0.0.1:9187',
    ]),
  )
    .option('--textfile <file>', "into a file of node_exporter's textfile collector: replaced whole, or not at all")
    .option('--listen <address>', 'answer GET /metrics at this address, asking anew each time, until Ctrl-C')
    .option('--listen-anywhere', 'let it be an address that other machines reach')
    .option('--deadline <duration>', 'give up when asking takes longer', '10s')
    .action(async ({ textfile, listen, listenAnywhere, deadline, ...flags }) => {
      const { output, json } = context.globals
      if (json || (output !== undefined && output !== 'prometheus'))
        throw usageError('metrics speaks the language of Prometheus only', 'arxdb health -o json')
      if (textfile !== undefined && listen !== undefined)
        throw usageError('--textfile and --listen are two places', 'one of them')
      const { metricsText, metricsFile, serveMetrics } = await context.services.metrics()
      const config = await context.config()
      const { env, cwd, signal, now, note, command: name } = context
      const { seen } = await context.services.backupsSeen()
      const backups = seen(config.backup, flags, { env, cwd, now })
      const world = { env, cwd, signal, now, note, command: name, backups, deadlineMs: parseDuration(deadline) }
      if (listen !== undefined) {
        await serveMetrics({ listen, anywhere: listenAnywhere ?? false }, context.connection, config, world)
        return context.exitWith(signal.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)
      }
      const connection = await context.connection()
      if (textfile !== undefined) return metricsFile(textfile, connection, config, world)
      await context.write(await metricsText(connection, config, world))
    })
