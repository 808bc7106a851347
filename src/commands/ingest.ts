import { Argument } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { command, ingestOptions } from '../cli/options.ts'
import { byteRate } from '../cli/values.ts'
import { commandLine } from '../core/command-line.ts'
import { ingestReport } from '../core/ingest-report.ts'
import { info, warn } from '../core/result.ts'
import { EXIT } from '../errors.ts'
import { count } from '../wording.ts'

export const ingestCommand = (ctx: Context) =>
  ingestOptions(
    command('ingest', 'load CSV files into the database, each content exactly once', [
      'arxdb ingest prices.csv',
      'arxdb ingest BTCUSDT-1h-2025-01.csv --exchange binance',
      'arxdb ingest BTCUSD_1m.csv.gz --format bitfinex --dry-run',
    ]).addArgument(new Argument('<files...>', 'files, patterns, folders with --recursive; - for standard input')),
  ).action(async (files, { dryRun, check, importId, rollup, ...flags }) => {
    const ingest = await ctx.services.ingest()
    const rateLimit = byteRate(flags.rateLimit)
    const { tz, url, service, env, config } = ctx.globals
    const given = { ...flags, rollup, rateLimit, tz, files }
    const options = { ...given, stdin: ctx.io.stdin, signal: ctx.signal, now: () => ctx.now() }
    if (dryRun || check) {
      for (const { columns, rows, notes, warnings, rejected } of await ingest.planFiles({ ...options, check })) {
        if (check && rejected > 0) ctx.exitWith(EXIT.problems)
        await ctx.print({ columns, rows, notes: [...notes.map(info), ...warnings.map(warn)] })
      }
      return
    }
    // Asked and connected first: a bar that has begun must come to its end.
    const connection = await ctx.connectionForWriting(`load ${count(files.length, 'file')}`)
    const typed = { ...flags, noRollup: !rollup, importId }
    const progress = ctx.progress('ingest')
    const report = await ingest
      .ingestFiles({
        ...options,
        connection,
        importKey: importId,
        folder: ctx.cwd,
        again: commandLine(['arxdb', 'ingest', ...files], { ...typed, tz, url, service, env, config }),
        onProgress: ({ file, done, total, rows, rejected }) => {
          const bad = rejected > 0 ? `, ${rejected.toLocaleString('en')} rejected` : ''
          progress.update({ done, total, unit: 'bytes', text: `${rows.toLocaleString('en')} rows${bad}  ${file}` })
        },
        onRollups: (buckets) => progress.update({ done: buckets, unit: 'rows', text: 'rolling up hours and days' }),
      })
      .finally(() => progress.stop())
    if (report.files.some(({ rejected }) => rejected > 0)) ctx.exitWith(EXIT.problems)
    await ctx.print(ingestReport(report.files, report.passed, report.rollups))
  })
