// The options shared by all commands and by all questions, each written once.
import { Command, Option } from '@commander-js/extra-typings'
import { COMPATS } from '../core/indicators/compat.ts'
import { formatInstant, parseInstant } from '../core/instant.ts'
import { type Every, parseEvery } from '../core/interval.ts'
import type { Note } from '../core/result.ts'
import { parseRange } from '../core/time-range.ts'
import { parseDuration } from '../duration.ts'
import { settled } from '../zone.ts'
import { type Context, FORMATS, PLUGIN_FORMATS } from './context.ts'
import { countUpTo, memorySize, share, wholeNumber } from './values.ts'

/** Options of the program itself: understood before and after the command's name. */
export const globalOptions = (): Option[] => [
  new Option('-o, --output <format>', 'table on a terminal, tsv in a pipe').choices([...FORMATS, ...PLUGIN_FORMATS]),
  new Option('--json', 'same as -o json'),
  new Option('--out <file>', 'write the answer to a file'),
  new Option('--columns <names>', 'only these columns, comma-separated'),
  new Option('--no-header', 'leave out the header row'),
  new Option('--url <url>', 'connect to postgres://user@host:port/database'),
  new Option('--service <name>', 'connect to a service of pg_service.conf'),
  new Option('--env <name>', 'named environment of the config file'),
  new Option('--config <file>', 'read this config file only'),
  new Option('--timeout <duration>', 'give up a statement after this long (default: 30s)'),
  new Option('--tz <zone>', 'time zone of times without one, and of day buckets (default: UTC)'),
  new Option('-y, --yes', 'answer yes to every confirmation'),
  new Option('-q, --quiet', 'only the answer and errors'),
  new Option('-v, --verbose', 'show the SQL that runs and its timing'),
  new Option('--color', 'force colours'),
  new Option('--no-color', 'no colours'),
  new Option('--progress <kind>', 'how to show progress').choices(['auto', 'json', 'none'] as const),
]

/** The window of a question: half-open, [from, to). */
export const rangeOptions = {
  from: new Option('--from <time>', 'start of the window: 2026-01-02, 7d, yesterday, or A..B for both ends'),
  to: new Option('--to <time>', 'end of the window, not included (default: now)'),
}

/** Which markets of a coin. */
export const marketOptions = {
  exchange: new Option('--exchange <id>', 'only this exchange'),
  quote: new Option('--quote <currency>', 'quote currency, or "any" (default: USD, else the largest per exchange)'),
  timeframe: new Option('--timeframe <tf>', 'stored candles of this timeframe: 1m, 5m, 1h, 1d ...'),
}

/** What a figure is computed from, and how thin it may be. */
export const basisOptions = {
  basis: new Option('--basis <kind>', 'compute from ticks or from candles').choices([
    'ticks',
    'candles',
    'auto',
  ] as const),
  maxStaleness: new Option(
    '--max-staleness <duration>',
    'how long a price stands (default: 5m for ticks, one bar for candles)',
  ),
  minCoverage: new Option('--min-coverage <share>', 'warn when less of the window is covered (default: 0.9)').argParser(
    share,
  ),
}

/** How an answer is cut, and from which rows it is read. */
export const bucketOptions = {
  every: new Option('--every <width>', 'one row per bucket of this width: 5m, 1h, 1d, 1w, 1M'),
  rollup: new Option('--no-rollup', 'read raw rows only, to compare'),
}

/** Width of the bars that a statistic is made from. */
export const everyOption = () => new Option('--every <width>', 'width of a bar: 5m, 1h, 1d, 1w, 1M').default('1h')

export const staleness = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text)

/** The width of the buckets asked for; undefined for the window whole. */
export const width = (text: string | undefined): Every | undefined =>
  text === undefined ? undefined : parseEvery(text)

/** The window asked for, resolved to UTC, with the echo of it. */
export async function window(
  context: Context,
  text: { readonly from: string | undefined; readonly to: string | undefined },
  defaultFrom: string,
): Promise<{
  readonly window: { from: string; to: string; now: string; tz: string }
  readonly notes: readonly Note[]
}> {
  const tz = settled((await context.config()).tz)
  const now = context.now()
  const { from, to, notes } = parseRange(text, { now, tz, defaultFrom })
  return { window: { from, to, now: formatInstant(BigInt(now.getTime()) * 1000n), tz }, notes }
}

/** One moment, resolved to UTC; now when nothing was said. */
export async function moment(context: Context, text: string | undefined): Promise<string> {
  const { tz } = await context.config()
  return parseInstant(text ?? 'now', { now: context.now(), tz })
}

