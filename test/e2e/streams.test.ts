// The program among other programs: pipes, files, signals, passwords.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { packageRoot } from '../../src/statements/package-root.ts'
import { migratedDatabase, type TestDatabase, tier } from '../servers/databases.ts'
import { arxdb, program, start } from './spawn.ts'

const shell = promisify(execFile)
let database: TestDatabase
let client: pg.Client
let env: Record<string, string>
const folder = mkdtempSync(join(tmpdir(), 'arxdb-e2e-'))

beforeAll(async () => {
  database = await migratedDatabase(tier('plain'))
  client = await openClient(database.connection)
  env = { DATABASE_URL: database.url, TERM: 'xterm-256color' }
  const loaded = await arxdb(['ingest', join(packageRoot(), 'fixtures/ohlcv.csv')], env)
  expect(loaded).toMatchObject({ code: 0 })
})

afterAll(async () => {
  await client?.end()
  await database?.drop()
  rmSync(folder, { recursive: true, force: true })
})

const CANDLES = ['candles', 'BTC@alpha', '--every', '1m', '--from', '2025-03-10..2025-03-11']

test('a reader that has seen enough is no failure', async () => {
  const line = `set -o pipefail; "$0" "$1" candles BTC@alpha --every 1m --from 2025-03-10..2025-03-11 -q | head -1`
  const { stdout, stderr } = await shell('bash', ['-c', line, process.execPath, program()], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  })
  expect(stdout.split('\t')[0]).toBe('exchange_id')
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(stderr).toBe('')
})

test('a file gets the answer and nothing else, without escape codes', async () => {
  const file = join(folder, 'out.tsv')
  const line = `"$0" "$1" candles BTC@alpha --every 1m --from 2025-03-10..2025-03-11 > "$2"`
  await shell('bash', ['-c', line, process.execPath, program(), file], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, FORCE_COLOR: '' },
  })
  const text = readFileSync(file, 'utf8')
  expect(text).not.toContain('\u001b')
  expect(text.trim().split('\n')).toHaveLength(121)
})

test('--out writes the file, and a place that cannot be written is said', async () => {
  const file = join(folder, 'out.json')
  expect(await arxdb([...CANDLES, '--json', '--out', file], env)).toMatchObject({ code: 0, stdout: '' })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(120)
  // Over what is there, through a link, without a trace of the draft.
  const link = join(folder, 'link.json')
  symlinkSync(file, link)
  expect(await arxdb(['coins', '--json', '--out', link], env)).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(1)
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  if (existsSync('/dev/full')) {
    const full = await arxdb([...CANDLES, '--out', '/dev/full'], env)
    expect(full.code).toBe(1)
    expect(full.stderr).toContain('ENOSPC')
  }
  const refused = await arxdb([...CANDLES, '--out', join(folder, 'none', 'x')], env)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/^error: cannot write /m)
})

test('Ctrl-C frees the backend within a second and exits 130', async () => {
  await client.query(`create or replace function arxdb.timeframe_seconds(timeframe text) returns int
    language sql volatile as $$ select 60 from pg_sleep(60) $$`)
  const { child, finished } = start(['coverage'], env)
  await waitFor(async () => (await busy()) === 1)
  const pressed = Date.now()
  child.kill('SIGINT')
  await waitFor(async () => (await busy()) === 0)
  expect(Date.now() - pressed).toBeLessThan(1000)
  expect(await finished).toMatchObject({ code: 130, stdout: '' })
})

test('--timeout gives up with exit 124', async () => {
  const started = Date.now()
  const ended = await arxdb(['coverage', '--timeout', '300ms'], env)
  expect(ended.code).toBe(124)
  expect(ended.stderr).toContain('--timeout')
  expect(Date.now() - started).toBeLessThan(5_000)
})

test('errors are one JSON object on stderr when JSON was asked for', async () => {
  const { code, stdout, stderr } = await arxdb(['price', 'bitcion', '-o', 'json'], env)
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(JSON.parse(stderr).error).toMatchObject({ code: 'unknown-coin', hint: 'arxdb coins --like bitcoin' })
})

test('a server that is not there is exit 4, a flag that is not there exit 2', async () => {
  expect(await arxdb(['coins'], { DATABASE_URL: 'postgres://someone@127.0.0.1:1/none' })).toMatchObject({ code: 4 })
  const typo = await arxdb(['coins', '--lik', 'x'], env)
  expect(typo.code).toBe(2)
  expect(typo.stderr).toContain('--like')
})

async function busy(): Promise<number> {
  const { rows } = await client.query(
    "select count(*)::int as n from pg_stat_activity where application_name = 'arxdb/coverage' and state = 'active'",
  )
  return rows[0].n
}

async function waitFor(done: () => Promise<boolean>, limitMs = 10_000): Promise<void> {
  const until = Date.now() + limitMs
  while (!(await done())) {
    if (Date.now() > until) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
