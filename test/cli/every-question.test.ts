// Every question as a table, drawn, and as JSON; and that none is forgotten.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entries } from '../docs/reference.ts'
import { expectGolden } from './goldens.ts'
import { type Loaded, loaded } from './loaded.ts'

const MORNING = ['--from', '2025-03-10..2025-03-10T02:00Z']
const LATE = ['--every', '1m', '--from', '2025-03-10T01:50Z..2025-03-10T02:00Z']
const AT = ['--at', '2025-03-10T01:30Z']

/** By command; `--chart` needs a market with something to draw. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  arbitrage: ['arbitrage', 'BTC', '--min-spread', '0', ...AT],
  atr: ['atr', 'BTC@alpha', ...LATE],
  bollinger: ['bollinger', 'BTC@alpha', ...LATE],
  candles: ['candles', 'BTC@alpha', '--every', '15m', ...MORNING],
  change: ['change', 'BTC@alpha', '--over', '5m,1h', ...AT],
  correlation: ['correlation', 'BTC/USD@alpha', 'BTC/USDC@alpha', '--every', '1m', ...MORNING],
  coverage: ['coverage', 'BTC'],
  gaps: ['gaps', 'BTC@bitfinex', '--min-bars', '3'],
  indicators: ['indicators', 'BTC@alpha', ...LATE],
  macd: ['macd', 'BTC@alpha', ...LATE],
  market: ['market', '--from', '2025-03-10..2025-03-13', '--every', '1d'],
  price: ['price', 'BTC', ...AT],
  rsi: ['rsi', 'BTC@alpha', ...LATE],
  // A table that the migrations fill and nothing else: others are as large as the load that was there came out.
  sizes: ['sizes', '--table', 'partitioning'],
  trend: ['trend', 'BTC', '--every', '1m', ...MORNING],
  twap: ['twap', 'BTC@alpha', '--every', '15m', ...MORNING],
  volatility: ['volatility', 'BTC@alpha', '--estimator', 'all', '--every', '5m', ...MORNING],
  vwap: ['vwap', 'BTC', '--quote', 'any', ...MORNING],
}

const WIDTH = 120
const PLACES = {
  table: { terminal: WIDTH },
  chart: { terminal: WIDTH, flags: ['--chart'] },
  json: { flags: ['--json'] },
} as const

let db: Loaded

beforeAll(async () => {
  db = await loaded()
})
afterAll(() => db?.close())

test('each command that can draw is here', async () => {
  const drawn = (await entries()).filter(({ help }) => help.includes('--chart-file'))
  expect(Object.keys(QUESTIONS)).toEqual(drawn.map(({ name }) => name.replace(/^arxdb /, '')).sort())
})

test.each(Object.entries(QUESTIONS))('%s --sql and --explain', async (_, argv) => {
  const { code, stdout } = await db.ask([...argv, '--sql'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^begin read only;[\s\S]*\n-- @locks[\s\S]*\ncommit;\n$/)
  const plan = await db.ask([...argv, '--explain'])
  expect(plan.code).toBe(0)
  expect(plan.stdout).toMatch(/Execution Time: /)
})

describe.each(Object.entries(QUESTIONS))('%s', (name, argv) => {
  test.each(Object.entries(PLACES))('%s', async (place, options) => {
    const { stdout } = await expectGolden(db, argv, options, `question/${name}.${place}`)
    expect(stdout.trim()).not.toBe('')
    if (place !== 'json') return
    const rows = JSON.parse(stdout) as object[]
    expect(rows.length).toBeGreaterThan(0)
    // What the figure is by name stands last, wherever one is.
    for (const row of rows) expect(Object.keys(row).at(-1)).toBe('definition')
  })
})
