// Candles in very many chunks or partitions, an hour each with one row, made as fast as each tier can.
import type pg from 'pg'
import type { Tier } from '../servers/databases.ts'

/** Where the first of them begins. */
export const FIRST = Date.UTC(2024, 0, 1)
export const HOUR_MS = 3_600_000

/** How many a test makes: at 10,000 plain partitions take minutes, as each new one has to be fitted among all others. */
export const MANY = { plain: 2_000, apache: 2_000, community: 10_000 } as const

export const narrow = (tier: Tier, client: pg.Client): Promise<unknown> =>
  client.query(
    tier.name === 'plain'
      ? "update arxdb.partitioning set width = '1 hour' where table_name = 'candles'"
      : "select set_chunk_time_interval('arxdb.candles', interval '1 hour')",
  )

/** Straight to the name and the bounds that ensure_partitions() would choose: it looks at all others for each. */
const PARTITIONS = `
  do $$
  declare
    at timestamptz;
    child text;
  begin
    for at in select generate_series(timestamptz '2024-01-01 00:00+00' + FROM * interval '1 hour',
                                     timestamptz '2024-01-01 00:00+00' + (UNTIL - 1) * interval '1 hour', interval '1 hour') loop
      child := format('candles_p%s', to_char(at at time zone 'UTC', 'YYYYMMDD"t"HH24'));
      execute format('create table arxdb.%I partition of arxdb.candles for values from (%L) to (%L)', child, at,
                     at + interval '1 hour');
    end loop;
  end $$`

const ROWS = `
  insert into arxdb.candles (market_id, timestamp, open, high, low, close)
    select 1, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour', 1, 1, 1, 1 from generate_series($1::int, $2::int - 1) i`

/** Makes the chunks from the `from`-th hour to before the `until`-th; after `narrow`, on a table that has none of them. */
export async function makeChunks(tier: Tier, client: pg.Client, from: number, until: number): Promise<void> {
  if (tier.name === 'plain')
    await client.query(PARTITIONS.replaceAll('FROM', String(from)).replaceAll('UNTIL', String(until)))
  await client.query(ROWS, [from, until])
}

/** Compresses the oldest ones; on Community only. */
export async function compressOldest(client: pg.Client, howMany: number): Promise<void> {
  // A chunk of one row gets larger, and says so each time.
  await client.query('set client_min_messages = error')
  await client.query(
    "alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id', timescaledb.compress_orderby = 'timestamp')",
  )
  await client.query(
    "select count(compress_chunk(c)) from (select c from show_chunks('arxdb.candles') c order by 1 limit $1) x",
    [howMany],
  )
}
