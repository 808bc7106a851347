// Made from the migrated schema by `npm run docs`; a test compares. Do not edit.
/** Rows as they are read: numeric and timestamps are text. A view's columns are all nullable to PostgreSQL. */
export interface Schema {
  'arxdb.analytics': {
    readonly exchange_id: string
    readonly import_id: number | null
    readonly timestamp: string
    readonly total_market_cap: string | null
    readonly total_volume: string | null
    readonly btc_dominance: string | null
    readonly eth_dominance: string | null
    readonly active_cryptocurrencies: number | null
    readonly markets: number | null
    readonly market_cap_change_24h: string | null
    readonly observed_at: string | null
  }
  'arxdb.candles': {
    readonly market_id: number
    readonly import_id: number | null
    readonly timestamp: string
    readonly open: string
    readonly high: string
    readonly low: string
    readonly close: string
    readonly volume: string | null
    readonly quote_volume: string | null
    readonly trades: number | null
    readonly observed_at: string | null
  }
  'arxdb.coin_aliases': {
    readonly alias: string
    readonly coin_id: string
    readonly symbol: string
    readonly name: string
  }
  'arxdb.coins': {
    readonly coin_id: string
    readonly symbol: string | null
    readonly name: string | null
    readonly provisional: boolean
    readonly created_at: string
  }
  'arxdb.exchanges': {
    readonly exchange_id: string
    readonly kind: string
  }
  'arxdb.import_batches': {
    readonly import_id: number
    readonly byte_from: number
    readonly byte_to: number
    readonly rows_read: number
    readonly inserted: number
    readonly committed_at: string
    readonly line_from: number | null
    readonly line_to: number | null
    readonly prefix_sha256: Buffer | null
    readonly updated: number
    readonly unchanged: number
    readonly duplicates: number
    readonly skipped: number
    readonly rejected: number
    readonly merged: number
  }
  'arxdb.imports': {
    readonly import_id: number
    readonly state: string
    readonly target: string
    readonly source: string
    readonly attribution: string
    readonly file_name: string | null
    readonly content_sha256: Buffer | null
    readonly content_bytes: number | null
    readonly mapping_sha256: Buffer | null
    readonly mapping: unknown | null
    readonly rows_read: number
    readonly inserted: number
    readonly duplicates: number
    readonly rejected: number
    readonly first_at: string | null
    readonly last_at: string | null
    readonly started_at: string
    readonly finished_at: string | null
    readonly arxdb_version: string | null
    readonly updated: number
    readonly unchanged: number
    readonly skipped: number
    readonly merged: number
    readonly atomic: boolean
    readonly claim: number
    readonly incomplete: boolean
    readonly import_key: string | null
  }
  'arxdb.job_leases': {
    readonly job_id: number
    readonly holder: string
    readonly next_start: string
    readonly until: string
  }
  'arxdb.markets': {
    readonly market_id: number
    readonly coin_id: string
    readonly exchange_id: string
    readonly quote: string
    readonly timeframe: string
  }
  'arxdb.migration_repairs': {
    readonly repair_id: number
    readonly repaired_at: string
    readonly repaired_by: string
    readonly action: string
    readonly source: string
    readonly version: string
    readonly name: string
    readonly old_checksum: string
    readonly new_checksum: string | null
    readonly note: string
  }
  'arxdb.observed': {
    readonly market_id: number | null
    readonly timestamp: string | null
  }
  'arxdb.policies': {
    readonly table_name: string
    readonly policy: unknown
    readonly applied_at: string
    readonly applied_by: string
  }
  'arxdb.policy_runs': {
    readonly run_id: number
    readonly host: string
    readonly began_at: string
    readonly ended_at: string | null
    readonly error: string | null
    readonly steps: unknown | null
  }
  'arxdb.prices': {
    readonly market_id: number
    readonly import_id: number | null
    readonly timestamp: string
    readonly price: string
    readonly btc_price: string | null
    readonly eth_price: string | null
    readonly market_cap: string | null
    readonly volume_24h: string | null
    readonly change_24h: string | null
    readonly change_7d: string | null
    readonly observed_at: string | null
  }
  'arxdb.rollup_dirty': {
    readonly dirty_id: number
    readonly market_id: number
    readonly since: string
    readonly until: string
  }
  'arxdb.rollups': {
    readonly market_id: number
    readonly width: number
    readonly bucket: string
    readonly n: number
    readonly first_at: string
    readonly last_at: string
    readonly open: string
    readonly high: string
    readonly low: string
    readonly close: string
    readonly price_sum: string
    readonly price_time: string
    readonly held_price_time: string
    readonly held_seconds: string
    readonly max_gap: string
    readonly volume: string | null
    readonly n_volume: number
    readonly turnover_x3: string | null
  }
  'crypto_market_analytics': {
    readonly timestamp: string | null
    readonly exchange_id: string | null
    readonly total_market_cap: string | null
    readonly total_volume: string | null
    readonly btc_dominance: string | null
    readonly eth_dominance: string | null
    readonly active_cryptocurrencies: number | null
    readonly markets: number | null
    readonly market_cap_change_24h: string | null
    readonly source: string | null
    readonly attribution: string | null
  }
  'crypto_ohlcv': {
    readonly coin_id: string | null
    readonly symbol: string | null
    readonly exchange_id: string | null
    readonly timestamp: string | null
    readonly open_price: string | null
    readonly high_price: string | null
    readonly low_price: string | null
    readonly close_price: string | null
    readonly volume: string | null
    readonly timeframe: string | null
    readonly source: string | null
    readonly attribution: string | null
    readonly quote: string | null
    readonly quote_volume: string | null
    readonly trades: number | null
  }
  'crypto_prices': {
    readonly coin_id: string | null
    readonly symbol: string | null
    readonly exchange_id: string | null
    readonly usd_price: string | null
    readonly btc_price: string | null
    readonly eth_price: string | null
    readonly market_cap: string | null
    readonly volume_24h: string | null
    readonly change_24h: string | null
    readonly change_7d: string | null
    readonly last_updated: string | null
    readonly source: string | null
    readonly attribution: string | null
  }
}
