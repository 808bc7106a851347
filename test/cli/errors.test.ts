// How each kind of failure ends: its exit code, what is said in words, and the same as JSON.
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/statements/package-root.ts'
import { emptyDatabase, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { type Loaded, loaded } from './loaded.ts'
import { type Ended, type SessionOptions, session } from './session.ts'

let db: Loaded
let empty: TestDatabase

beforeAll(async () => {
  db = await loaded()
  empty = await emptyDatabase('plain')
  await withClient(db.env.DATABASE_URL!, (client) =>
    client.query(`insert into arxdb.coins (coin_id, symbol) values ('first-twin', 'TWIN'), ('other-twin', 'TWIN')`),
  )
})
afterAll(async () => {
  await db?.close()
  await empty?.drop()
})

interface Failure {
  readonly exit: number
  readonly code: string
  readonly what: string | RegExp
  readonly why?: string | RegExp
  readonly hint?: string | RegExp
}

const matching = (wanted: string | RegExp | undefined) =>
  wanted instanceof RegExp ? expect.stringMatching(wanted) : (wanted ?? null)

/** Runs the line twice: the parts of the JSON are the expected ones, and the lines of the text are the same parts. */
async function fails(argv: readonly string[], { exit, code, what, why, hint }: Failure, options?: SessionOptions) {
  const json = await db.ask([...argv, '-o', 'json'], options)
  expect(json).toMatchObject({ code: exit, stdout: '' })
  const last = json.stderr.trimEnd().split('\n').at(-1)!
  const { error } = JSON.parse(last)
  expect(error).toEqual({ code, message: matching(what), detail: matching(why), hint: matching(hint), exit })
  const text = await db.ask(argv, options)
  expect(text).toMatchObject({ code: exit, stdout: '' })
  const lines = [
    `error: ${error.message}`,
    error.detail && `  why: ${error.detail}`,
    error.hint && `  try: ${error.hint}`,
  ]
  expect(text.stderr.endsWith(`${lines.filter(Boolean).join('\n')}\n`), text.stderr).toBe(true)
}

test('0: an answer, also without rows', async () => {
  expect(await db.ask(['coins', '--like', 'bit'])).toMatchObject({ code: 0 })
  expect(await db.ask(['coins', '--like', 'nothing-like-it'])).toMatchObject({ code: 0 })
})

describe('1: what was asked for is not there', () => {
  test('a coin nobody knows: near names, and how to look', () =>
    fails(['twap', 'bitcion'], {
      exit: 1,
      code: 'unknown-coin',
      what: 'no such coin "bitcion"',
      why: /^near it: bitcoin\b/,
      hint: 'arxdb coins --like bitcoin',
    }))

  test('a coin like none', () =>
    fails(['price', 'zzzzzzzz'], {
      exit: 1,
      code: 'unknown-coin',
      what: 'no such coin "zzzzzzzz"',
      why: /^this database holds \d+ coin names$/,
      hint: 'arxdb coins',
    }))

  test('a symbol of two coins: the candidates, never the first', () =>
    fails(['twap', 'twin'], {
      exit: 1,
      code: 'ambiguous-coin',
      what: '"twin" is the symbol of 2 coins',
      why: 'first-twin, other-twin',
      hint: 'name the coin by its id, e.g. first-twin',
    }))

  test('an exchange without the coin, a quote that is not there, a coin without data', async () => {
    const there = /^there are: .*BTC\/USD@alpha/
    const hint = 'arxdb coverage BTC'
    const no = (what: string) => ({ exit: 1, code: 'no-market', what, why: there, hint })
    await fails(['vwap', 'BTC@kraken'], no('no market of bitcoin on kraken'))
    await fails(['candles', 'BTC/EUR'], no('no market of bitcoin in EUR'))
    await fails(['twap', 'BTC', '--quote', 'eur', '--exchange', 'Alpha'], no('no market of bitcoin in EUR on alpha'))
    await fails(['price', 'first-twin'], {
      ...no('no market of first-twin'),
      why: 'the coin is known, but nothing of it was loaded',
      hint: 'arxdb coverage first-twin',
    })
  })

  test('a file that is not there', () =>
    fails(['ingest', 'none.csv'], {
      exit: 1,
      code: 'unreadable-file',
      what: 'cannot read none.csv',
      why: /no such file/,
      hint: /path/,
    }))

  test('a row that is none: file, line, column, value; and nothing of the file is in', async () => {
    const before = (await db.ask(['coverage', '--json'])).stdout
    const file = join(packageRoot(), 'fixtures/bad-row.csv')
    await fails(['ingest', file], {
      exit: 1,
      code: 'bad-row',
      what: `${file} line 12: column usd_price: "twelve" is not a number`,
      why: '1 of the first 30 rows cannot be loaded; nothing of the file is in',
      hint: 'correct or remove the rows, or allow more than 2% with --max-errors',
    })
    expect((await db.ask(['coverage', '--json'])).stdout).toBe(before)
  })

  test('a database that was never migrated', () =>
    fails(
      ['coins'],
      { exit: 1, code: expect.any(String), what: /./, why: /./, hint: 'arxdb migrate' },
      { env: { DATABASE_URL: empty.url } },
    ))
})

describe('2: the line itself', () => {
  const usage = (what: string | RegExp, hint?: string | RegExp, why?: string | RegExp): Failure => ({
    exit: 2,
    code: 'usage',
    what,
    ...(hint && { hint }),
    ...(why && { why }),
  })

  test.each<[readonly string[], Failure]>([
    [['twpa', 'BTC'], usage("unknown command 'twpa'", 'did you mean twap?')],
    [['twap', 'BTC', '--form', '7d'], usage("unknown option '--form'", /^did you mean (one of )?--/)],
    [['twap'], usage("missing required argument 'coin'", 'arxdb twap --help')],
    [['ingest'], usage("missing required argument 'files'", 'arxdb ingest --help')],
    [['migrate', 'baseline'], usage(/'--to <version>' not specified/, 'arxdb migrate baseline --help')],
    [['twap', 'BTC', '--basis', 'tick'], usage(/'tick' is invalid$/, 'one of ticks, candles, auto')],
    [['twap', 'BTC@'], usage('"BTC@" is not a coin', 'write BTC, bitcoin, BTC@kraken or BTC/USDT@binance')],
    [['twap', 'BTC', '--from', '2025-01-02', '--to', '2025-01-01'], usage(/^the range is empty: /, /swap them/)],
    [['twap', 'BTC', '--from', 'yesteryear'], usage(/yesteryear/, /2026-01-02/)],
    [['candles', 'BTC', '--every', '7'], usage(/"7"/, /./)],
    [['candles', 'BTC', '--every', '0m'], usage(/0m/, /./)],
    [['candles', 'BTC', '--every', '5M'], usage('bars of 5 months have no agreed start', /--every 1M/)],
    [['twap', 'BTC', '--min-coverage', '90'], usage('"90" is no share', 'write 0.9 for 90 %')],
    [['twap', 'BTC', '--max-staleness', '5'], usage(/"5"/, /./)],
    [['coins', '--timeout', 'soon'], usage(/^--timeout: /, /./)],
    [['coins', '--tz', 'Europe/Berln'], usage(/Europe\/Berln/, /Europe\/Berlin/)],
    [['coins', '--columns', 'coin'], usage('no column "coin" in this answer', /^--columns coin_id,symbol,/)],
  ])('%j', (argv, failure) => fails(argv, failure))

  test('every bad key of the config at once, each at its place', async () => {
    const config = join(db.folder, 'bad.json')
    const bad = {
      outptu: 'json',
      timeout: 'soon',
      tz: 'Mars/Olympus',
      environments: { prod: { host: 'db', prot: 5432, password: 'hunter2' } },
    }
    writeFileSync(config, JSON.stringify(bad))
    const problems = [
      '/timeout: no duration',
      '/tz: no such time zone',
      '/environments/prod/prot: unknown key; did you mean port?',
      '/environments/prod/password: passwords do not belong here',
      '/outptu: unknown key; did you mean output?',
    ]
    const keys = new RegExp(problems.map((each) => `#${each}`.replace(/[?]/g, '\\?')).join('[^#]*'))
    const failure = {
      code: 'config-invalid',
      what: 'the config has 5 problems',
      why: keys,
    }
    // `config check` is a check that found problems; any other command was given a line it cannot follow.
    await fails(['coins', '--config', config], { exit: 2, ...failure, hint: 'arxdb config check' })
    await fails(['config', 'check', '--config', config], { exit: 3, ...failure })
    const { stderr } = await db.ask(['coins', '--config', config, '-v'])
    expect(stderr).not.toContain('hunter2')
  })
})

describe('3: a check found problems', () => {
  test('pending migrations', async () => {
    const { code, stdout, stderr } = await db.ask(['migrate', 'status', '--json'], { env: { DATABASE_URL: empty.url } })
    expect(code).toBe(3)
    expect(JSON.parse(stdout).every((row: { state: string }) => row.state === 'pending')).toBe(true)
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!).error).toMatchObject({ exit: 3, hint: 'arxdb migrate' })
    expect((await db.ask(['migrate', 'status'])).code).toBe(0)
  })

  test('a migration that TimescaleDB would refuse', async () => {
    writeFileSync(join(db.folder, '0001_bad.sql'), 'create index concurrently on arxdb.prices (market_id);\n')
    const { code, stdout, stderr } = await db.ask(['migrate', 'lint', db.folder])
    expect(code).toBe(3)
    expect(stdout).toContain('0001_bad.sql')
    expect(stderr).toMatch(/^error: /m)
  })
})