/** A command whose help ends with examples; a test runs every one of them. */
export function command(name: string, summary: string, examples: readonly string[]) {
  return new Command(name)
    .summary(summary)
    .description(summary)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n`)
}

/** How a question is answered: drawn, watched, or shown as the SQL it is. */
export const viewOptions = {
  chart: new Option('--chart', 'draw the answer'),
  chartFile: new Option('--chart-file <file>', 'write the drawing as SVG'),
  watch: new Option('--watch <interval>', 'ask again at this interval: redraws a terminal, streams NDJSON into a pipe'),
  sql: new Option('--sql', 'print the SQL that would run, for psql'),
  explain: new Option('--explain', "run it and print the server's plan with its buffers"),
}

/** A command that asks a question, with all the ways to see the answer. */
export const question = (name: string, summary: string, examples: readonly string[]) =>
  command(name, summary, examples)
    .addOption(viewOptions.chart)
    .addOption(viewOptions.chartFile)
    .addOption(viewOptions.watch)
    .addOption(viewOptions.sql)
    .addOption(viewOptions.explain)

/** A question whose answer is a table, and has no drawing. */
export const tableQuestion = (name: string, summary: string, examples: readonly string[]) =>
  command(name, summary, examples)
    .addOption(viewOptions.watch)
    .addOption(viewOptions.sql)
    .addOption(viewOptions.explain)

/** A command that asks about one coin over a window; what is its own comes behind. */
export const coinQuestion = (name: string, summary: string, examples: readonly string[]) =>
  question(name, summary, examples)
    .argument('<coin>', 'BTC, bitcoin, BTC@kraken or BTC/USDT@binance')
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .addOption(marketOptions.exchange)
    .addOption(marketOptions.quote)
    .addOption(marketOptions.timeframe)

/** A question about indicators of one coin: its bars, and how they begin. */
export const indicatorQuestion = (name: string, summary: string, examples: readonly string[]) =>
  coinQuestion(name, summary, examples)
    .addOption(everyOption())
    .addOption(basisOptions.basis)
    .addOption(bucketOptions.rollup)
    .addOption(
      new Option('--compat <program>', 'begin as this program does; settled values are the same').choices(COMPATS),
    )
    .option('--include-partial', 'count the bar that is still open')

/** How a file is read, and how it is loaded. */
export const ingestOptions = <A extends unknown[]>(base: Command<A>) =>
  base
    .addOption(new Option('--table <table>', 'where the rows go').choices(['prices', 'ohlcv', 'analytics'] as const))
    .option('--format <name>', 'how the file is laid out, where it cannot be told: bitfinex, kraken-ohlcvt ...')
    .option('--format-file <file>', 'formats of your own, as JSON or a module')
    .option('--map <pairs>', "columns by hand: 'csv col=column,...'; #3 is the third of a file without a header")
    .option('--ignore <columns>', 'columns that are left out on purpose, comma-separated')
    .option('--exchange <id>', 'exchange of all rows')
    .option('--symbol <pair>', 'market of all rows: BTC/USDT, BTCUSDT')
    .option('--quote <currency>', 'quote currency of all rows')
    .option('--timeframe <tf>', 'width of the candles: 1m, 1h, 1d; trades are gathered into such')
    .addOption(
      new Option('--stamp <end>', "what a candle's time is (default: open)").choices(['open', 'close'] as const),
    )
    .option(
      '--time-format <pattern>',
      "how times are written: '%d/%m/%Y %H:%M', or the unit of an epoch: s, ms, us, ns",
    )
    .option('--timestamp <time>', 'the moment of all rows, for a file that has none')
    .option('--metric <name>', 'what the one value of each row is: price, total_market_cap, btc_dominance ...')
    .option('--network <name>', 'chain of all transactions')
    .option('--source <name>', 'who provided the data')
    .option('--attribution <text>', 'what the provider wants to be said')
    .addOption(
      new Option('--on-conflict <way>', 'what happens to keys that are there already (default: skip)').choices([
        'skip',
        'update',
        'newest',
        'error',
      ] as const),
    )
    .option('--max-errors <limit>', 'rejected rows a file may have: 100, or 2% (default: 2%, with --atomic 0)')
    .option('--atomic', 'all rows of a file or none')
    .option('--recursive', 'load the files of folders, and of the folders in them')
    .option('--follow', 'go on reading a file that grows, until Ctrl-C')
    .option('--import-id <id>', 'name of what comes through a pipe: the same name goes on, or is loaded once')
    .addOption(new Option('--jobs <n>', 'COPY connections at once (default: 2)').argParser(wholeNumber))
    .option('--rate-limit <bytes>', 'at most so much of the file a second: 10MB')
    .option('--no-rollup', 'leave the rollups of what came in to `arxdb policy run`')
    .option('--dry-run', 'show how the files would be read, and load nothing')
    .option('--check', 'the same, after reading the whole of each file')

/** For an option that may be given several times. */
export const collect = (value: string, all: readonly string[]): readonly string[] => [...all, value]

/** Where backups are kept, for every command that looks there. */
export const repositoryOptions = <A extends unknown[]>(base: Command<A>) =>
  base
    .option('--repo <place>', 'the repository: a folder, or s3://bucket/prefix')
    .option('--key-file <file>', "the repository's key: an age identity (default: backup.key in arxdb's config folder)")
    .option('--bindir <folder>', "PostgreSQL's client programs (default: those of the server's version)")
    .option('--s3-endpoint <url>', "an S3 that is not AWS's")
    .option('--s3-region <name>', 'region of the bucket')
    .option('--s3-path-style', 'the bucket in the path: MinIO, Ceph')

/** For what the server's settings are to be right. */
export const tuneOptions = <A extends unknown[]>(base: Command<A>) =>
  base
    .addOption(
      new Option('--memory <size>', "the server's: 24GB (default: as seen, on its own machine)").argParser(memorySize),
    )
    .addOption(new Option('--cpus <n>', 'its processors (default: the same)').argParser(countUpTo(4096)))
    .addOption(
      new Option('--workload <kind>', 'what it is there for')
        .choices(['mixed', 'ingest', 'analytics'] as const)
        .default('mixed' as const),
    )
    .addOption(
      new Option('--storage <kind>', 'what its disks are').choices(['ssd', 'hdd'] as const).default('ssd' as const),
    )
