// Every example of every command's help, run as it stands there.
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { market } from '../../src/demo/market.ts'
import { binanceSpot, bitfinex, canonicalOhlcv, canonicalPrices, type Named } from '../../src/demo/shapes.ts'
import { openShop, type Shop } from '../backup/shop.ts'
import { type Ended, type SessionOptions, session } from '../cli/session.ts'
import { entries } from '../docs/reference.ts'
import { emptyDatabase, migratedDatabase, type TestDatabase, tiers, withClient } from '../servers/databases.ts'
import { openFolder } from './local-app.ts'
import { program } from './spawn.ts'

const NOW = '2025-01-31T12:00:00Z'
const HOUR = 3_600_000
const MONTH = Date.UTC(2025, 0, 1)

const examples = [...new Set((await entries()).flatMap((entry) => entry.examples))]

let folder: string
let home: Record<string, string>
let loaded: TestDatabase
const before = process.cwd()

/** The generator's minutes, stretched to hours: a whole month in few rows. */
const hourly = (seed: number, start: number) =>
  market({ seed, from: MONTH, minutes: 31 * 24, start }).map((bar, i) => ({ ...bar, at: MONTH + i * HOUR }))

const minutes = (seed: number) => market({ seed, from: Date.parse(NOW) - 4 * HOUR, minutes: 240, start: 9_400_000 })

const named = (coin: string, symbol: string, exchange: string, quote = 'USD'): Named => ({
  coin,
  symbol,
  exchange,
  quote,
})

/** One metric a day: the whole market's size, and the share of its largest coin. */
const analytics = (): string =>
  ['timestamp,exchange_id,total_market_cap,total_volume,btc_dominance,eth_dominance']
    .concat(
      Array.from({ length: 31 }, (_, day) => {
        const at = new Date(MONTH + day * 24 * HOUR).toISOString()
        return `${at},global,${3_400 + day}000000000,${120 + day}000000000,${57 + day / 10},${12 - day / 20}`
      }),
    )
    .join('\n')

/** What the examples call by name, and five files that were loaded before them. */
function writeFiles(): void {
  const candles = canonicalOhlcv([
    { name: named('bitcoin', 'BTC', 'kraken'), bars: hourly(1, 9_400_000) },
    { name: named('ethereum', 'ETH', 'kraken'), bars: hourly(2, 330_000) },
    { name: named('ethereum', 'ETH', 'binance', 'USDT'), bars: hourly(3, 330_000) },
  ]).replaceAll(',1m,', ',1h,')
  const files: Record<string, string | Buffer> = {
    'loaded-1.csv': candles,
    'loaded-2.csv': canonicalOhlcv([
      { name: named('bitcoin', 'BTC', 'binance', 'USDT'), bars: hourly(4, 9_400_000) },
    ]).replaceAll(',1m,', ',1h,'),
    'loaded-3.csv': canonicalPrices([{ name: named('dogecoin', 'DOGE', 'kraken'), bars: minutes(5) }]),
    'loaded-4.csv': `${analytics()}\n`,
    // The third is undone by an example: two venues are there before and after it.
    'loaded-5.csv': canonicalPrices([{ name: named('dogecoin', 'DOGE', 'bitstamp'), bars: minutes(9) }]),
    'prices.csv': canonicalPrices([{ name: named('dogecoin', 'DOGE', 'coinbase'), bars: minutes(6) }]),
    'BTCUSDT-1h-2025-01.csv': binanceSpot(hourly(7, 9_400_000)),
    'BTCUSD_1m.csv.gz': gzipSync(bitfinex(minutes(8))),
    'arxdb.json': JSON.stringify({ timeout: '20s', environments: { prod: { service: 'market', production: true } } }),
    'migrations/0001_watchlist.sql': migration('watchlist'),
    'migrations/0002_alarms.sql': migration('alarms'),
  }
  mkdirSync(join(folder, 'migrations'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
}

const migration = (table: string): string =>
  `-- A table of one's own.\ncreate table public.${table} (id int primary key);\n\n-- arxdb: down\ndrop table public.${table};\n`

beforeAll(async () => {
  folder = openFolder('examples')
  home = { HOME: join(folder, 'user'), ARXDB_HOME: join(folder, 'home') }
  mkdirSync(join(folder, 'user/.config/fish/completions'), { recursive: true })
  writeFiles()
  process.chdir(folder)
  loaded = await migratedDatabase('plain')
  const files = [1, 2, 3, 4, 5].map((n) => `loaded-${n}.csv`)
  const done = await at(loaded, ['ingest', ...files])
  expect(done, done.stderr).toMatchObject({ code: 0 })
}, 60_000)

afterAll(async () => {
  process.chdir(before)
  await shell('arxdb local destroy --yes').catch(() => {})
  await loaded?.drop()
  rmSync(folder, { recursive: true, force: true })
})

const at = (
  database: TestDatabase | undefined,
  argv: readonly string[],
  options: SessionOptions = {},
): Promise<Ended> => session(argv, { cwd: folder, now: NOW, ...options, env: { ...home, DATABASE_URL: database?.url } })

/** The line in bash, with the built program as `arxdb`; no database is configured. */
async function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const define = `set -o pipefail; arxdb() { "${process.execPath}" "${program()}" "$@"; }`
  const { PATH = '' } = process.env
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `${define}\n${line}`], {
    cwd: folder,
    env: { PATH, ...home, ...env },
  })
  return { code: 0, stdout, stderr }
}

