// What the statistics look like, as questions.test.ts has it for the first questions; and how they refuse.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectGolden } from './goldens.ts'
import { type Loaded, loaded } from './loaded.ts'

let db: Loaded

beforeAll(async () => {
  db = await loaded()
})
afterAll(() => db?.close())

const MORNING = ['--from', '2025-03-10..2025-03-10T02:00Z']
const MINUTES = ['--every', '1m', ...MORNING]

const QUESTIONS = {
  volatility: ['volatility', 'BTC', ...MINUTES],
  'volatility-all': ['volatility', 'BTC@alpha', '--estimator', 'all', '--every', '5m', ...MORNING],
  'volatility-rolling': ['volatility', 'BTC@alpha', '--rolling', '3', '--every', '15m', ...MORNING],
  'volatility-empty': ['volatility', 'BTC', '--from', '2020-01-01..2020-01-02'],
  correlation: ['correlation', 'BTC/USD@alpha', 'BTC/USDC@alpha', ...MINUTES],
  'correlation-thin': ['correlation', 'BTC/USD@alpha', 'BTC/USDC@alpha', '--every', '15m', ...MORNING],
  'correlation-matrix': ['correlation', 'BTC/USD@alpha', 'BTC/USDC@alpha', '--matrix', ...MINUTES],
  trend: ['trend', 'BTC', ...MINUTES],
  'trend-bars': ['trend', 'BTC@alpha', '--bars', '--fast', '2', '--slow', '4', '--every', '15m', ...MORNING],
} as const

const PLACES = { 'terminal-100': { terminal: 100 }, json: { flags: ['-o', 'json'] } } as const

describe.each(Object.entries(QUESTIONS))('%s', (name, argv) => {
  test.each(Object.entries(PLACES))('%s', async (place, options) => {
    const { stdout } = await expectGolden(db, argv, options, `cli/${name}.${place}`)
    if (place !== 'json') return
    const rows = JSON.parse(stdout)
    expect(rows.every((row: object) => Object.keys(row).at(-1) === 'definition')).toBe(true)
  })
})

describe('refused', () => {
  test.each([
    [['volatility', 'BTC', '--rolling', '1'], 'two bars at least'],
    [['volatility', 'BTC', '--estimator', 'hodges'], 'yang-zhang'],
    [['volatility', 'BTC', '--annual-days', '-5'], 'no number above zero'],
    [['volatility', 'BTC', '--from', '2025-03-02', '--to', '2025-03-01'], 'the range is empty'],
    [['volatility', 'BTC', '--every', '1d', ...MORNING], 'no whole bar of 1d'],
    [['correlation', 'BTC'], 'two coins at least'],
    [['correlation', 'BTC', 'BTC', '--confidence', '95'], '--confidence 0.95'],
    [['correlation', 'BTC', 'BTC', '--min-pairs', '2'], 'at least 4'],
    [['trend', 'BTC', '--fast', '50', '--slow', '20'], 'not shorter than the slow one'],
    [['trend', 'BTC', '--t', '0'], 'no number above zero'],
  ] as const)('%j', async (argv, words) => {
    const { code, stdout, stderr } = await db.ask(argv)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(words)
  })
})
