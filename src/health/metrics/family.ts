// Every metric that `arxdb metrics` may say, beside those of health: its type, its labels and what it is. What changes only
// by growing is a counter, and its rate is Prometheus' business; `db_queries_per_second` is a gauge for those who ask by
// that name.

interface Family {
  readonly type: 'gauge' | 'counter' | 'summary'
  readonly help: string
}

const gauge = (help: string): Family => ({ type: 'gauge', help })
const counter = (help: string): Family => ({ type: 'counter', help })

export const FAMILIES = {
  db_up: gauge('Whether the server could be asked'),
  db_connection_errors: counter('Times that arxdb metrics could not connect'),
  db_connections: gauge('Sessions of clients, by state'),
  db_connections_max: gauge('Sessions that the server has room for: max_connections'),
  db_pool_connections: gauge(
    'Sessions of clients: at work (active), with nothing to do (idle), waiting for a lock (waiting)',
  ),
  db_queries_per_second: gauge(
    'Statements that ended per second since the last scrape; counted="transactions" where pg_stat_statements is missing',
  ),
  db_queries_total: counter('Statements that ended, by pg_stat_statements'),
  db_query_duration_ms: {
    type: 'summary',
    help: 'How long statements ran, milliseconds, by pg_stat_statements: rate of the sum over rate of the count is the mean',
  },
  db_transactions_total: counter('Transactions of this database that ended, by how'),
  db_blocks_hit_total: counter('Blocks of this database that were found in the cache'),
  db_blocks_read_total: counter('Blocks of this database that were not'),
  db_deadlocks_total: counter('Deadlocks in this database'),
  db_temp_bytes_total: counter('Bytes that statements of this database wrote to temporary files'),
  db_sessions_lost_total: counter('Sessions of this database that ended otherwise than by order, by how'),
  timescaledb_compression_ratio: gauge('Bytes before compression over bytes after it, of the compressed chunks'),
  timescaledb_chunk_size_bytes: gauge('Size of the chunks of a hypertable: the average, the largest'),
  timescaledb_hypertable_size_bytes: gauge('Size of a hypertable with all its chunks'),
  timescaledb_chunks: gauge('Chunks of a hypertable'),
  timescaledb_compressed_chunks: gauge('Compressed chunks of a hypertable'),
  db_partitioned_table_size_bytes: gauge('Size of a partitioned table with all its partitions'),
  db_partitions: gauge('Partitions of a partitioned table'),
  arxdb_newest_bar_timestamp_seconds: gauge('Time of the newest bar (its opening) or price of a market'),
  arxdb_newest_bar_age_seconds: gauge('How long ago that was when it was asked'),
  arxdb_backup_timestamp_seconds: gauge('End of the newest good backup, and of the newest proven restore'),
  arxdb_backup_age_seconds: gauge('How long ago that was when it was asked'),
  arxdb_backup_interval_seconds: gauge('How often one is wanted, by the schedule'),
  arxdb_backup_wal_gaps: gauge('Holes in the archived WAL of this cluster'),
  arxdb_metrics_left_out: gauge('Series that are not told so that their number stays bounded, by what they are of'),
  arxdb_metrics_source_up: gauge('Whether a source of these metrics could be read; what it says is missing otherwise'),
  arxdb_metrics_duration_seconds: gauge('How long all this took to ask'),
} as const satisfies Record<string, Family>

export type FamilyName = keyof typeof FAMILIES

export interface Sample {
  readonly name: FamilyName
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Of a summary. */
  readonly part?: 'sum' | 'count' | undefined
}

export const sample = (
  name: FamilyName,
  value: number,
  labels: Sample['labels'] = {},
  part?: Sample['part'],
): Sample => ({ name, value, labels, part })
