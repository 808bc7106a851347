// Candles and prices over years, and policies written down as `policy apply` would, for tests of what acts on them.
import type pg from 'pg'
import { type TablePolicy, type WrittenPolicy, wantedPolicies } from '../../src/policy/wanted.ts'
import type { TierName } from '../servers/tiers.ts'

export const DAY = 86_400_000

export interface Stretch {
  readonly timeframe: string
  readonly coin?: string
  readonly from: string
  readonly to: string
  /** PostgreSQL's interval between two rows. */
  readonly every: string
}

const room = 'select arxdb.ensure_partitions($1, $2::timestamptz, $3::timestamptz)'

/** Candles whose price is their number. Returns the market. */
export async function fillCandles(
  client: pg.Client,
  { timeframe, coin = 'coin', from, to, every }: Stretch,
): Promise<number> {
  const market = "select arxdb.market($1, upper($1), 'alpha', 'USD', $2) as id"
  const { id } = (await client.query<{ id: number }>(market, [coin, timeframe])).rows[0]!
  await client.query(room, ['candles', from, to])
  await client.query(
    `insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume)
       select $1, t, n, n, n, n, n from generate_series($2::timestamptz, $3, $4::interval) with ordinality g(t, n)`,
    [id, from, to, every],
  )
  return id
}

export async function fillPrices(
  client: pg.Client,
  { coin = 'coin', from, to, every }: Omit<Stretch, 'timeframe'>,
): Promise<number> {
  const market = "select arxdb.market($1, upper($1), 'alpha', 'USD', 'tick') as id"
  const { id } = (await client.query<{ id: number }>(market, [coin])).rows[0]!
  await client.query(room, ['prices', from, to])
  await client.query(
    `insert into arxdb.prices (market_id, timestamp, price)
       select $1, t, n from generate_series($2::timestamptz, $3, $4::interval) with ordinality g(t, n)`,
    [id, from, to, every],
  )
  return id
}

/** The policies of a config, by table. */
export const policiesOf = (
  tier: TierName,
  written: Readonly<Record<string, WrittenPolicy>> = {},
): Readonly<Record<string, TablePolicy>> =>
  Object.fromEntries(wantedPolicies(written, tier).map((policy) => [policy.table, policy]))

/** As if applied, whatever the rest of the database is. */
export async function writeDown(client: pg.Client, policy: TablePolicy): Promise<void> {
  await client.query(
    'insert into arxdb.policies (table_name, policy) values ($1, $2) on conflict (table_name) do update set policy = excluded.policy',
    [policy.table, JSON.stringify(policy)],
  )
}
