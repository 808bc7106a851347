// What `arxdb demo` needs done before it can run commands: a database of its own, and files to load.
import { lstatSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { ArxError } from '../errors.ts'
import { demoFiles } from './files.ts'

/** Invented prices must never mix with the user's own. */
export const DEMO_DATABASE = 'demo'

/** Makes the demo's database on the local server, empty: each demo begins anew. */
export async function freshDatabase(local: Connection): Promise<void> {
  const client = await openClient(local)
  try {
    await client.query(`drop database if exists ${DEMO_DATABASE} with (force)`)
    await client.query(`create database ${DEMO_DATABASE}`)
  } finally {
    await client.end()
  }
}

/**
 * Writes the files to `dir`, else to a folder of the caller's own that is called like `usual`, and returns the folder
 * and their names. Throws ArxError where that cannot be written.
 */
export function writeFiles(
  dir: string | undefined,
  usual: string,
): { readonly folder: string; readonly names: readonly string[] } {
  try {
    const folder = dir ?? ownFolder(usual)
    mkdirSync(folder, { recursive: true })
    const files = demoFiles()
    for (const [name, text] of files) writeFileSync(join(folder, name), text)
    return { folder, names: [...files.keys()] }
  } catch (error) {
    throw new ArxError({
      code: 'demo-files',
      message: `cannot write the demo's files: ${(error as Error).message}`,
      hint: 'arxdb demo --dir FOLDER',
      cause: error,
    })
  }
}

/** The temporary directory is everybody's: a name for each user, and a random one where a stranger or a link has it. */
function ownFolder(usual: string): string {
  const uid = process.geteuid?.()
  const folder = uid === undefined ? usual : `${usual}-${uid}`
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const stat = lstatSync(folder)
  return stat.isDirectory() && (uid === undefined || stat.uid === uid) ? folder : mkdtempSync(`${folder}-`)
}

export interface Step {
  readonly title: string
  readonly argv: readonly string[]
  /** What it has to end with: the row that cannot be loaded has to be said. */
  readonly exit: number
}

const DAY = '2025-03-10'

/** The tour, as the command lines that a user would type. */
export function steps(folder: string): readonly Step[] {
  const at = (name: string) => join(folder, name)
  const ask = (title: string, ...argv: string[]): Step => ({ title, argv, exit: 0 })
  return [
    ask('Make the schema', 'migrate'),
    ask('Load three files of two vendors', 'ingest', at('prices.csv'), at('candles.csv')),
    ask(
      'Klines without a header: the file name says symbol and width',
      'ingest',
      at('BTCUSDT-1m-2025-03.csv'),
      '--exchange',
      'binance',
    ),
    ask('The same file again adds nothing', 'ingest', at('prices.csv')),
    {
      title: 'A file with a bad row: the rest is in, and the row beside it with its reason',
      argv: ['ingest', at('with-a-bad-row.csv')],
      exit: 3,
    },
    ask('1. What is there?', 'coverage'),
    ask('2. What did bitcoin cost at noon?', 'price', 'BTC', 'ETH', '--at', `${DAY}T12:00Z`),
    ask('3. Its time-weighted price that day', 'twap', 'BTC', '--from', `${DAY}..2025-03-11`),
    ask('4. The hour with a hole in it says so', 'twap', 'BTC@kraken', '--from', `${DAY}T06:00Z..${DAY}T08:00Z`),
    ask(
      '5. Volume-weighted, in every quote: a depeg is not mixed in',
      'vwap',
      'BTC',
      '--quote',
      'any',
      '--from',
      `${DAY}..2025-03-12`,
    ),
    ask('6. Candles, drawn', 'candles', 'BTC@coinbase', '--every', '1h', '--from', `${DAY}..2025-03-12`, '--chart'),
    ask(
      '7. RSI, warmed up by the bars before',
      'rsi',
      'BTC@coinbase',
      '--every',
      '5m',
      '--from',
      '2025-03-11T23:00Z..2025-03-12',
    ),
    ask(
      '8. How volatile, by every estimator',
      'volatility',
      'BTC@coinbase',
      '--estimator',
      'all',
      '--from',
      `${DAY}..2025-03-12`,
    ),
    ask('9. Dearer elsewhere, at noon?', 'arbitrage', 'BTC', '--at', `${DAY}T12:00Z`, '--min-spread', '0'),
  ]
}