/** Words of a line as a shell splits them; single quotes are all that examples use. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!).slice(1)

const SHELL = /[<>|]|^arxdb (local|demo|completion)\b/
const isShell = (line: string): boolean => SHELL.test(line)
/** About a table of the user's own, where TimescaleDB is. */
const isAdopting = (line: string): boolean => /^arxdb policy adopt\b/.test(line)
/** About what is kept in a repository. */
const isBackup = (line: string): boolean => /^arxdb (backup|restore|wal|schedule)\b/.test(line)
/** What needs a whole cluster, S3, a crontab or a restored directory: run for real in the tests of backups, only parsed here. */
const isElsewhere = (line: string): boolean =>
  /s3:|^arxdb (restore|backup drill|wal (push|fetch)|schedule (install|remove))\b|--apply|wal .*--repo \/backups$/.test(
    line,
  )
/** Goes on until Ctrl-C, or writes where it is told to: run for real in the tests of health, only parsed here. */
const isLasting = (line: string): boolean => /^arxdb (metrics .*--(listen|textfile)|alerts)\b/.test(line)
/** Its answer is what happens to be the case. */
const isLive = (line: string): boolean => /^arxdb (health|top)\b/.test(line)
/** About the server itself: the suite's own gives up safety for speed, which is warned of. */
const isServer = (line: string): boolean => /^arxdb (tune|maintain)\b/.test(line)
/** About what goes on in the server, or a library it has to load: run in the tests of health, only parsed here. */
const isWatching = (line: string): boolean => /^arxdb (slow|locks|indexes)\b/.test(line)
const isSetUp = (line: string): boolean => /^arxdb migrate\b/.test(line)

test('the examples are found', () => {
  expect(examples.length).toBeGreaterThan(50)
  expect(examples).toContain('arxdb twap BTC --from 7d')
})

describe('about the server', () => {
  test.each(examples.filter(isServer))('%s', async (line) => {
    const ended = await at(loaded, wordsOf(line))
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).not.toMatch(/^error:/m)
    const out = line.split(' --out ')[1]
    const said = out === undefined ? ended.stdout : readFileSync(join(folder, out), 'utf8')
    // Nothing may be due.
    if (!line.startsWith('arxdb maintain')) expect(said.trim().split('\n').length).toBeGreaterThan(10)
    else expect(said + ended.stderr).toMatch(/nothing is due|vacuum|analyze/)
  })
})

describe('about what goes on', () => {
  test.each(examples.filter(isLive))('%s', async (line) => {
    const ended = await at(loaded, wordsOf(line))
    // What health finds is no failure of the example; 3 is one, and a wrong flag.
    expect([0, 1, 2]).toContain(ended.code)
    expect(ended.stderr).not.toMatch(/^error:/m)
    expect(ended.stdout).not.toBe('')
  })
})

const others = [isLive, isShell, isSetUp, isAdopting, isBackup, isServer]

describe('about data', () => {
  test.each(examples.filter((line) => !others.some((kind) => kind(line))))('%s', async (line) => {
    // Autovacuum has been there; it does not come in the minute that this takes.
    if (line.startsWith('arxdb sizes')) await withClient(loaded.url, (client) => client.query('analyze'))
    const ended = await at(loaded, isLasting(line) || isWatching(line) ? [...wordsOf(line), '--help'] : wordsOf(line))
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).not.toMatch(/^(error|warning):/m)
    // An example that answers nothing teaches nothing.
    if (!line.includes('config check')) expect(ended.stdout.trim().split('\n').length).toBeGreaterThan(1)
    else expect(ended.stderr).toContain('arxdb.json is right')
  })
})

