// What each question looks like: on a wide and a narrow terminal, in a pipe, as JSON. Whole answers, both streams.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectGolden } from './goldens.ts'
import { type Loaded, loaded } from './loaded.ts'

let db: Loaded

beforeAll(async () => {
  db = await loaded()
})
afterAll(() => db?.close())

const MORNING = ['--from', '2025-03-10..2025-03-10T02:00Z']

const QUESTIONS = {
  coins: ['coins'],
  coverage: ['coverage'],
  'coverage-of': ['coverage', 'BTC', '--exchange', 'alpha', ...MORNING],
  price: ['price', 'BTC', '--at', '2025-03-10T01:30Z'],
  'price-stale': ['price', 'BTC', '--at', '2025-03-10T02:10Z'],
  candles: ['candles', 'BTC@alpha', '--every', '15m', ...MORNING],
  'candles-stored': ['candles', 'BTC/USDC@alpha', '--every', '30m', ...MORNING],
  chart: ['candles', 'BTC@alpha', '--every', '2m', ...MORNING, '--chart'],
  twap: ['twap', 'BTC', ...MORNING],
  'twap-thin': ['twap', 'BTC@bitfinex', '--from', '2016-01-01..2016-01-01T04:00Z'],
  vwap: ['vwap', 'BTC', '--quote', 'any', '--from', '2024-12-31T23:00Z..2025-03-10T02:00Z'],
  'vwap-empty': ['vwap', 'BTC', '--from', '2020-01-01..2020-01-02'],
  'coins-empty': ['coins', '--like', 'zzz'],
  'imports-empty': ['imports', 'list', '--limit', '0'],
} as const

const PLACES = {
  'terminal-100': { terminal: 100 },
  'terminal-60': { terminal: 60 },
  pipe: {},
  json: { flags: ['-o', 'json'] },
} as const

describe.each(Object.entries(QUESTIONS))('%s', (name, argv) => {
  test.each(Object.entries(PLACES))('%s', async (place, options) => {
    // What is drawn is no JSON.
    if (place === 'json' && name === 'chart') return expect((await db.ask([...argv, '-o', 'json'])).code).toBe(2)
    const { stdout } = await expectGolden(db, argv, options, `cli/${name}.${place}`)
    if (place === 'json') expect(Array.isArray(JSON.parse(stdout))).toBe(true)
  })
})

describe('the answer and what is said about it', () => {
  const TWAP = ['twap', 'BTC', ...MORNING]

  test('remarks go to stderr and -q drops them; the answer stays the same', async () => {
    const told = await db.ask(TWAP)
    expect(told.stderr).toMatch(/^from 2025-03-10T00:00:00Z to 2025-03-10T02:00:00Z\n/)
    expect(await db.ask([...TWAP, '-q'])).toEqual({ code: 0, stdout: told.stdout, stderr: '' })
    const thin = await db.ask([...TWAP, '--min-coverage', '1'])
    expect(thin.stderr).toMatch(/^warning: /m)
    expect(thin.stdout).toBe(told.stdout)
  })

  test('--columns chooses and orders, --no-header leaves out the names', async () => {
    const { stdout } = await db.ask([...TWAP, '--columns', 'twap,exchange_id', '--no-header'])
    const rows = stdout.replace(/\n$/, '').split('\n')
    expect(rows.map((row) => row.split('\t')[1])).toContain('alpha')
    expect(rows.every((row) => /^\d+\.\d+\t[a-z]*$/.test(row))).toBe(true)
    const json = JSON.parse((await db.ask([...TWAP, '--columns', 'n_obs', '--json'])).stdout)
    expect(json[0]).toEqual({ n_obs: expect.any(Number) })
    const wrong = await db.ask([...TWAP, '--columns', 'price'])
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain('try: --columns exchange_id,quote,twap,')
  })

  test('--out writes the answer, on a terminal too, as a pipe would have it', async () => {
    const file = join(db.folder, 'answer.tsv')
    const written = await db.ask([...TWAP, '--out', file], { terminal: 80 })
    expect(written).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(file, 'utf8')).toBe((await db.ask(TWAP)).stdout)
  })

  test('numbers keep every digit outside a terminal, and the same ones in every format', async () => {
    const twap = async (format: string) => (await db.ask([...TWAP, '--columns', 'twap', '-o', format])).stdout
    const [{ twap: exact }] = JSON.parse(await twap('json'))
    expect(exact).toMatch(/^\d+\.\d{18}$/)
    expect(JSON.parse((await twap('ndjson')).split('\n')[0]!).twap).toBe(exact)
    for (const format of ['csv', 'tsv']) expect((await twap(format)).split('\n')[1]).toBe(exact)
    expect((await twap('markdown')).split('\n')[2]).toContain(exact)
  })

  test('-v shows the SQL that ran, on stderr', async () => {
    const { stdout, stderr } = await db.ask([...TWAP, '-v'])
    expect(stdout).toBe((await db.ask(TWAP)).stdout)
    expect(stderr).toMatch(/^-- twap\/window \[.*\] [\d.]+ ms$/m)
    expect(stderr).not.toContain(new URL(db.env.DATABASE_URL!).password || 'no password here')
  })

  test('a colour only where one was asked for', async () => {
    const plain = await db.ask(TWAP, { terminal: 100 })
    expect(plain.stdout).not.toContain('\u001b')
    const painted = await db.ask([...TWAP, '--color'], { terminal: 100 })
    expect(painted.stdout).toContain('\u001b[1m')
    expect((await db.ask([...TWAP, '--color', '-o', 'tsv'])).stdout).toBe((await db.ask(TWAP)).stdout)
  })
})
