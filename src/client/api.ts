// The library's face in types. No type of pg is named in here: a program that uses the library need not have them.
import type { Engine } from '../engines/engine.ts'
import type { BatchCounts, BatchOptions } from './batch-options.ts'
import type { Counts } from './counters.ts'
import type { PoolSettings, Profile } from './options.ts'
import type { Row } from './rows.ts'
import type { Writer, WriterOptions } from './writer.ts'

/** A Date, or ISO 8601 text with its zone (UTC without one). */
export type Instant = Date | string

export type Isolation = 'read committed' | 'repeatable read' | 'serializable'

export interface TransactionOptions {
  readonly isolation?: Isolation
  /** How often to begin again after a serialisation failure or a deadlock; 3 by default. */
  readonly retries?: number
  readonly readOnly?: boolean
}

export interface TimeRangeOptions {
  /** All, when none are named. */
  readonly columns?: readonly string[]
  /** The first timestamptz of the primary key, or the table's only one, by default. */
  readonly timeColumn?: string
  readonly limit?: number
  readonly order?: 'asc' | 'desc'
}

export interface TimeWeightedOptions {
  /** By default the first time of the table. */
  readonly from?: Instant
  /** Exclusive, by default just after the last time of the table. What lies after the present is left out. */
  readonly to?: Instant
  /** A value older than this no longer counts; '5 minutes' by default. */
  readonly staleness?: string
  /** One average for each value of these columns; without it all rows are one series. */
  readonly by?: string | readonly string[]
}

export interface TimeWeightedRow {
  /** Start of the bucket, ISO 8601 in UTC. */
  readonly time: string
  /** Exact decimal; null where no value held at any moment of the bucket. */
  readonly value: string | null
  /** Share of the bucket, as far as it lies in the range, during which a value held. */
  readonly coverage: number
  /** Values observed in the bucket. */
  readonly n: number
  /** With `by`: which series. */
  readonly by?: Readonly<Record<string, string | null>>
}

export interface HypertableOptions {
  /** How much time a chunk holds; '1 day' by default. */
  readonly chunkInterval?: string
  /** Moves the rows that are there already; without it a table that holds rows is refused. Locks it meanwhile. */
  readonly migrateData?: boolean
}

export interface QueryOptions {
  /** Prepares the statement under this name, once per connection; without effect behind a pooler. */
  readonly name?: string
}

export interface Operations {
  /** Runs one statement, $1... for its parameters. numeric comes as string, times as ISO 8601 in UTC. */
  query<R extends object = Record<string, unknown>>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<readonly R[]>
  /** Rows with from <= time < to, by time; an array stands for `{ columns }`. */
  queryTimeRange<R extends object = Record<string, unknown>>(
    table: string,
    from: Instant,
    to: Instant,
    options?: TimeRangeOptions | readonly string[],
  ): Promise<readonly R[]>
  /** Time-weighted average per bucket: the last value holds until the next, or until it is stale. */
  timeWeightedAverage(
    table: string,
    valueColumn: string,
    timeColumn: string,
    interval: string,
    options?: TimeWeightedOptions,
  ): Promise<readonly TimeWeightedRow[]>
  /** Changes a row only if its version is the expected one, and counts it up; else ArxError `conflict`. */
  updateVersioned<R extends object = Record<string, unknown>>(
    table: string,
    key: Row,
    expectedVersion: number | bigint | string,
    changes: Row,
    versionColumn?: string,
  ): Promise<R>
}

export interface ClientOptions {
  /** Sizes of the pool: `development` (5 to 20 connections, the default) or `production` (10 to 30). */
  readonly profile?: Profile
  /** Over the profile. */
  readonly pool?: PoolSettings
  /** For each statement, local to its transaction; 30,000 by default, 0 for none. */
  readonly statementTimeoutMs?: number
  /** How long a statement waits for a lock; 5000 by default. */
  readonly lockTimeoutMs?: number
  /** Named statements: by default only where no pooler stands between. */
  readonly preparedStatements?: boolean
  /** Shown in pg_stat_activity as arxdb/NAME; `library` by default. */
  readonly applicationName?: string
  /** Cancels what runs on the server, and refuses what comes after. */
  readonly signal?: AbortSignal
}

export interface Stats extends Counts {
  /** Connections of the pool: open, of these idle and active; and callers that wait for one. */
  readonly total: number
  readonly idle: number
  readonly active: number
  readonly waiting: number
}

export interface Client extends Operations {
  /** Inserts rows through COPY, `batchSize` to a transaction. All rows have the same keys. */
  batchInsert(table: string, rows: readonly Row[], options?: BatchOptions): Promise<BatchCounts>
  /** A buffered writer: batches by size or time, with back-pressure. Close it. */
  writer(table: string, options?: WriterOptions): Writer
  /** Makes a table a hypertable; unsupported (exit 5) without TimescaleDB. Text stands for `{ chunkInterval }`. */
  createHypertable(
    table: string,
    timeColumn: string,
    options?: HypertableOptions | string,
  ): Promise<{ created: boolean }>
  /** Runs `body` in one transaction; again when it lost a race (40001, 40P01), so let it touch the database only. */
  transaction<T>(body: (tx: Operations) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** For the questions: `twap(await client.engine(), ...)`. Has a connection of its own; closed with the client. */
  engine(): Promise<Engine>
  stats(): Stats
  /** Waits for what runs, then closes every connection. */
  close(): Promise<void>
}
