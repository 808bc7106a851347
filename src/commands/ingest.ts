import { Argument, Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { command, wholeNumber } from '../cli/options.ts'
import { ingestReport } from '../core/ingest-report.ts'
import { info } from '../core/result.ts'
import { count } from '../core/wording.ts'

export const ingestCommand = (ctx: Context) =>
  command('ingest', 'load CSV files into the database, each content once', [
    'arxdb ingest prices.csv',
    'arxdb ingest BTCUSDT-1h-2025-01.csv --exchange binance',
    'arxdb ingest BTCUSD_1m.csv.gz --format bitfinex --dry-run',
  ])
    .addArgument(new Argument('<files...>', 'CSV files, gzip or not; - for standard input'))
    .addOption(new Option('--table <table>', 'where the rows go').choices(['prices', 'ohlcv', 'analytics'] as const))
    .option('--format <name>', 'how the file is laid out, where it cannot be told: bitfinex, binance-klines, ohlcv ...')
    .option('--exchange <id>', 'exchange of all rows')
    .option('--symbol <pair>', 'market of all rows: BTC/USDT, BTCUSDT')
    .option('--quote <currency>', 'quote currency of all rows')
    .option('--timeframe <tf>', 'width of the candles: 1m, 1h, 1d')
    .option('--source <name>', 'who provided the data')
    .option('--attribution <text>', 'what the provider wants to be said')
    .addOption(new Option('--jobs <n>', 'COPY connections at once').argParser(wholeNumber).default(2))
    .option('--atomic', 'all rows of a file or none (this is always so)')
    .option('--dry-run', 'show how the files would be read, and load nothing')
    .action(async (files, { dryRun, atomic: _, ...flags }) => {
      const ingest = await ctx.services.ingest()
      const options = { ...flags, files, stdin: ctx.io.stdin, signal: ctx.signal, now: () => ctx.now() }
      if (dryRun) {
        for (const { columns, rows, notes } of await ingest.planFiles(options))
          await ctx.print({ columns, rows, notes: notes.map(info) })
        return
      }
      // Asked and connected first: a bar that has begun must come to its end.
      const connection = await ctx.connectionForWriting(`load ${count(files.length, 'file')}`)
      const progress = ctx.progress('ingest')
      const report = await ingest
        .ingestFiles({
          ...options,
          connection,
          onProgress: ({ file, done, total, rows }) =>
            progress.update({ done, total, unit: 'bytes', text: `${rows.toLocaleString('en')} rows  ${file}` }),
        })
        .finally(() => progress.stop())
      await ctx.print(ingestReport(report.files))
    })
