// How people write these questions: the statements that arxdb replaces, over the views with the names that they use.
import type { Tier } from '../flags.ts'

/** Parameters: coin, from, to. */
export interface Seed {
  readonly sql: string
  /** What had to be changed for it to run, or for it to answer the same question. */
  readonly remark?: string
}

const RANGE = 'coin_id = $1 and timestamp >= $2::timestamptz and timestamp < $3::timestamptz'

const candles = (tier: Tier, width: string): Seed =>
  tier === 'hypertable'
    ? {
        sql: `select exchange_id, time_bucket('${width}', timestamp) as bucket, first(open_price, timestamp) as open,
          max(high_price) as high, min(low_price) as low, last(close_price, timestamp) as close,
          avg(close_price) as average, sum(volume) as volume
          from crypto_ohlcv where ${RANGE} group by exchange_id, bucket order by exchange_id, bucket`,
      }
    : {
        sql: `select exchange_id, date_bin('${width}', timestamp, '2000-01-03 00:00:00+00') as bucket,
          (array_agg(open_price order by timestamp))[1] as open, max(high_price) as high, min(low_price) as low,
          (array_agg(close_price order by timestamp desc))[1] as close, avg(close_price) as average,
          sum(volume) as volume
          from crypto_ohlcv where ${RANGE} group by exchange_id, bucket order by exchange_id, bucket`,
        remark: 'first() and last() are array_agg, time_bucket() is date_bin()',
      }

/** As it is written it cannot run: a window function inside an aggregate. */
export const ILLEGAL_TWAP = `select sum(close_price * extract(epoch from
    (lead(timestamp, 1, $3::timestamptz) over (order by timestamp) - timestamp)))
    / extract(epoch from ($3::timestamptz - $2::timestamptz)) as twap
  from crypto_ohlcv where ${RANGE}`

const TWAP: Seed = {
  sql: `select exchange_id, sum(price * extract(epoch from (next - timestamp)))
      / extract(epoch from ($3::timestamptz - $2::timestamptz)) as twap
    from (select exchange_id, timestamp, close_price as price,
            lead(timestamp, 1, $3::timestamptz) over (partition by exchange_id order by timestamp) as next
            from crypto_ohlcv where ${RANGE}) s
    group by exchange_id`,
  remark:
    'as written it cannot run (a window function inside an aggregate): lead() one level down, an exchange at a time',
}

const TWAP_DAYS: Seed = {
  sql: `select exchange_id, date_trunc('day', timestamp, 'UTC') as bucket,
      sum(price * extract(epoch from (next - timestamp))) / 86400 as twap
    from (select exchange_id, timestamp, close_price as price,
            lead(timestamp, 1, $3::timestamptz) over (partition by exchange_id order by timestamp) as next
            from crypto_ohlcv where ${RANGE}) s
    group by exchange_id, bucket order by exchange_id, bucket`,
  remark: 'the same, a day at a time',
}

const VWAP: Seed = {
  sql: `select exchange_id, sum(close_price * volume) / sum(volume) as vwap from crypto_ohlcv where ${RANGE}
    group by exchange_id`,
  remark: 'an exchange at a time',
}

const VWAP_DAYS: Seed = {
  sql: `select exchange_id, date_trunc('day', timestamp, 'UTC') as bucket, sum(close_price * volume) / sum(volume) as vwap
    from crypto_ohlcv where ${RANGE} group by exchange_id, bucket order by exchange_id, bucket`,
  remark: 'the same, a day at a time',
}

/** Compares the table with itself: the inner names are the inner table's, so it asks for the newest row of all. */
export const CURRENT_PRICE = `select exchange_id, close_price, timestamp from crypto_ohlcv
  where coin_id = any($1::text[])
    and timestamp = (select max(timestamp) from crypto_ohlcv where coin_id = coin_id)
  order by timestamp desc`

export const seedsOf = (tier: Tier): Readonly<Record<string, Seed>> => ({
  'candles 1d': candles(tier, '1 day'),
  'candles 1w': candles(tier, '7 days'),
  twap: TWAP,
  'twap 1d': TWAP_DAYS,
  vwap: VWAP,
  'vwap 1d': VWAP_DAYS,
})