describe('4: no connection', () => {
  test('nobody listens', () =>
    fails(
      ['coins'],
      { exit: 4, code: expect.any(String), what: /127\.0\.0\.1:1\b/, why: /refused/i, hint: /./ },
      { env: { DATABASE_URL: 'postgres://someone@127.0.0.1:1/none' } },
    ))

  test('something else listens', async () => {
    const web = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    const { port } = web.address() as AddressInfo
    try {
      await fails(
        ['coins'],
        { exit: 4, code: 'no-connection', what: new RegExp(`127\\.0\\.0\\.1:${port}`), why: /SSL/, hint: /./ },
        { env: { DATABASE_URL: `postgres://someone@127.0.0.1:${port}/none` } },
      )
    } finally {
      web.close()
    }
  })

  test('a database that is not there', async () => {
    const url = new URL(db.env.DATABASE_URL!)
    url.pathname = '/no_such_database'
    await fails(
      ['coins'],
      { exit: 4, code: expect.any(String), what: /no_such_database/, why: expect.anything(), hint: expect.anything() },
      { env: { DATABASE_URL: url.href } },
    )
  })
})

test('5: a schema for a tier that the server is not', () =>
  fails(
    ['migrate', '--tier', 'community'],
    { exit: 5, code: 'unsupported', what: /community/, hint: /./ },
    { env: { DATABASE_URL: empty.url } },
  ))

