import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command, repositoryOptions } from '../../cli/options.ts'
import { ArxError, EXIT, usageError } from '../../errors.ts'

export const alertsRunCommand = (context: Context) =>
  repositoryOptions(
    command('run', 'ask health again and again, and tell what is raised, still stands, or is over', [
      'arxdb alerts run',
      'arxdb alerts run --once --webhook https://alerts.example.org/arxdb --secret-file ~/.config/arxdb/alerts.secret',
      'arxdb alerts run connections long-queries --every 30s --damp 1/1',
    ]),
  )
    .argument('[check...]', 'only these (default: all)')
    .option('--every <duration>', 'how often to ask (default: 1m)')
    .option('--once', 'ask once and end, for cron')
    .option('--repeat <duration>', 'tell again what still stands after this long; 0 for never (default: 4h)')
    .option('--damp <n/m>', 'raise what was bad in n of the last m runs, clear it after n good ones (default: 2/3)')
    .addOption(
      new Option('--level <state>', 'from when on (default: warning)').choices(['warning', 'critical'] as const),
    )
    .option('--webhook <url>', 'POST each event as JSON')
    .option('--secret-file <file>', 'sign what is posted with the secret in it (or in ARXDB_ALERTS_SECRET)')
    .option('--exec <command>', 'run this for each event, which is JSON on its stdin')
    .option('--deadline <duration>', 'what one delivery may take (default: 10s)')
    .action(async (checks, { once, every, repeat, damp, level, webhook, secretFile, exec, deadline, ...flags }) => {
      const { output, json, out } = context.globals
      if (out !== undefined || (output !== undefined && !['table', 'json', 'ndjson'].includes(output)))
        throw usageError('events come as lines or as NDJSON on stdout', '-o ndjson > FILE')
      const { runAlerts } = await context.services.alerts()
      const config = await context.config()
      const { env, cwd, signal, now, note, command: name, write } = context
      const { seen } = await context.services.backupsSeen()
      const backups = seen(config.backup, flags, { env, cwd, now })
      const given = { every, repeat, damp, level, webhook, secretFile, exec, deadline }
      const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      const forPerson = output === undefined ? !json && context.io.out.isTTY : output === 'table'
      const world = { env, cwd, signal, now, note, write, command: name, backups, forPerson }
      const named = checks.length > 0 ? { checks } : {}
      const wanted = { ...config.alerts, ...said, ...named }
      const waiting = await runAlerts(await context.connection(), wanted, config, once ?? false, world)
      if (signal.reason === 'EPIPE') return
      if (!once) return context.exitWith(signal.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)
      if (waiting === 0) return
      throw new ArxError({ code: 'undelivered', message: 'not all was delivered', hint: 'it is kept for the next run' })
    })
