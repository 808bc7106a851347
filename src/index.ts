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
export type { Capability, Engine, Tier } from './engines/engine.ts'
export { ArxError, EXIT, type ExitCode } from './errors.ts'
