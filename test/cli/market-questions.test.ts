// What change, arbitrage, market and gaps look like: on a wide and a narrow terminal, in a pipe, as JSON.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectGolden } from './goldens.ts'
import { type Loaded, loaded } from './loaded.ts'

let db: Loaded

beforeAll(async () => {
  db = await loaded()
  const fees = { alpha: { taker: '0.1%', withdraw: { BTC: '0.0001' } }, beta: { taker: '0.05%' } }
  writeFileSync(join(db.folder, 'fees.json'), JSON.stringify({ fees }))
})
afterAll(() => db?.close())

const AT = ['--at', '2025-03-10T01:30Z']

const QUESTIONS = {
  change: ['change', 'BTC@alpha', '--over', '5m,1h,24h', ...AT],
  'change-between': ['change', 'BTC', '--from', '2025-03-10T00:30Z', '--to', '2025-03-10T01:30Z'],
  arbitrage: ['arbitrage', 'BTC', ...AT],
  'arbitrage-net': ['arbitrage', '--config', 'fees.json', '--notional', '5000', '--min-net', '-1', ...AT],
  'arbitrage-window': ['arbitrage', 'BTC', '--from', '2025-03-10..2025-03-10T00:06Z', '--min-spread', '0'],
  'arbitrage-any': ['arbitrage', 'BTC', '--quote', 'any', '--min-spread', '0', '--top', '3', ...AT],
  'arbitrage-none': ['arbitrage', 'BTC', '--min-spread', '50', ...AT],
  market: ['market', '--at', '2025-03-12T12:00Z'],
  'market-time': ['market', '--from', '2025-03-10..2025-03-13', '--every', '1d'],
  'market-dominance': ['market', 'dominance', '--from', '2025-03-10..2025-03-13'],
  gaps: ['gaps', 'BTC@bitfinex', '--from', '2016-01-01..2016-01-01T02:30Z', '--min-bars', '3'],
  'gaps-size': ['gaps', 'BTC', '--longer-than', '1m', '--min-bars', '2', '--order', 'size'],
  'gaps-none': ['gaps', 'BTC/USDC'],
} as const

const PLACES = {
  'terminal-120': { terminal: 120 },
  'terminal-60': { terminal: 60 },
  pipe: {},
  json: { flags: ['-o', 'json'] },
} as const

describe.each(Object.entries(QUESTIONS))('%s', (name, argv) => {
  test.each(Object.entries(PLACES))('%s', async (place, options) => {
    const { stdout } = await expectGolden(db, argv, options, `cli/${name}.${place}`)
    if (place === 'json') expect(Array.isArray(JSON.parse(stdout))).toBe(true)
  })
})

describe('flags', () => {
  const refused = async (...argv: string[]) => {
    const { code, stderr, stdout } = await db.ask(argv)
    expect([code, stdout]).toEqual([2, ''])
    return stderr
  }

  test('that contradict each other are refused', async () => {
    expect(await refused('change', 'BTC', '--at', '2025-01-01', '--to', '2025-01-02')).toContain("'--at <time>'")
    expect(await refused('change', 'BTC', '--from', '7d', '--over', '1h')).toContain("'--over <durations>'")
    expect(await refused('arbitrage', '--at', 'now', '--from', '7d')).toContain("'--at <time>'")
    expect(await refused('market', '--at', 'now', '--every', '1d')).toContain("'--at <time>'")
  })

  test('that are no numbers, lengths or metrics are refused, with a way to write them', async () => {
    expect(await refused('arbitrage', '--min-spread', 'much')).toContain('write 0.5 for half a per cent')
    expect(await refused('arbitrage', '--notional', '1e4')).toContain('write digits: 10000')
    expect(await refused('arbitrage', '--notional', '0')).toContain('buys nothing')
    expect(await refused('arbitrage', '--every', '1M', ...AT)).toContain('fixed distance')
    expect(await refused('change', 'BTC', '--over', '1h,1M')).toContain('months and years differ')
    expect(await refused('change', 'BTC', '--over', '0')).toContain('over no time')
    expect(await refused('change', 'BTC', '--from', 'now')).toContain('is not before')
    expect(await refused('market', 'capp')).toContain('try: cap')
  })

  test('1 and 1% are one percentage', async () => {
    const spread = async (text: string) => (await db.ask(['arbitrage', 'BTC', '--min-spread', text, ...AT])).stdout
    expect(await spread('0.001%')).toBe(await spread('0.001'))
  })

  test('a wrong fee stops the question before a server is asked', async () => {
    writeFileSync(join(db.folder, 'wrong.json'), JSON.stringify({ fees: { kraken: { taker: '26%', maker: 1 } } }))
    const said = await refused('arbitrage', '--config', 'wrong.json')
    expect(said).toContain('#/fees/kraken/taker: no fee: write "0.26%"')
    expect(said).toContain('#/fees/kraken/maker: unknown key')
  })
})
