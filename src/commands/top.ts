import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { command, repositoryOptions } from '../cli/options.ts'
import { info } from '../core/result.ts'
import { type Summary, summaryText, TABS, type Tab, topColumns } from '../core/top-report.ts'
import { parseDuration } from '../duration.ts'
import { ArxError, EXIT, usageError } from '../errors.ts'

export const topCommand = (context: Context) =>
  repositoryOptions(
    command(
      'top',
      'what the server does now: sessions, lock tree, chunks, jobs, loads and backups; acts when asked to',
      ['arxdb top --once', 'arxdb top --once --tab chunks -o json'],
    ),
  )
    .addOption(new Option('--tab <name>', 'what to show first').choices(TABS).default('activity' as Tab))
    .option('--every <interval>', 'how often to look', '2s')
    .option('--once', 'one look, answered like any other question')
    .action(async ({ tab, every, once, ...flags }) => {
      const { io, env, cwd, now, globals } = context
      const everyMs = parseDuration(every)
      if (everyMs < 500) throw usageError(`--every ${every} is too often`, '--every 1s')
      if (!once && !(io.out.isTTY && io.stdin.isTTY === true && globals.out === undefined && !globals.json))
        throw usageError('top draws on a terminal, and here is none', 'arxdb top --once -o json')
      const [{ openWatch }, { recentRuns }] = await Promise.all([
        context.services.top(),
        context.services.backupsSeen(),
      ])
      const [connection, config] = await Promise.all([context.connection(), context.config()])
      const watch = await openWatch(connection, { runs: recentRuns(config.backup, flags, { env, cwd, now }) })
      let before: Summary | undefined
      const look = async (wanted: string) => {
        const { rows, summary } = await watch.look<Summary>(wanted)
        const text = summaryText(summary, before)
        before = summary
        return { columns: topColumns[wanted as Tab], rows, summary: text }
      }
      try {
        if (once) {
          const { columns, rows, summary } = await look(tab)
          return await context.print({ columns, rows, notes: [info(summary)] })
        }
        const { database, timescaledb, version } = watch.server
        const title = `${database} at ${connection.host} · PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}${timescaledb ? `, TimescaleDB ${timescaledb}` : ''}`
        const tabs = [tab, ...TABS.filter((one) => one !== tab)]
        await context.screen({ title, tabs, look, act }, everyMs)
      } finally {
        await watch.close()
      }

      async function act(what: 'cancel' | 'terminate', pid: number): Promise<string> {
        const refused = (why: string) =>
          new ArxError({ code: 'refused', message: `not done: ${why}`, exit: EXIT.refused })
        if (connection.readOnly) throw refused('this environment is marked read-only')
        if (connection.production && !globals.yes) throw refused('marked production, start with arxdb top --yes')
        const done = await watch.act(what, pid)
        return done ? `${what} sent to pid ${pid}` : `pid ${pid} is no client's session, or not there any more`
      }
    })