/** Every line of the README that a program reads on. */
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const piped = [...readme.matchAll(/^\$ (arxdb .*\| jq .*)$/gm)].map(([, line]) => line!)
const hasJq = spawnSync('jq', ['--version']).status === 0

describe('read on by jq', () => {
  test('the README has such lines', () => expect(piped.length).toBeGreaterThan(4))

  test.skipIf(!hasJq).each(piped)('%s', async (line) => {
    // The program's clock is today's; the month that is loaded has to be named.
    expect(line).toMatch(/2025-01|coverage|gaps/)
    const ended = await shell(line, { DATABASE_URL: loaded.url })
    expect(ended.stderr).not.toMatch(/^(error|warning):/m)
    expect(ended.stdout.trim()).not.toMatch(/^(null|\[\])?$/)
  })
})

describe('about the schema', () => {
  let database: TestDatabase

  beforeEach(({ task }) => prepare(task.name))
  afterEach(() => database.drop())

  /** The state in which somebody types this. */
  async function prepare(line: string): Promise<void> {
    const fresh = /migrate( up| plan| baseline --to 0004|$)/.test(line)
    database = await (fresh ? emptyDatabase('plain') : migratedDatabase('plain'))
    if (/--dir/.test(line) && !/baseline|plan/.test(line))
      expect(await at(database, ['migrate', '--dir', './migrations'])).toMatchObject({ code: 0 })
    if (/baseline --to 0002/.test(line))
      await withClient(database.url, (client) => client.query('create table watchlist (); create table alarms ()'))
    if (/repair/.test(line))
      await withClient(database.url, (client) =>
        client.query("update arxdb.migrations set checksum = repeat('0', 64) where version = '0002'"),
      )
  }

  test.each(examples.filter(isSetUp))('%s', async (line) => {
    const ended = await at(database, wordsOf(line), /--yes/.test(line) ? {} : { terminal: 100, typed: 'y\r' })
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).not.toMatch(/^error:/m)
    expect(ended.stdout + ended.stderr).not.toBe('')
  })
})

describe.each(tiers().filter(({ name }) => name !== 'plain'))('about a table of the user, on $name', (tier) => {
  test.each(examples.filter(isAdopting))('%s', async (line) => {
    const database = await emptyDatabase(tier)
    try {
      await withClient(database.url, (client) => client.query(`${OWN_TABLE}; create extension timescaledb`))
      const ended = await at(database, wordsOf(line))
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      expect(ended.stderr).not.toMatch(/^(error|warning):/m)
      expect(ended.stdout.trim().split('\n').length).toBeGreaterThan(1)
    } finally {
      await database.drop()
    }
  })
})

const OWN_TABLE = `create table ticks (symbol text, at timestamptz, price numeric, primary key (symbol, at));
  insert into ticks select 'BTC', timestamptz '2025-01-01' + i * interval '1 minute', i from generate_series(1, 5000) as i`

describe('about backups', () => {
  let shop: Shop

  beforeAll(async () => {
    shop = await openShop()
    for (const day of [1, 20]) {
      const { label } = await shop.publish({ label: shop.label(new Date(Date.parse(NOW) - day * 24 * HOUR)) })
      await shop.prove(label, 2, true)
    }
  })
  afterAll(() => shop.close())

  test.each(examples.filter(isBackup))('%s', async (line) => {
    const env = { ...home, ARXDB_BACKUP_REPO: shop.folder, ARXDB_BACKUP_KEY: shop.key.file, DATABASE_URL: loaded.url }
    const words = isElsewhere(line) ? [...wordsOf(line), '--help'] : wordsOf(line)
    const ended = await session(words, { cwd: folder, now: NOW, env })
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).not.toMatch(/^(error|warning):(?! (run|verify|drill|prune) (never ran|is overdue))/m)
    // Of an archive without WAL there is nothing to list.
    if (!line.startsWith('arxdb wal status')) expect(ended.stdout.trim().split('\n').length).toBeGreaterThan(1)
  })
})

describe('about the server of its own, and the shell', () => {
  beforeEach(async ({ task }) => {
    if (/arxdb local (status|stop|destroy)/.test(task.name)) await shell('arxdb local start')
  })

  test.each(examples.filter(isShell))('%s', async (line) => {
    const asks = line === 'arxdb local destroy'
    const ended = asks ? await at(undefined, wordsOf(line), { terminal: 100, typed: 'destroy\r' }) : await shell(line)
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).not.toMatch(/^error: (?!.*with-a-bad-row\.csv)/m)
  })
})
