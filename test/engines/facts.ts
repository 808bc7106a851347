// Facts put straight into a test database, and questions about them through the command line.
import type pg from 'pg'
import { groupBy } from '../../src/core/market.ts'
import { session } from '../cli/session.ts'
import type { TestDatabase } from '../servers/databases.ts'
import { type Bar, iso, type Micros, type Tick } from './oracle.ts'

export interface Where {
  /** Its id; a test that makes up a new one has the database to itself. */
  readonly coin: string
  readonly exchange: string
  readonly quote?: string
}

const marketId = async (client: pg.Client, { coin, exchange, quote = 'USD' }: Where, timeframe: string) =>
  (
    await client.query<{ id: number }>('select arxdb.market($1, $2, $3, $4, $5) as id', [
      coin,
      coin.toUpperCase(),
      exchange,
      quote,
      timeframe,
    ])
  ).rows[0]!.id

/** A partition for each month that has rows, and none between. */
async function makeRoom(client: pg.Client, facts: 'prices' | 'candles', times: readonly string[]): Promise<void> {
  const months = groupBy(times, (time) => time.slice(0, 7))
  for (const own of months.values())
    await client.query('select arxdb.ensure_partitions($1, min(t), max(t)) from unnest($2::timestamptz[]) t', [
      facts,
      own,
    ])
}

/** Makes the market even when there are no rows. */
export async function putTicks(client: pg.Client, where: Where, ticks: readonly Tick[]): Promise<void> {
  const id = await marketId(client, where, 'tick')
  const times = ticks.map(({ at }) => iso(at))
  await makeRoom(client, 'prices', times)
  await client.query(
    'insert into arxdb.prices (market_id, timestamp, price) select $1, * from unnest($2::timestamptz[], $3::numeric[])',
    [id, times, ticks.map(({ price }) => price)],
  )
}

export async function putBars(client: pg.Client, where: Where, timeframe: string, bars: readonly Bar[]): Promise<void> {
  const id = await marketId(client, where, timeframe)
  const times = bars.map(({ at }) => iso(at))
  await makeRoom(client, 'candles', times)
  const column = (name: Exclude<keyof Bar, 'at'>) => bars.map((bar) => bar[name])
  await client.query(
    `insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume)
       select $1, * from unnest($2::timestamptz[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[])`,
    [id, times, ...(['open', 'high', 'low', 'close', 'volume'] as const).map(column)],
  )
}

export interface Answer {
  readonly code: number
  readonly rows: readonly Readonly<Record<string, string | number | boolean | null>>[]
  readonly stderr: string
}

export type AskRows = (argv: readonly string[], now?: string) => Promise<Answer>

/** `arxdb ... --json` on this database; rows are empty where there is no answer. */
export const asking =
  (database: TestDatabase): AskRows =>
  async (argv, now = '2026-01-01T00:00:00Z') => {
    const ended = await session([...argv, '--json'], { env: { DATABASE_URL: database.url, HOME: '/nowhere' }, now })
    return { code: ended.code, rows: ended.stdout === '' ? [] : JSON.parse(ended.stdout), stderr: ended.stderr }
  }

/** Prices, gaps and instants without any pattern that a grid could hide; the same ones each time. */
export const uneven = (from: Micros): readonly Tick[] =>
  Array.from({ length: 200 }, (_, i) => ({
    at: from + BigInt(i) * 97_003_001n + BigInt((i * i * 7919) % 90_000_000),
    price: `${1000 + ((i * 7919) % 389)}.${String((i * 104_729) % 1_000_000).padStart(6, '0')}`,
  }))
