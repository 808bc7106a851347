// The table that people make: a name in every row, money in fixed places, and five indexes. Not a hypertable, nothing
// compressed.
import type pg from 'pg'
import type { DataSet } from './data-sets.ts'

interface Usual {
  readonly columns: string
  readonly indexes: readonly string[]
  /** Out of arxdb's view of the same rows, in order of time. */
  readonly rows: string
}

const NAMES = 'coin_id varchar(50) not null, symbol varchar(20), exchange_id varchar(50) not null'
const ORIGIN = 'source varchar(100) not null, attribution text not null'

const USUAL: Readonly<Record<DataSet['facts'], Usual>> = {
  candles: {
    columns: `${NAMES}, timestamp timestamptz not null, open_price numeric(20,8) not null,
      high_price numeric(20,8) not null, low_price numeric(20,8) not null, close_price numeric(20,8) not null,
      volume numeric(30,10) not null, timeframe varchar(10) not null, ${ORIGIN},
      primary key (coin_id, exchange_id, timestamp, timeframe)`,
    indexes: ['timestamp desc', 'coin_id, timestamp desc', 'timeframe, timestamp desc'],
    rows: `select coin_id, symbol, exchange_id, timestamp, open_price, high_price, low_price, close_price, volume,
      timeframe, source, attribution from crypto_ohlcv order by timestamp`,
  },
  prices: {
    columns: `${NAMES}, usd_price numeric(20,8) not null, btc_price numeric(20,8), eth_price numeric(20,8),
      market_cap numeric(20,2), volume_24h numeric(20,2), change_24h numeric(10,4), change_7d numeric(10,4),
      last_updated timestamptz not null, ${ORIGIN}, primary key (coin_id, exchange_id, last_updated)`,
    indexes: [
      'last_updated desc',
      'exchange_id, last_updated desc',
      'symbol, last_updated desc',
      'usd_price, last_updated desc',
    ],
    rows: `select coin_id, symbol, exchange_id, usd_price, btc_price, eth_price, market_cap, volume_24h, change_24h,
      change_7d, last_updated, source, attribution from crypto_prices order by last_updated`,
  },
}

/** Bytes a row of such a table, indexes included, filled in order of time from what arxdb has. */
export async function usualBytes(client: pg.Client, facts: DataSet['facts']): Promise<number> {
  const { columns, indexes, rows: source } = USUAL[facts]
  await client.query(`create table usual (${columns})`)
  for (const index of indexes) await client.query(`create index on usual (${index})`)
  await client.query(`insert into usual ${source}`)
  await client.query('vacuum (analyze) usual')
  const { rows } = await client.query<{ each: number }>(
    `select pg_total_relation_size('usual')::float8 / count(*) as each from usual`,
  )
  await client.query('drop table usual')
  return rows[0]!.each
}
