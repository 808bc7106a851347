// Every question that there is, and a database of many markets whose rows come in two halves.
import type pg from 'pg'
import { openClient } from '../../src/db/connect.ts'
import { session } from '../cli/session.ts'
import type { TestDatabase } from '../servers/databases.ts'
import { putBars, putTicks, uneven } from './facts.ts'
import { type Bar, MINUTE, micros } from './oracle.ts'
import { DAY, iso, MARKETS, NOW, START, writeMarkets } from './stats-data.ts'

const ALL = ['--from', iso(START - DAY), '--to', iso(START + 25 * DAY)]
/** Neither end lies on a bar. */
const SOME = ['--from', '2025-03-04T05:17:23Z', '--to', '2025-03-17T20:43:11Z']
const AT = ['--at', '2025-03-12T10:30:40Z']
const NEW_YORK = ['--every', '1d', '--tz', 'America/New_York']

/** By command. */
export const QUESTIONS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  coins: [['coins']],
  coverage: [['coverage'], ['coverage', 'BTC', 'ETH', ...SOME], ['coverage', 'DOGE']],
  gaps: [
    ['gaps', 'BTC', 'DOGE', ...ALL],
    ['gaps', 'BTC@beta', '--longer-than', '10m', ...SOME],
  ],
  price: [
    ['price', 'BTC', 'ETH', 'DOGE/EUR', ...AT],
    ['price', 'uneven', '--at', '2025-03-05T14:00:00Z'],
    ['price', 'BTC', '--max-staleness', '300d'],
  ],
  change: [['change', 'BTC', 'ETH', '--quote', 'any', '--over', '1h,24h,7d', ...AT]],
  candles: [
    ['candles', 'BTC@alpha', '--quote', 'any', '--every', '1h', ...SOME],
    ['candles', 'BTC', '--basis', 'ticks', '--every', '4h', '--fill', 'prev', ...ALL],
    ['candles', 'ETH', '--basis', 'candles', ...NEW_YORK, ...ALL],
    ['candles', 'traded', '--every', '7m', ...SOME],
  ],
  twap: [
    ['twap', 'BTC', '--quote', 'any', ...SOME],
    ['twap', 'BTC', '--basis', 'ticks', '--every', '1d', ...ALL],
    ['twap', 'ETH', '--basis', 'candles', ...NEW_YORK, ...SOME],
    ['twap', 'uneven', '--every', '10m', '--max-staleness', '33s', '--from', '2025-03-05T11:00Z..2025-03-05T19:00Z'],
  ],
  vwap: [
    ['vwap', 'traded', ...SOME],
    ['vwap', 'traded', '--quote', 'any', '--every', '1h', ...ALL],
  ],
  rsi: [['rsi', 'BTC@alpha', '--every', '1h', ...SOME]],
  macd: [['macd', 'ETH@alpha', '--every', '1h', ...SOME]],
  bollinger: [['bollinger', 'BTC@beta', '--every', '4h', ...SOME]],
  atr: [['atr', 'DOGE@gamma', '--quote', 'EUR', '--every', '4h', ...SOME]],
  indicators: [['indicators', 'BTC@alpha', '--every', '1h', ...SOME]],
  volatility: [
    ['volatility', 'BTC', '--quote', 'any', '--estimator', 'all', ...ALL],
    ['volatility', 'ETH', '--basis', 'ticks', '--estimator', 'all', '--every', '4h', ...SOME],
    ['volatility', 'BTC@alpha', '--estimator', 'all', '--rolling', '24', ...SOME],
    ['volatility', 'DOGE', '--quote', 'EUR', '--estimator', 'all', ...NEW_YORK, ...ALL],
  ],
  correlation: [
    ['correlation', 'BTC', 'ETH', ...ALL],
    ['correlation', 'BTC', 'ETH', '--quote', 'any', '--matrix', '--every', '4h', ...SOME],
    ['correlation', 'BTC', 'ETH', '--basis', 'ticks', '--every', '1h', ...SOME],
  ],
  trend: [
    ['trend', 'BTC', '--quote', 'any', ...ALL],
    ['trend', 'ETH@beta', '--bars', '--every', '1h', '--fast', '5', '--slow', '12', ...SOME],
  ],
  arbitrage: [
    ['arbitrage', 'BTC', 'ETH', '--min-spread', '0', '--max-staleness', '2h', '--max-skew', '2h', ...AT],
    ['arbitrage', 'BTC', '--quote', 'any', '--min-spread', '0', '--every', '6h', ...SOME],
  ],
  market: [
    ['market', ...AT],
    ['market', '--every', '1d', ...ALL],
    ['market', 'btc_dominance', '--exchange', 'coingecko', '--every', '1w', ...ALL],
  ],
}

