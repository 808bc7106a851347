// What a database holds, in few enough figures to keep beside a backup and to compare with what was restored from it.

/** A table, hypertable or partitioned table: its parts are counted with it, and are not listed. */
export interface RelationEvidence {
  readonly schema: string
  readonly name: string
  /** Of a continuous aggregate the rows are those that it has materialised. */
  readonly kind: 'table' | 'hypertable' | 'partitioned' | 'aggregate'
  /** Exact; a text, because it may pass 2^53. */
  readonly rows: string
  /** First and last value of the time column, ISO 8601 UTC; null without one or without rows. */
  readonly from: string | null
  readonly to: string | null
  /** Sum of hashtextextended(row::text, 0) over the rows; null when it was not asked for. */
  readonly digest: string | null
}

export interface Evidence {
  /** True: taken in one snapshot that is exactly the moment which a restore of this backup (to its mark) brings back. */
  readonly exact: boolean
  /** Why it is not exact, or what could not be read. */
  readonly remarks: readonly string[]
  readonly at: string
  readonly relations: readonly RelationEvidence[]
  /** Definitions without names that vary by restore (chunks), sorted: `schema.table: CREATE UNIQUE INDEX ...`. */
  readonly indexes: readonly string[]
  readonly constraints: readonly string[]
  readonly triggers: readonly string[]
  readonly views: readonly string[]
  readonly functions: readonly string[]
  readonly sequences: readonly string[]
  /** TimescaleDB's policies and the user's jobs: `policy_retention on schema.table {...} every 1 day`. */
  readonly jobs: readonly string[]
  /** Continuous aggregates and arxdb's own rollup state. */
  readonly rollups: readonly string[]
  readonly extensions: readonly string[]
  /** Owners, and who may do what. These and those below are not in backups that are older than they are. */
  readonly grants?: readonly string[] | undefined
  /** Given to the database: `search_path="$user", market`. */
  readonly settings?: readonly string[] | undefined
  /** Comments, row security, types, rules, statistics. */
  readonly others?: readonly string[] | undefined
  readonly largeObjects?: readonly string[] | undefined
  /** Roles that any of it names; they are the cluster's, and are not compared. */
  readonly roles?: readonly string[] | undefined
  /** Newest bar or tick of each market: `candles BTC/USD@bitfinex 1h 2026-01-02T00:00:00Z`. */
  readonly markets: readonly string[]
}
