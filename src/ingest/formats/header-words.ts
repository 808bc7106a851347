// Words that headers of many makers have in common. Best first: an epoch before a text, the particular before the bare.

export const TIME_WORDS = [
  ...['open_time_ms', 'open_time', 'unix', 'unixtimestamp', 'unix_timestamp', 'timestamp', 'time', 'start', 'ts'],
  ...['date', 'datetime', 'datetime_utc', 'date(utc)', 'starttime', 'start_time', 'timestamp_utc', 'time_utc'],
] as const

export const OBSERVED_WORDS = ['observed_at', 'retrieved_at', 'fetched_at', 'scraped_at', 'collected_at'] as const

export const PAIR_WORDS = ['symbol', 'pair', 'market', 'ticker', 'instrument', 'product_id'] as const

export const BARS = { open: ['open'], high: ['high'], low: ['low'], close: ['close'] } as const
