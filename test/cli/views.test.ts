// The other ways to see an answer: as the SQL it is, run by a real psql; as the server's plan; again and again.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/statements/package-root.ts'
import { arxdb, program, type Running, start } from '../e2e/spawn.ts'
import { type RestartingServer, startOwnServer } from '../faults/ingest/own-server.ts'
import { tiers } from '../servers/databases.ts'
import { type Loaded, loaded } from './loaded.ts'

const run = promisify(execFile)
const PSQL = process.env.PSQL ?? 'psql'
const psqlThere = await run(PSQL, ['--version']).then(
  () => true,
  () => false,
)

let db: Loaded

beforeAll(async () => {
  db = await loaded()
})
afterAll(() => db?.close())

const MORNING = ['--from', '2025-03-10..2025-03-10T02:00Z']
const TWAP = ['twap', 'BTC', ...MORNING]

interface Asked {
  readonly argv: readonly string[]
  /** Columns that the statement and the answer both have. */
  readonly columns: readonly string[]
}

const QUESTIONS: Readonly<Record<string, Asked>> = {
  twap: { argv: TWAP, columns: ['exchange_id', 'quote', 'twap', 'n_obs'] },
  'twap by days of a zone': {
    argv: [
      'twap',
      'BTC',
      '--quote',
      'any',
      '--from',
      '2025-03-08..2025-03-12',
      '--every',
      '1d',
      '--tz',
      'America/New_York',
    ],
    columns: ['timestamp', 'exchange_id', 'quote', 'twap', 'n_obs'],
  },
  vwap: {
    argv: ['vwap', 'BTC', '--quote', 'any', '--every', '30m', ...MORNING],
    columns: ['timestamp', 'exchange_id', 'quote', 'vwap', 'volume'],
  },
  candles: {
    argv: ['candles', 'BTC@alpha', '--every', '15m', '--fill', 'prev', ...MORNING],
    columns: ['timestamp', 'open', 'high', 'low', 'close', 'volume', 'n_obs'],
  },
  price: { argv: ['price', 'BTC/USDC@alpha', '--at', '2025-03-10T01:30Z'], columns: ['timestamp', 'price'] },
}

/** The first answer that psql gives to a script, as text; its own zone and format of times are odd on purpose. */
async function psql(script: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const child = spawn(PSQL, ['-qX', '-v', 'ON_ERROR_STOP=1', '--csv', '-d', db.env.DATABASE_URL!], {
    env: { PATH: process.env.PATH, HOME: db.folder, PGTZ: 'Asia/Kolkata' },
  })
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text.stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    text.stderr += chunk
  })
  child.stdin.end(script)
  const [code] = await once(child, 'close')
  expect({ code, stderr: text.stderr }).toEqual({ code: 0, stderr: '' })
  const [header, ...lines] = text.stdout.trimEnd().split('\n')
  const names = header!.split(',')
  const rows = lines.map((line) => line.split(','))
  const next = rows.findIndex((cells) => cells[0] === names[0])
  return (next < 0 ? rows : rows.slice(0, next)).map((cells) =>
    Object.fromEntries(names.map((name, i) => [name, cells[i]!])),
  )
}

describe('--sql', () => {
  test.skipIf(!psqlThere).each(Object.entries(QUESTIONS))(
    'psql answers %s with the same figures',
    async (_, { argv, columns }) => {
      const [script, answer] = [await db.ask([...argv, '--sql']), await db.ask([...argv, '--json'])]
      expect([script.code, answer.code]).toEqual([0, 0])
      const expected = JSON.parse(answer.stdout).map((row: Readonly<Record<string, unknown>>) =>
        columns.map((name) => (row[name] === null ? '' : String(row[name]))),
      )
      expect(expected.length).toBeGreaterThan(0)
      const found = (await psql(script.stdout)).map((row) =>
        columns.map((name) => (name === 'timestamp' ? row[name]!.replace(' ', 'T').replace(/\+00$/, 'Z') : row[name])),
      )
      expect(found).toEqual(expected)
    },
  )

  test.skipIf(!psqlThere)('of price it gives the candidates, of which the answer is the freshest', async () => {
    const argv = ['price', 'BTC@alpha', '--at', '2025-03-10T01:30Z']
    const [{ price, age }] = JSON.parse((await db.ask([...argv, '--json'])).stdout)
    const found = await psql((await db.ask([...argv, '--sql'])).stdout)
    expect(found.length).toBeGreaterThan(1)
    const [freshest] = [...found].sort((a, b) => Number(a.age) - Number(b.age))
    expect([freshest!.price, Number(freshest!.age)]).toEqual([price, age])
  })

  test('is one read-only transaction, and has no parameters left', async () => {
    for (const { argv } of Object.values(QUESTIONS)) {
      const { stdout } = await db.ask([...argv, '--sql'])
      expect(stdout).toMatch(/^begin read only;\n/)
      expect(stdout).toMatch(/\ncommit;\n$/)
      expect(stdout.replace(/--.*|'(?:[^']|'')*'/g, '')).not.toMatch(/\$\d|[^:]:[a-z_]/)
    }
  })

  test('price asks for what is too old only where the command does', async () => {
    const { stdout } = await db.ask([...QUESTIONS.price!.argv, '--sql'])
    expect(stdout.match(/^-- @returns/gm)).toHaveLength(1)
  })
})