describe('6: refused', () => {
  const fixture = join(packageRoot(), 'fixtures/prices.csv')
  let project: SessionOptions

  beforeAll(() => {
    const url = db.env.DATABASE_URL!
    const environments = { look: { url, readOnly: true }, prod: { url, production: true } }
    writeFileSync(join(db.folder, 'arxdb.json'), JSON.stringify({ environments }))
    project = { cwd: db.folder, env: { DATABASE_URL: undefined } }
  })

  test('a read-only environment loads nothing and migrates nothing, --yes or not, and answers', async () => {
    const refused = (what: string): Failure => ({
      exit: 6,
      code: 'read-only',
      what: `will not ${what}: arxdb.json env "look" is marked read-only`,
      hint: /readOnly/,
    })
    await fails(['ingest', fixture, '--env', 'look', '--yes'], refused('load 1 file'), project)
    await fails(['migrate', '--env', 'look', '--yes'], refused('migrate'), project)
    await fails(['migrate', 'down', '--env', 'look', '--yes'], refused('take migrations back'), project)
    expect(await db.ask(['coins', '--env', 'look'], project)).toMatchObject({ code: 0 })
  })

  test('production asks for --yes, on a terminal too', async () => {
    const refused: Failure = {
      exit: 6,
      code: 'needs-confirmation',
      what: /^will not load 1 file/,
      why: 'this environment is marked production',
      hint: 'the same command with --yes',
    }
    await fails(['ingest', fixture, '--env', 'prod'], refused, project)
    await fails(['ingest', fixture, '--env', 'prod'], refused, { ...project, terminal: 200 })
    await fails(['migrate', '--env', 'prod'], { ...refused, what: /^will not migrate/ }, project)
    expect(await db.ask(['ingest', fixture, '--env', 'prod', '--yes'], project)).toMatchObject({ code: 0 })
    expect(await db.ask(['coins', '--env', 'prod'], project)).toMatchObject({ code: 0 })
  })

  test('an environment nobody described is a usage error with the nearest', () =>
    fails(
      ['coins', '--env', 'pord'],
      { exit: 2, code: 'usage', what: 'no environment "pord" in arxdb.json', hint: '--env prod' },
      project,
    ))

  test('what cannot be taken back, without a terminal to ask on', () =>
    fails(['migrate', 'down'], {
      exit: 6,
      code: 'needs-confirmation',
      what: /^will not take back /,
      why: 'there is no terminal to ask on',
      hint: 'the same command with --yes',
    }))
})

test('124: a statement that takes too long', async () => {
  await withClient(db.env.DATABASE_URL!, async (client) => {
    await client.query('begin; lock table arxdb.markets')
    await fails(['coins', '--timeout', '100ms'], {
      exit: 124,
      code: expect.any(String),
      what: /./,
      why: expect.anything(),
      hint: /--timeout/,
    })
    await client.query('rollback')
  })
})

test('130: interrupted before it began', async () => {
  const ended: Ended = await session(['coins'], { env: db.env, signal: AbortSignal.abort('SIGINT') })
  expect(ended).toMatchObject({ code: 130, stdout: '' })
})

test('ARXDB_FORMAT=json makes errors JSON as well', async () => {
  const { stderr } = await db.ask(['price', 'bitcion'], { env: { ARXDB_FORMAT: 'json' } })
  expect(JSON.parse(stderr).error).toMatchObject({ code: 'unknown-coin', exit: 1 })
})

test('a database without any coin sends to ingest, not to a list of none', async () => {
  const bare = await migratedDatabase('plain')
  const asked = await session(['price', 'BTC'], { env: { DATABASE_URL: bare.url } })
  await bare.drop()
  expect(asked).toMatchObject({ code: 1, stdout: '' })
  expect(asked.stderr).toContain('why: this database holds no coins')
  expect(asked.stderr).toContain('try: arxdb ingest FILE')
})
