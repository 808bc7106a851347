// The tables a file can go to, and the columns of theirs that a file can fill.

/** As `--table` names them; `ohlcv` is stored in arxdb.candles. */
export const TABLES = ['prices', 'ohlcv', 'analytics'] as const
export type Table = (typeof TABLES)[number]

export type Kind = 'time' | 'decimal' | 'bigint' | 'int'

export interface TargetColumn {
  readonly name: string
  readonly kind: Kind
  readonly required?: true
}

export interface Target {
  readonly table: Table
  /** In the schema arxdb. */
  readonly relation: 'prices' | 'candles' | 'analytics'
  /** First part of the key; the second is `timestamp`. */
  readonly owner: 'market_id' | 'exchange_id'
  readonly columns: readonly TargetColumn[]
}

const decimals = (...names: string[]): TargetColumn[] => names.map((name) => ({ name, kind: 'decimal' }))
const time: TargetColumn = { name: 'timestamp', kind: 'time', required: true }
/** When the source saw the row: of two versions the later one is the newer. */
const observed: TargetColumn = { name: 'observed_at', kind: 'time' }

export const TARGETS: Readonly<Record<Table, Target>> = {
  prices: {
    table: 'prices',
    relation: 'prices',
    owner: 'market_id',
    columns: [
      time,
      { name: 'price', kind: 'decimal', required: true },
      ...decimals('btc_price', 'eth_price', 'market_cap', 'volume_24h', 'change_24h', 'change_7d'),
      observed,
    ],
  },
  ohlcv: {
    table: 'ohlcv',
    relation: 'candles',
    owner: 'market_id',
    columns: [
      time,
      { name: 'open', kind: 'decimal', required: true },
      { name: 'high', kind: 'decimal', required: true },
      { name: 'low', kind: 'decimal', required: true },
      { name: 'close', kind: 'decimal', required: true },
      ...decimals('volume', 'quote_volume'),
      { name: 'trades', kind: 'bigint' },
      observed,
    ],
  },
  analytics: {
    table: 'analytics',
    relation: 'analytics',
    owner: 'exchange_id',
    columns: [
      time,
      ...decimals('total_market_cap', 'total_volume', 'btc_dominance', 'eth_dominance'),
      { name: 'active_cryptocurrencies', kind: 'int' },
      { name: 'markets', kind: 'int' },
      ...decimals('market_cap_change_24h'),
      observed,
    ],
  },
}

/** The parts of a market's identity, and the words about its origin, that a file's own columns can give. */
export const IDENTITY = ['coin_id', 'symbol', 'pair', 'exchange_id', 'quote', 'timeframe'] as const
export type IdentityField = (typeof IDENTITY)[number]