export type Answers = Readonly<Record<string, string>>

/** The JSON of every question, to the letter; `raw` are those that read raw rows where they need not. */
export async function askAll(database: TestDatabase, canBeRaw: ReadonlySet<string>): Promise<Answers> {
  const env = { DATABASE_URL: database.url, HOME: '/nowhere' }
  const answers: Record<string, string> = {}
  for (const [name, asked] of Object.entries(QUESTIONS))
    for (const argv of asked.flatMap((each) => (canBeRaw.has(name) ? [each, [...each, '--no-rollup']] : [each]))) {
      const { code, stdout, stderr } = await session([...argv, '--json'], { env, now: NOW })
      if (code !== 0 || stdout.trim() === '[]') throw new Error(`arxdb ${argv.join(' ')}: exit ${code}: ${stderr}`)
      answers[argv.join(' ')] = stdout
    }
  return answers
}

/** Rows whose number leaves this when divided by seven are late. */
const LATE = 3
const half = <T>(rows: readonly T[], late: boolean): T[] => rows.filter((_, i) => (i % 7 === LATE) === late)

/** Six days of one-minute candles with volumes and without, in two quotes. */
const traded = (salt: number): readonly Bar[] =>
  Array.from({ length: 6 * 1440 }, (_, i) => {
    const price = 100 + ((i * 7919 + salt * 104_729) % 1009) / 7
    const text = (factor: number) => (price * factor).toFixed(7)
    return {
      ...{ at: micros('2025-03-08T00:00:00Z') + BigInt(i) * MINUTE, open: text(1), high: text(1.01), low: text(0.99) },
      ...{ close: text(1.001), volume: i % 11 === 5 ? null : (1 + (i % 5) / 3).toFixed(12) },
    }
  }).filter((_, i) => i % 13 !== 1)

/** One half of all rows, the late ones or the others; the same markets get the same ids in every database. */
export async function writeHalf(database: TestDatabase, late: boolean): Promise<void> {
  await writeMarkets(
    database,
    MARKETS.map((market) => ({ ...market, rows: half(market.rows, late) })),
  )
  await withClient(database, async (client) => {
    const noon = micros('2025-03-05T12:00:00Z')
    await putTicks(client, { coin: 'uneven', exchange: 'alpha' }, half(uneven(noon), late))
    await putBars(client, { coin: 'traded', exchange: 'alpha' }, '1m', half(traded(1), late))
    await putBars(client, { coin: 'traded', exchange: 'beta', quote: 'EUR' }, '1m', half(traded(2), late))
    await client.query(
      `insert into arxdb.exchanges (exchange_id) values ('global'), ('coingecko') on conflict do nothing`,
    )
    await client.query(
      `insert into arxdb.analytics (exchange_id, timestamp, total_market_cap, total_volume, btc_dominance)
         select e, $1::timestamptz + i * interval '5 hours 7 minutes', 2.5e12 + i * 1234567.89 + length(e),
                case when i % 3 > 0 then 9.8e10 + i * 7.77 end, 50 + i % 17 / 7.0
           from unnest(array['global', 'coingecko']) e cross join generate_series(0, 95) i
           where (i % 7 = $2) = $3`,
      [iso(START), LATE, late],
    )
  })
}

/** What else happens to rows: corrections and deletions, of single ones, of stretches, of a market. */
export const change = (database: TestDatabase): Promise<void> =>
  withClient(database, async (client) => {
    for (const sql of [
      `update arxdb.candles set close = low, volume = 0.5 where timestamp = '2025-03-09T11:13:00Z'`,
      `update arxdb.prices set price = price + 0.000001 where timestamp >= '2025-03-06' and timestamp < '2025-03-07'`,
      `update arxdb.analytics set btc_dominance = 41.5 where timestamp < '2025-03-03'`,
      `delete from arxdb.candles where timestamp >= '2025-03-14T03:00Z' and timestamp < '2025-03-14T09:30Z'`,
      `delete from arxdb.prices using arxdb.markets m where m.market_id = prices.market_id and m.coin_id = 'ethereum'
         and timestamp > '2025-03-16'`,
    ]) {
      await client.query('begin')
      await client.query(`select set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`)
      await client.query(sql)
      await client.query('commit')
    }
  })

export async function withClient<T>(database: TestDatabase, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient(database.connection)
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}