describe('--explain', () => {
  test.each(Object.entries(QUESTIONS))('%s: the plan of a run, with its buffers', async (_, { argv }) => {
    const { code, stdout } = await db.ask([...argv, '--explain'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^-- \S/)
    expect(stdout).toMatch(/\(actual time=.*rows=\d+ loops=\d+\)/)
    expect(stdout).toMatch(/^ *Buffers: shared hit=\d+/m)
    expect(stdout).toMatch(/^Execution Time: [\d.]+ ms$/m)
  })
})

test.each([
  ['--sql', '--explain'],
  ['--sql', '--watch', '1s'],
  ['--explain', '--watch', '1s'],
  ['--watch', '10ms'],
  ['--watch', 'often'],
])('%s %s is a usage error', async (...flags) => {
  const ended = await db.ask([...TWAP, ...flags.filter((flag) => flag !== undefined)])
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^error: .*\n {2}/) })
})

describe('--watch', () => {
  const WATCH = [...TWAP, '--watch', '200ms']
  const soon = (ms: number) => AbortSignal.timeout(ms)

  test('streams NDJSON into a pipe until it is ended, with 130', async () => {
    const once = JSON.parse((await db.ask([...TWAP, '--json'])).stdout)
    const { code, stdout } = await db.ask(WATCH, { signal: soon(1500) })
    expect(code).toBe(130)
    const rows = stdout.trimEnd().split('\n')
    expect(rows.length % once.length).toBe(0)
    expect(rows.length).toBeGreaterThanOrEqual(2 * once.length)
    for (const [i, row] of rows.entries()) {
      const { asked_at, ...answer } = JSON.parse(row)
      expect(asked_at).toBe('2026-01-01T00:00:00Z')
      expect(answer).toEqual(once[i % once.length])
    }
  })

  test('redraws a terminal', async () => {
    const { code, stdout } = await db.ask(WATCH, { signal: soon(2500), terminal: 120 })
    expect(code).toBe(130)
    expect(stdout.startsWith('\u001b[H\u001b[J')).toBe(true)
    const drawn = stdout.split('\u001b[H\u001b[J').slice(1)
    expect(drawn.length).toBeGreaterThanOrEqual(3)
    // Ctrl-C may come between the heading of the last one and its table.
    for (const one of drawn.slice(0, -1)) expect(one).toMatch(/^every 200ms, now .*; Ctrl-C ends it\n\n[\s\S]*alpha/)
    // A file is no terminal.
    const file = join(db.folder, 'watched.ndjson')
    const filed = await db.ask([...WATCH, '--out', file], { signal: soon(700), terminal: 120 })
    expect(filed).toMatchObject({ code: 130, stdout: '' })
  })

  test('what is wrong at once is an error, not watched', async () => {
    const ended = await db.ask(['twap', 'nothing-like-it', '--watch', '200ms'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    const nobody = await db.ask(WATCH, { env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } })
    expect(nobody.stdout).toBe('')
    expect(nobody.code).toBeGreaterThan(1)
  })

  test('a reader that has seen enough ends it, and that is no failure', async () => {
    const line = `set -o pipefail; "$0" "$@" | head -1`
    const { stdout, stderr } = await run('bash', ['-c', line, process.execPath, program(), ...WATCH, '-q'], {
      env: { PATH: process.env.PATH, HOME: db.folder, ...db.env },
      timeout: 20_000,
    })
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject({ asked_at: expect.any(String), exchange_id: expect.any(String) })
  })
})

describe.skipIf(!tiers().some(({ name }) => name === 'plain'))('--watch and a server that restarts', () => {
  let server: RestartingServer
  beforeAll(async () => {
    server = await startOwnServer()
    const env = { DATABASE_URL: server.url, HOME: db.folder }
    expect(await arxdb(['migrate', '--yes'], env)).toMatchObject({ code: 0 })
    expect(await arxdb(['ingest', join(packageRoot(), 'fixtures/ohlcv.csv')], env)).toMatchObject({ code: 0 })
  })
  afterAll(() => server?.stop())

  /** Asks every 50 ms, so that a test ends as soon as it can. */
  async function until(said: () => boolean, running: Running): Promise<void> {
    for (const deadline = Date.now() + 30_000; !said(); await sleep(50))
      if (Date.now() > deadline || running.child.exitCode !== null) throw new Error('it never came')
  }

  test.each(['fast', 'immediate'] as const)('goes on after a %s one', async (mode) => {
    const env = { DATABASE_URL: server.url, HOME: db.folder }
    const running = start(['vwap', 'BTC@alpha', ...MORNING, '--watch', '200ms'], env)
    let [answers, warnings] = [0, '']
    running.child.stdout!.on('data', (chunk: string) => {
      answers += chunk.split('\n').length - 1
    })
    running.child.stderr!.on('data', (chunk: string) => {
      warnings += chunk
    })
    await until(() => answers > 1, running)
    await server.restart(mode)
    await until(() => warnings.includes('trying again'), running)
    const before = answers
    await until(() => answers > before + 2, running)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.finished
    expect(code).toBe(130)
    const moments = stdout
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row).asked_at)
    expect(moments).toEqual([...moments].sort())
    expect(new Set(moments).size).toBeGreaterThan(2)
  })
})
