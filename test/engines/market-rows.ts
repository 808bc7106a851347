// Rows for tests of questions, by hand: ticks in USD, flat candles.
import type pg from 'pg'

/** coin, exchange, time, price in USD */
export type Tick = readonly [coin: string, exchange: string, at: string, price: string]

/** coin, exchange, quote, timeframe, time, close: the bar is flat. */
export type FlatBar = readonly [
  coin: string,
  exchange: string,
  quote: string,
  timeframe: string,
  at: string,
  close: string,
]

export async function insertTicks(client: pg.Client, ticks: readonly Tick[]): Promise<void> {
  await client.query(
    `insert into crypto_prices (coin_id, exchange_id, last_updated, usd_price, source, attribution)
       select t.coin, t.exchange, t.at, t.price, 'test', ''
         from unnest($1::text[], $2::text[], $3::timestamptz[], $4::numeric[]) as t(coin, exchange, at, price)`,
    [0, 1, 2, 3].map((i) => ticks.map((tick) => tick[i])),
  )
}

export async function insertBars(client: pg.Client, bars: readonly FlatBar[]): Promise<void> {
  await client.query(
    `insert into crypto_ohlcv (coin_id, exchange_id, quote, timeframe, timestamp, open_price, high_price, low_price,
                               close_price, volume, source, attribution)
       select t.coin, t.exchange, t.quote, t.width, t.at, t.price, t.price, t.price, t.price, 1, 'test', ''
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::numeric[])
              as t(coin, exchange, quote, width, at, price)`,
    [0, 1, 2, 3, 4, 5].map((i) => bars.map((bar) => bar[i])),
  )
}
