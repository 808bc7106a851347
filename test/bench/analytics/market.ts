// One-minute candles made inside the server: a bounded walk out of hashes, the same every time, without a gap.
import type pg from 'pg'

export const COINS = ['bitcoin', 'ethereum'] as const
export const EXCHANGES = ['binance', 'bitstamp', 'coinbase', 'kraken'] as const
const MARKETS = COINS.length * EXCHANGES.length

const MINUTE = 60_000
const UNTIL = Date.UTC(2025, 0, 1)

export interface Span {
  readonly since: Date
  readonly until: Date
}

/** The minutes that make up so many rows; five years of 525,960 minutes are 21 million. */
export const spanOf = (rows: number): Span => ({
  since: new Date(UNTIL - Math.max(1, Math.round(rows / MARKETS)) * MINUTE),
  until: new Date(UNTIL),
})

/** Coins, exchanges and markets; the same ids in every database. */
export async function makeMarkets(client: pg.Client): Promise<readonly number[]> {
  await client.query(`insert into arxdb.coins (coin_id, symbol) values ('bitcoin', 'BTC'), ('ethereum', 'ETH')`)
  await client.query(
    'insert into arxdb.exchanges (exchange_id) select unnest($1::text[]) on conflict (exchange_id) do nothing',
    [EXCHANGES],
  )
  const { rows } = await client.query(
    `insert into arxdb.markets (coin_id, exchange_id, quote, timeframe)
      select coin, exchange, 'USD', '1m' from unnest($1::text[]) as coin cross join unnest($2::text[]) as exchange
        order by coin, exchange
      returning market_id`,
    [COINS, EXCHANGES],
  )
  return rows.map((row) => row.market_id)
}

/** Between -1 and 1, drawn as lines between points that lie `minutes` apart. */
const wave = (name: string, minutes: number): string => `
    cross join lateral (
      select minute / ${minutes} as k, (minute % ${minutes}) / ${minutes}::float8 as part) ${name}_at
    cross join lateral (
      select ((1 - ${name}_at.part) * hashint8extended(${name}_at.k, $2 + ${minutes})
              + ${name}_at.part * hashint8extended(${name}_at.k + 1, $2 + ${minutes})) / 9.3e18 as v) ${name}`

/**
 * Parameters: market, seed of the coin, its price in cents, from, to. A bar opens where the one before it closed; money
 * is whole cents, volume whole units of 1e-8, so that all digits are exact.
 */
const MONTH = `
insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume)
with levels as materialized (
  select at, minute, round($3::float8 * (1 + 0.4 * months.v + 0.06 * days.v + 0.01 * hours.v
           + 0.0008 * (hashint8extended(minute, $2) / 9.3e18) + 0.0003 * (hashint8extended(minute, $1) / 9.3e18))) as cents
    from generate_series($4::timestamptz, $5::timestamptz, interval '1 minute') as at
    cross join lateral (select (extract(epoch from at) / 60)::bigint as minute) m${wave('months', 43_200)}${wave('days', 1_440)}${wave('hours', 60)}
),
bars as materialized (
  select at, cents as open, lead(cents) over (order by at) as close, hashint8extended(minute, $1 + 1000) as draw
    from levels
)
select $1, at, open::bigint::numeric * 0.01, (greatest(open, close) + (draw >> 8 & 511))::bigint::numeric * 0.01,
       (least(open, close) - (draw >> 20 & 511))::bigint::numeric * 0.01, close::bigint::numeric * 0.01,
       (draw >> 32 & 1073741823)::numeric * 0.00000001
  from bars
  where close is not null`

const CENTS: Readonly<Record<(typeof COINS)[number], number>> = { bitcoin: 3_000_000, ethereum: 200_000 }

/** Fills `span`, a market and a month a statement, as loads of files would come; resolves to how many rows it made. */
export async function makeCandles(client: pg.Client, { since, until }: Span): Promise<number> {
  await client.query(`select arxdb.ensure_partitions('candles', $1, $2)`, [since, until])
  const markets = await makeMarkets(client)
  await client.query('set synchronous_commit = off')
  let made = 0
  for (let from = since; from < until; ) {
    const next = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1))
    const to = next < until ? next : until
    for (const [i, market] of markets.entries()) {
      const coin = Math.floor(i / EXCHANGES.length)
      const { rowCount } = await client.query(MONTH, [market, 100_000 * (coin + 1), CENTS[COINS[coin]!], from, to])
      made += rowCount!
    }
    from = to
  }
  await client.query('reset synchronous_commit')
  return made
}

/** ISO 8601 of a moment, and so many seconds after it. */
export const isoOf = (moment: Date, seconds = 0): string =>
  new Date(moment.getTime() + seconds * 1000).toISOString().replace('.000Z', 'Z')
