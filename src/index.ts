// The library: the questions, and a client for Node programs. Everything else is internal.
export type {
  Client,
  ClientOptions,
  HypertableOptions,
  Instant,
  Isolation,
  Operations,
  QueryOptions,
  Stats,
  TimeRangeOptions,
  TimeWeightedOptions,
  TimeWeightedRow,
  TransactionOptions,
} from './client/api.ts'
export type { BatchCounts, BatchOptions } from './client/batch-options.ts'
export { connect } from './client/client.ts'
export type { Counts, Histogram } from './client/counters.ts'
export { type PoolSettings, PROFILES, type Profile } from './client/options.ts'
export type { Row } from './client/rows.ts'
export { WriteError, type Writer, type WriterOptions } from './client/writer.ts'
export type { Connection } from './connect/connection.ts'
export { type ArbitrageQuery, type ArbitrageRow, arbitrage } from './core/arbitrage.ts'
export { type AtrQuery, type AtrRow, atr } from './core/atr.ts'
export { type BollingerQuery, type BollingerRow, bollinger } from './core/bollinger.ts'
export { type CandleRow, type CandlesQuery, candles } from './core/candles.ts'
export { type ChangeQuery, type ChangeRow, change, type Horizon } from './core/change.ts'
export { type CoinRow, coins } from './core/coins.ts'
export { type CorrelationQuery, type CorrelationRow, correlation } from './core/correlation.ts'
export { correlationMatrix } from './core/correlation-matrix.ts'
export { type CoverageQuery, type CoverageRow, coverage } from './core/coverage.ts'
export type { ExchangeFees, FeeBook } from './core/fees.ts'
export { type GapRow, type GapsQuery, gaps } from './core/gaps.ts'
export type { IndicatorQuery, IndicatorRow } from './core/indicator-rows.ts'
export type { Compat } from './core/indicators/compat.ts'
export { type IndicatorsQuery, indicators } from './core/indicators.ts'
export { type Every, parseEvery } from './core/interval.ts'
export { type MacdQuery, type MacdRow, macd } from './core/macd.ts'
export {
  type MarketHistoryQuery,
  type MarketHistoryRow,
  type MarketNowQuery,
  type MarketNowRow,
  type Metric,
  marketHistory,
  marketNow,
} from './core/market-analytics.ts'
export { type PriceQuery, type PriceRow, price } from './core/price.ts'
export type { Column, ColumnKind, Note, Result } from './core/result.ts'
export { type RsiQuery, type RsiRow, rsi } from './core/rsi.ts'
export {
  type ChunkSizesRow,
  type IndexSizesRow,
  indexSizes,
  type SizesQuery,
  type SizesRow,
  sizes,
} from './core/sizes.ts'
export { type TrendBarRow, type TrendQuery, type TrendRow, trend, trendBars } from './core/trend.ts'
export { type TwapQuery, type TwapRow, twap } from './core/twap.ts'
export { type Estimator, type VolatilityQuery, type VolatilityRow, volatility } from './core/volatility.ts'
export { type VwapQuery, type VwapRow, vwap } from './core/vwap.ts'
export type { Schema } from './db/schema.gen.ts'
export type { Capability, Engine, Tier } from './engines/engine.ts'
export { ArxError, EXIT, type ExitCode } from './errors.ts'
