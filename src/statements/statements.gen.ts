// Made from the headers in sql/ by `npm run docs`; a test compares. Do not edit.
export interface Statements {
  /** Metrics of the whole market over time: in each bucket and per source the last value that each metric has. */
  'analytics/buckets': {
    params: { readonly metrics: readonly string[]; readonly exchange_id: string | null; readonly from: string; readonly to: string; readonly every: string; readonly calendar: string | null; readonly tz: string; readonly now: string }
    row: { readonly exchange_id: string; readonly timestamp: string; readonly total_market_cap: string | null; readonly total_volume: string | null; readonly btc_dominance: string | null; readonly eth_dominance: string | null; readonly active_cryptocurrencies: number | null; readonly markets: number | null; readonly market_cap_change: number | null; readonly n_obs: number; readonly oldest_source_age: number; readonly partial: boolean }
  }
  /** The newest value of each metric of the whole market as it was known at one moment, per source. */
  'analytics/newest': {
    params: { readonly metrics: readonly string[]; readonly exchange_id: string | null; readonly at: string }
    row: { readonly exchange_id: string; readonly metric: string; readonly value: string; readonly timestamp: string; readonly age: number }
  }
  /** Markets of venues that another venue can be compared with: same coin, and same quote unless quotes may differ. */
  'arbitrage/markets': {
    params: { readonly coins: readonly string[] | null; readonly quote: string | null; readonly cross_quotes: boolean }
    row: { readonly market_id: number; readonly coin_id: string; readonly exchange_id: string; readonly quote: string; readonly timeframe: string; readonly seconds: number | null }
  }
  /** What buying on one exchange and selling on another would have brought, at each sample of a grid. */
  'arbitrage/pairs': {
    params: { readonly markets: readonly number[]; readonly staleness: readonly string[]; readonly skew: readonly string[]; readonly fee_markets: readonly number[]; readonly takers: readonly string[]; readonly withdraw_markets: readonly number[]; readonly withdrawals: readonly string[]; readonly notional: string | null; readonly from: string; readonly samples: number; readonly every: string; readonly first_shown: number; readonly min_gross: string | null; readonly min_net: string | null; readonly exchange_id: string | null; readonly cross_quotes: boolean; readonly top: number | null }
    row: { readonly coin_id: string; readonly buy_exchange: string; readonly sell_exchange: string; readonly buy_quote: string; readonly sell_quote: string; readonly buy_price: string; readonly sell_price: string; readonly gross_percent: number; readonly net_percent: number | null; readonly age: number; readonly skew: number; readonly persistence: number; readonly n_obs: number; readonly timestamp: string; readonly buy_market: number; readonly sell_market: number }
  }
  /** How archiving stands: what the server has written, and what its archiver says. */
  'backup/archiver': {
    params: Record<never, never>
    row: { readonly system_id: string; readonly archiving: boolean; readonly lsn: string; readonly timeline: number; readonly segment_bytes: number; readonly last_archived: string | null; readonly last_archived_time: string | null; readonly last_failed: string | null; readonly last_failed_time: string | null; readonly failing: boolean }
  }
  /** Chunks, which are parts of hypertables and no tables of their own: here there are none. */
  'backup/copy/chunks': {
    params: Record<never, never>
    row: { readonly name: string }
  }
  /** Comments on what a copy makes again. */
  'backup/copy/comments': {
    params: { readonly chunks: readonly string[] }
    row: { readonly kind: string; readonly identity: string; readonly comment: string }
  }
  /** Constraints of tables; those that a partition has through its table come with it, save its keys and checks. */
  'backup/copy/constraints': {
    params: { readonly chunks: readonly string[] }
    row: { readonly id: string; readonly table_id: string; readonly schema: string; readonly table_name: string; readonly name: string; readonly type: string; readonly definition: string }
  }
  /** Continuous aggregates: here there are none. */
  'backup/copy/continuous': {
    params: Record<never, never>
    row: { readonly name: string }
  }
  /** What has to be there before what: dependencies between things that are made by a statement of their own. */
  'backup/copy/depends': {
    params: Record<never, never>
    row: { readonly id: string; readonly needs: string }
  }
  /** Extensions, and where they stand; their own schema only where they did not make it themselves. */
  'backup/copy/extensions': {
    params: Record<never, never>
    row: { readonly id: string; readonly name: string; readonly version: string; readonly schema: string | null }
  }
  /** Functions and procedures, as the server writes them. */
  'backup/copy/functions': {
    params: Record<never, never>
    row: { readonly id: string; readonly name: string; readonly definition: string }
  }
  /** Hypertables: here there are none. */
  'backup/copy/hypertables': {
    params: Record<never, never>
    row: { readonly schema: string; readonly name: string; readonly dimensions: unknown; readonly columnstore: boolean; readonly segment_by: string | null; readonly order_by: string | null; readonly merge_to: string | null; readonly compressed: unknown }
  }
  /** Indexes that no constraint made. */
  'backup/copy/indexes': {
    params: { readonly chunks: readonly string[] }
    row: { readonly id: string; readonly table_id: string; readonly schema: string; readonly table_name: string; readonly name: string; readonly definition: string; readonly clustered: boolean; readonly replica_identity: boolean; readonly constraint_id: string | null; readonly valid: boolean }
  }
  /** Jobs of the server and continuous aggregates: here there are none. */
  'backup/copy/jobs': {
    params: Record<never, never>
    row: { readonly job_id: number; readonly schema: string | null; readonly name: string | null; readonly proc_schema: string; readonly proc_name: string; readonly schedule_interval: string; readonly max_runtime: string; readonly max_retries: number; readonly retry_period: string; readonly scheduled: boolean; readonly fixed_schedule: boolean; readonly initial_start: string | null; readonly config: unknown | null; readonly check_schema: string | null; readonly check_name: string | null }
  }
  /** Who owns what a copy makes again, and who was granted what; grants are null where they are the default. */
  'backup/copy/owners': {
    params: { readonly chunks: readonly string[] }
    row: { readonly kind: string; readonly identity: string; readonly owner: string; readonly column_name: string | null; readonly grants: unknown | null }
  }
  /** Row-level security policies. */
  'backup/copy/policies': {
    params: Record<never, never>
    row: { readonly id: string; readonly schema: string; readonly table_name: string; readonly name: string; readonly command: string; readonly permissive: boolean; readonly roles: readonly string[]; readonly using_clause: string | null; readonly check_clause: string | null }
  }
  /** Schemas of users, as a copy makes them again. */
  'backup/copy/schemas': {
    params: Record<never, never>
    row: { readonly id: string; readonly name: string }
  }
  /** Sequences, those of identity columns too, and the column that owns each. */
  'backup/copy/sequences': {
    params: Record<never, never>
    row: { readonly id: string; readonly schema: string; readonly name: string; readonly type: string; readonly start: string; readonly min: string; readonly max: string; readonly increment: string; readonly cache: string; readonly cycle: boolean; readonly identity: boolean; readonly unlogged: boolean; readonly owner_schema: string | null; readonly owner_table: string | null; readonly owner_column: string | null }
  }
  /** Extended statistics. */
  'backup/copy/statistics': {
    params: Record<never, never>
    row: { readonly id: string; readonly name: string; readonly definition: string }
  }
  /** Tables, partitioned tables and partitions, with their columns. Chunks are no tables here. */
  'backup/copy/tables': {
    params: { readonly chunks: readonly string[] }
    row: { readonly id: string; readonly schema: string; readonly name: string; readonly kind: string; readonly unlogged: boolean; readonly options: readonly string[]; readonly access_method: string | null; readonly partition_key: string | null; readonly parent_schema: string | null; readonly parent_name: string | null; readonly bound: string | null; readonly row_security: boolean; readonly force_row_security: boolean; readonly replica_identity: string; readonly columns: unknown }
  }
  /** Triggers that users made; those of partitions come with their table's, TimescaleDB's with the hypertable. */
  'backup/copy/triggers': {
    params: { readonly chunks: readonly string[] }
    row: { readonly id: string; readonly schema: string; readonly table_name: string; readonly name: string; readonly definition: string; readonly enabled: string; readonly view: boolean }
  }
  /** Enums, domains and composite types that stand by themselves. */
  'backup/copy/types': {
    params: Record<never, never>
    row: { readonly id: string; readonly schema: string; readonly name: string; readonly kind: string; readonly labels: readonly string[]; readonly base: string | null; readonly not_null: boolean; readonly default_value: string | null; readonly collation: string | null; readonly checks: unknown; readonly attributes: unknown }
  }
  /** What a copy cannot make again: it refuses, or only says so, where data and answers stay the same without it. */
  'backup/copy/unsupported': {
    params: Record<never, never>
    row: { readonly what: string; readonly refuse: boolean }
  }
  /** Views and materialized views. */
  'backup/copy/views': {
    params: Record<never, never>
    row: { readonly id: string; readonly schema: string; readonly name: string; readonly kind: string; readonly options: readonly string[]; readonly definition: string; readonly populated: boolean; readonly columns: readonly string[] }
  }
  /** What a backup of this database meets: what the role may do, how much there is, how many relations a dump locks. */
  'backup/doctor-facts': {
    params: Record<never, never>
    row: { readonly version_num: number; readonly recovering: boolean; readonly superuser: boolean; readonly may_replicate: boolean; readonly may_mark: boolean; readonly may_read_all: boolean; readonly may_read_hba: boolean; readonly database_bytes: number; readonly lockable: number }
  }
  /** How many lines of pg_hba.conf let anybody in for replication, and how many are wrong. */
  'backup/doctor-hba': {
    params: Record<never, never>
    row: { readonly replication: number; readonly wrong: number }
  }
  /** The server's settings that backups depend on, in the units of pg_settings. */
  'backup/doctor-settings': {
    params: Record<never, never>
    row: { readonly name: string; readonly value: string }
  }
  /** Replication slots, and how much WAL each of them holds back. */
  'backup/doctor-slots': {
    params: Record<never, never>
    row: { readonly name: string; readonly active: boolean; readonly wal_status: string | null; readonly held_bytes: number | null }
  }
  /** Everything beside rows, one line each, in words that a restore brings back the same: no oids, no names of chunks. */
  'backup/evidence/definitions': {
    params: Record<never, never>
    row: { readonly kind: string; readonly line: string }
  }
  /** Background jobs and continuous aggregates: none without TimescaleDB. */
  'backup/evidence/jobs': {
    params: Record<never, never>
    row: { readonly kind: string; readonly line: string }
  }
  /** The newest bar or tick of each market, one line each; a digest of them all where there are more than so many. */
  'backup/evidence/markets': {
    params: { readonly most: number }
    row: { readonly line: string }
  }
  /** Which transactions this one sees, which may be about to commit, and whether the WAL is on disk up to a place. */
  'backup/evidence/moment': {
    params: { readonly lsn: string | null }
    row: { readonly snapshot: string; readonly running: readonly string[]; readonly brief: boolean; readonly flushed: boolean | null; readonly syncing: boolean; readonly archiving: boolean }
  }
  /** Tables to count, partitioned ones whole, and the column that says when. */
  'backup/evidence/relations': {
    params: Record<never, never>
    row: { readonly schema: string; readonly name: string; readonly kind: string; readonly unlogged: boolean; readonly time_column: string | null; readonly stored_schema: string; readonly stored_name: string }
  }
  /** A named moment in the WAL that a recovery can stop at. */
  'backup/evidence/restore-point': {
    params: { readonly name: string }
    row: { readonly lsn: string; readonly at: string }
  }
  /** Where sequences stand, one line each, with their step where it is not 1. Not of a snapshot: they know none. */
  'backup/evidence/sequences': {
    params: Record<never, never>
    row: { readonly line: string }
  }
  /** What is neither rows nor definitions and is missed when it is gone: owners and grants, settings of the database, comments, */
  'backup/evidence/surroundings': {
    params: Record<never, never>
    row: { readonly kind: string; readonly line: string }
  }
  /** Closes the WAL segment, so that it is archived now. */
  'backup/evidence/switch-wal': {
    params: Record<never, never>
    row: { readonly lsn: string }
  }
  /** How many indexes, constraints and triggers there are, on chunks and partitions too: a restore without TimescaleDB's */
  'backup/logical/counted-definitions': {
    params: Record<never, never>
    row: { readonly indexes: number; readonly constraints: number; readonly triggers: number }
  }
  /** What `create database` has to be told to make another one like this, and the settings that were given to it. */
  'backup/logical/database': {
    params: Record<never, never>
    row: { readonly encoding: string; readonly lc_collate: string; readonly lc_ctype: string; readonly provider: string; readonly locale: string | null; readonly settings: readonly string[]; readonly bytes: number }
  }
  /** Whether there is a database of that name. */
  'backup/logical/database-named': {
    params: { readonly name: string }
    row: { readonly name: string }
  }
  /** Takes and exports the snapshot of this transaction. */
  'backup/logical/export': {
    params: Record<never, never>
    row: { readonly id: string; readonly at: string }
  }
  /** Versions of an extension that this server could create. */
  'backup/logical/extension-versions': {
    params: { readonly name: string }
    row: { readonly version: string }
  }
  /** Hypertables: here there are none. */
  'backup/logical/hypertables': {
    params: Record<never, never>
    row: { readonly relation: string; readonly chunks: number }
  }
  /** Hypertables whose background jobs would get in a backup's way: here there are none. */
  'backup/logical/hypertables-with-jobs': {
    params: Record<never, never>
    row: { readonly relation: string }
  }
  /** How many locks a backup of this database takes, and how many the server has room for in all. */
  'backup/logical/lock-table': {
    params: Record<never, never>
    row: { readonly needed: number; readonly room: number; readonly per_transaction: number; readonly transactions: number }
  }
  /** Tables, partitions and chunks that a backup reads: all but temporary ones, system catalogs, and what a role may not read. */
  'backup/logical/lockable': {
    params: Record<never, never>
    row: { readonly schema: string; readonly name: string }
  }
  /** Switches off the jobs of users and policies that are on: here there are none. */
  'backup/logical/pause-jobs': {
    params: Record<never, never>
    row: { readonly job_id: number }
  }
  /** Switches jobs on again, those of them that are there: here there are none. */
  'backup/logical/resume-jobs': {
    params: { readonly jobs: readonly number[] }
    row: { readonly job_id: number }
  }
  /** Roles of the server. */
  'backup/logical/roles': {
    params: Record<never, never>
    row: { readonly name: string }
  }
  /** Ends every session of a database, background workers of extensions too, and waits for each. */
  'backup/logical/send-away': {
    params: { readonly name: string }
    row: { readonly pid: number; readonly ended: boolean }
  }
  /** Has the server's scheduler look after this database: here there is none. */
  'backup/logical/start-workers': {
    params: Record<never, never>
    row: { readonly started: boolean }
  }
  /** Has the server's scheduler leave this database alone: here there is none. */
  'backup/logical/stop-workers': {
    params: Record<never, never>
    row: { readonly stopped: boolean }
  }
  /** Databases that are named as restores name them while they are at work, and whether one still is: it shows the last digits. */
  'backup/logical/unfinished': {
    params: { readonly keeper: string }
    row: { readonly name: string; readonly comment: string | null; readonly limit: number; readonly busy: boolean }
  }
  /** What a base backup of this cluster needs to know before it begins: rights, settings, room. */
  'backup/physical/cluster': {
    params: Record<never, never>
    row: { readonly may_replicate: boolean; readonly wal_level: string; readonly max_wal_senders: number; readonly senders: number; readonly standby: boolean; readonly superuser: string; readonly bytes: number; readonly archive_mode: string; readonly summarize_wal: string | null; readonly segment_bytes: number; readonly data_directory: string | null; readonly tablespaces: unknown }
  }
  /** Databases that can be looked into. */
  'backup/physical/databases': {
    params: Record<never, never>
    row: { readonly name: string }
  }
  /** Background jobs of this database: without TimescaleDB there are none. */
  'backup/physical/pending-jobs': {
    params: Record<never, never>
    row: { readonly job: string; readonly relation: string | null; readonly config: string | null; readonly next_start: string | null; readonly scheduled: boolean }
  }
  /** What a manifest says of the server and the database. */
  'backup/server': {
    params: Record<never, never>
    row: { readonly version: string; readonly version_num: number; readonly system_id: string; readonly database: string; readonly database_bytes: number; readonly checksums: boolean; readonly timescaledb: string | null }
  }
  /** The server's settings that archiving depends on, with their units. */
  'backup/wal-settings': {
    params: Record<never, never>
    row: { readonly name: string; readonly value: string }
  }
  /** The whole bars of a window, and where those before them begin that a figure starts from. */
  'bars/whole': {
    params: { readonly from: string; readonly to: string; readonly every: string; readonly calendar: string | null; readonly tz: string; readonly before: number }
    row: { readonly read_from: string; readonly since: string; readonly until: string; readonly expected: number }
  }
  /** Candles of any width from ticks or from stored candles that divide it, rolled up or raw as `rollups/spans` says. */
  'candles/bars': {
    params: { readonly markets: readonly number[]; readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly from: string; readonly to: string; readonly every: string; readonly calendar: string | null; readonly tz: string; readonly now: string; readonly fill: string; readonly staleness: string }
    row: { readonly market_id: number; readonly timestamp: string; readonly open: string | null; readonly high: string | null; readonly low: string | null; readonly close: string | null; readonly average: string | null; readonly volume: string | null; readonly n_obs: number; readonly coverage: number | null; readonly partial: boolean; readonly filled: boolean }
  }
  /** Price at one moment against the price at earlier ones, both as they were known then. */
  'change/between': {
    params: { readonly markets: readonly number[]; readonly thens: readonly string[]; readonly at: string; readonly tick_staleness: string; readonly candle_staleness: string | null }
    row: { readonly market_id: number; readonly nr: number; readonly change: number | null; readonly price_then: string | null; readonly price_now: string | null; readonly timestamp_then: string | null; readonly timestamp_now: string | null; readonly age_then: number | null; readonly age_now: number | null; readonly fresh_then: boolean; readonly fresh_now: boolean }
  }
  /** Columns of a table or view, as far as an insert and a time range need to know them. */
  'client/columns': {
    params: { readonly relation: string }
    row: { readonly schema: string; readonly relation: string; readonly kind: string; readonly name: string; readonly type: string; readonly shape: string; readonly nullable: boolean; readonly comparable: boolean; readonly key: number | null }
  }
  /** Time-weighted average of a column per bucket: the last value holds until the next one, or until it is stale. */
  'client/time-weighted-average': {
    params: { readonly bucket: string; readonly from: string; readonly to: string; readonly staleness: string }
    row: { readonly time: string; readonly series: readonly string[]; readonly value: string | null; readonly coverage: number; readonly n: number }
  }
  /** Pearson correlation and beta of log returns, for every pair of markets asked for, in one pass over the bars. */
  'correlation/pairs': {
    params: { readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly read_from: string; readonly since: string; readonly until: string; readonly every: string; readonly calendar: string | null; readonly tz: string; readonly pairs_x: readonly number[]; readonly pairs_y: readonly number[] }
    row: { readonly x: number; readonly y: number; readonly correlation: number | null; readonly beta: number | null; readonly n: number; readonly missing: number }
  }
  /** Who uses the local server besides the one who asks, and how many sessions there ever were. */
  'embedded/activity': {
    params: Record<never, never>
    row: { readonly clients: number; readonly sessions: number }
  }
  /** What the server is: its version, TimescaleDB's version and licence, and whether arxdb's ledger stands in it. */
  'engine/server': {
    params: Record<never, never>
    row: { readonly server: number; readonly timescaledb: string | null; readonly licence: string | null; readonly migrated: boolean }
  }
  /** The tier the schema was made for, as its first migration recorded it. */
  'engine/tier': {
    params: Record<never, never>
    row: { readonly tier: string }
  }
  /** Where a market has holes: missing candles as ranges, and silences of ticks longer than so much. */
  'gaps/missing': {
    params: { readonly markets: readonly number[]; readonly from: string | null; readonly to: string | null; readonly longer_than: string; readonly min_bars: number; readonly by_size: boolean }
    row: { readonly market_id: number; readonly from: string; readonly to: string; readonly missing_bars: number | null; readonly seconds: number; readonly edge: string | null }
  }
  /** The segment that the server writes into, and whether it is this program that archives those before it. */
  'health/archive-position': {
    params: Record<never, never>
    row: { readonly archiving: boolean; readonly ours: boolean; readonly file: string; readonly segment: number; readonly segment_bytes: number }
  }
  /** What the archiver did last, and how many segments wait for it. */
  'health/archiver': {
    params: Record<never, never>
    row: { readonly archiving: boolean; readonly configured: boolean; readonly waiting: number; readonly archived: string | null; readonly archived_at: string | null; readonly failed: string | null; readonly failed_at: string | null; readonly failing: boolean }
  }
  /** Sessions that wait for a lock, and those they wait for. */
  'health/blocking': {
    params: Record<never, never>
    row: { readonly pid: number; readonly blockers: readonly number[]; readonly role_name: string | null; readonly application: string | null; readonly state: string | null; readonly state_seconds: number | null; readonly seconds: number | null; readonly since: string | null; readonly query: string | null }
  }
  /** Blocks that this database's sessions asked for: found in shared buffers, and not; and when the counters last began anew. */
  'health/cache-hit': {
    params: Record<never, never>
    row: { readonly hit: number; readonly read: number; readonly counted_since: string }
  }
  /** Pages that were read and were not what had been written, by database. */
  'health/checksum-failures': {
    params: Record<never, never>
    row: { readonly enabled: boolean; readonly database: string | null; readonly failures: number; readonly last_at: string | null }
  }
  /** How well the newest compressed chunks of each hypertable shrank, and those before them; tiny ones tell nothing. */
  'health/compression-ratio': {
    params: { readonly newest: number; readonly earlier: number; readonly least: number }
    row: { readonly relation: string; readonly newest_chunks: number; readonly newest_before: number; readonly newest_after: number; readonly earlier_chunks: number; readonly earlier_before: number | null; readonly earlier_after: number | null }
  }
  /** How many of the places for sessions are taken; those kept for superusers are not to be had. */
  'health/connections': {
    params: Record<never, never>
    row: { readonly taken: number; readonly places: number; readonly idle: number; readonly busiest: string | null; readonly busiest_taken: number | null }
  }
  /** Tables with many dead rows, the chunks and partitions of each counted together. */
  'health/dead-rows': {
    params: { readonly least: number }
    row: { readonly relation: string; readonly parts: number; readonly live: number; readonly dead: number; readonly vacuumed_at: string | null }
  }
  /** TimescaleDB as this database has it, the library that its functions call, and the version whose files are installed. */
  'health/extension-version': {
    params: Record<never, never>
    row: { readonly installed: string; readonly library: string | null; readonly available: string | null }
  }
  /** What several checks want to know of every hypertable, its chunks rolled up; the catalogue of chunks is read once. */
  'health/hypertables': {
    params: Record<never, never>
    row: { readonly relation: string; readonly view_name: string | null; readonly time_column: string; readonly width: number | null; readonly chunks: number; readonly compressed: number; readonly partial: number; readonly partial_chunk: string | null; readonly odd: number; readonly current_width: number | null; readonly current_packed: boolean | null; readonly current_end: string | null; readonly current_chunk: string | null; readonly full_chunk: string | null; readonly full_bytes: number | null; readonly full_is_over: boolean | null; readonly ahead: number | null; readonly furthest: string | null; readonly furthest_chunk: string | null; readonly furthest_bytes: number | null; readonly job_id: number | null; readonly every: number | null; readonly after: number | null; readonly backlog: number; readonly due: string | null; readonly waiting: number | null; readonly shared_buffers: number; readonly cache: number }
  }
  /** Clients that opened a transaction and do nothing, for longer than asked; counted from when they fell idle. */
  'health/idle-in-transaction': {
    params: { readonly longer_than: number }
    row: { readonly pid: number; readonly role_name: string | null; readonly application: string | null; readonly failed: boolean; readonly seconds: number; readonly since: string; readonly query: string }
  }
  /** Indexes that a CREATE or REINDEX CONCURRENTLY left unfinished: written to, never read. One that is being built is none. */
  'health/invalid-indexes': {
    params: Record<never, never>
    row: { readonly index: string; readonly relation: string; readonly bytes: number }
  }
  /** Jobs of TimescaleDB that are not paused: when they ran, when they are due, and how often in a row they failed. */
  'health/jobs': {
    params: Record<never, never>
    row: { readonly job_id: number; readonly job: string; readonly own: boolean; readonly relation: string | null; readonly every: number; readonly status: string | null; readonly running: boolean; readonly scheduler: boolean; readonly runs: number; readonly initial_start: string | null; readonly due: string | null; readonly overdue: number | null; readonly started: string | null; readonly since_start: number | null; readonly succeeded: string | null; readonly since_success: number | null; readonly failures: number; readonly failing_since: string | null; readonly error: string | null; readonly error_code: string | null }
  }
  /** How many bars lack between the first and the last one that each market has in a window of its own; those that lack most. */
  'health/lacking-bars': {
    params: { readonly markets: readonly number[]; readonly since: readonly string[]; readonly from: string; readonly to: string }
    row: { readonly market_id: number; readonly bars: number; readonly expected: number; readonly first_at: string }
  }
  /** The newest price of each market in a window, and of the few before it their median and how far they usually are from it. */
  'health/last-prices': {
    params: { readonly markets: readonly number[]; readonly ticks: readonly boolean[]; readonly from: string; readonly to: string; readonly before: number }
    row: { readonly market_id: number; readonly newest_at: string; readonly age: number; readonly price: number; readonly before: number; readonly median: number | null; readonly usual: number | null }
  }
  /** How many locks there is room for, and how many a dump, and a question without bounds about the most divided table, or */
  'health/locks': {
    params: Record<never, never>
    row: { readonly slots: number; readonly per_transaction: number; readonly dump: number; readonly relation: string | null; readonly parts: number | null; readonly question: number | null; readonly drop: number | null }
  }
  /** Statements of clients that run for longer than asked; replication, autovacuum and this session are none of them. */
  'health/long-queries': {
    params: { readonly longer_than: number }
    row: { readonly pid: number; readonly role_name: string | null; readonly application: string | null; readonly seconds: number; readonly since: string; readonly query: string }
  }
  /** What a step left: dead rows of a table, which somebody still sees, and the bytes of an index. */
  'health/maintain-after': {
    params: { readonly relation: string }
    row: { readonly dead: number; readonly bytes: number }
  }
  /** Indexes that take much more room than what is in them would: B-trees of at least so many bytes, by the width of their */
  'health/maintain-bloated': {
    params: { readonly least: number; readonly share: number }
    row: { readonly index: string; readonly relation: string; readonly root: string; readonly bytes: number; readonly expected: number; readonly owner: string; readonly may: boolean }
  }
  /** Whether this server can be maintained, by which backend, and whether arxdb's rollups are here for this role. */
  'health/maintain-facts': {
    params: Record<never, never>
    row: { readonly pid: number; readonly standby: boolean; readonly rollups: boolean }
  }
  /** Indexes that are not valid: what a REINDEX CONCURRENTLY left beside the index it was for, and others that were never */
  'health/maintain-invalid': {
    params: Record<never, never>
    row: { readonly index: string; readonly relation: string; readonly root: string; readonly bytes: number; readonly leftover: boolean; readonly on_whole: boolean; readonly exclusion: boolean; readonly building: number | null; readonly owner: string; readonly may: boolean }
  }
  /** Tables of partitions or chunks that have rows, and whose planner has no statistics over all of them together: autovacuum */
  'health/maintain-roots': {
    params: Record<never, never>
    row: { readonly relation: string; readonly owner: string; readonly may: boolean; readonly parts: number }
  }
  /** Ranges of time whose rollups are not those of the rows any more. */
  'health/maintain-stale': {
    params: Record<never, never>
    row: { readonly ranges: number }
  }
  /** Tables, partitions and chunks that are due to be vacuumed or analyzed, the most dead rows first, each under the table it is part of. */
  'health/maintain-tables': {
    params: { readonly dead: number; readonly changed: number }
    row: { readonly oid: number; readonly relation: string; readonly root: string; readonly owner: string; readonly may: boolean; readonly vacuum: boolean; readonly analyze: boolean; readonly dead: number; readonly changed: number; readonly never: boolean; readonly frozen: number }
  }
  /** Markets, and what their bars are. */
  'health/markets': {
    params: Record<never, never>
    row: { readonly market_id: number; readonly coin_id: string; readonly quote: string; readonly exchange_id: string; readonly venue: boolean; readonly timeframe: string; readonly seconds: number | null }
  }
  /** The newest bar or tick of each market inside a window: one index probe a market in each chunk of it, the newest first. */
  'health/newest': {
    params: { readonly markets: readonly number[]; readonly ticks: readonly boolean[]; readonly from: string; readonly to: string }
    row: { readonly market_id: number; readonly newest_at: string; readonly age: number }
  }
  /** What keeps vacuum from removing dead rows: transactions of sessions, prepared ones, and what standbys and slots ask to keep. */
  'health/oldest-transaction': {
    params: { readonly longer_than: number }
    row: { readonly kind: string; readonly name: string; readonly detail: string; readonly since: string | null; readonly seconds: number | null; readonly horizon: string | null; readonly transactions: number | null }
  }
  /** Until when there are partitions, for tables that are partitioned by ranges of one moment and have none for all the rest. */
  'health/partitions-ahead': {
    params: Record<never, never>
    row: { readonly relation: string; readonly own: boolean; readonly partitions: number; readonly ends: string | null; readonly ahead: number | null; readonly width: number | null }
  }
  /** How a standby follows: what it received and did not replay, and what it receives from. */
  'health/replay-lag': {
    params: Record<never, never>
    row: { readonly receiving: boolean; readonly source: string; readonly behind: number; readonly paused: boolean; readonly replayed_at: string | null; readonly seconds: number | null; readonly heard_at: string | null }
  }
  /** Servers that receive this one's WAL, and how much of it they have not replayed; one row without a name where none is there. */
  'health/replication': {
    params: Record<never, never>
    row: { readonly name: string | null; readonly client: string | null; readonly state: string | null; readonly behind: number | null; readonly replayed: string | null; readonly sync_state: string | null; readonly synchronous_names: string }
  }
  /** Whether TimescaleDB is told that a restore is going on, by what, and whether one is. */
  'health/restoring': {
    params: Record<never, never>
    row: { readonly restoring: boolean; readonly source: string | null; readonly for_database: boolean; readonly restores: number }
  }
  /** Ranges whose rollups wait to be made anew, up to a hundred thousand; they are numbered as they were noted. */
  'health/rollup-lag': {
    params: Record<never, never>
    row: { readonly waiting: number; readonly oldest: number | null; readonly newest: number | null; readonly since: string | null; readonly until: string | null; readonly markets: number }
  }
  /** Hypertables whose root has pages of its own, and how many live rows the statistics know in them. */
  'health/root-rows': {
    params: Record<never, never>
    row: { readonly relation: string; readonly bytes: number; readonly live: number }
  }
  /** Sequences with the numbers they have given out and may give out, the fullest first; and how many may not be looked at. */
  'health/sequences': {
    params: Record<never, never>
    row: { readonly sequence: string | null; readonly used: number | null; readonly last: string | null; readonly final: string | null; readonly table_name: string | null; readonly column_name: string | null; readonly hidden: number; readonly hidden_in: string | null }
  }
  /** What health has to know of the server, the role and the schema before it judges anything; needs no privilege at all. */
  'health/server': {
    params: Record<never, never>
    row: { readonly version: number; readonly timescaledb: string | null; readonly community: boolean; readonly standby: boolean; readonly database: string; readonly role_name: string; readonly system_id: string; readonly monitor: boolean; readonly migrated: boolean; readonly readable: boolean; readonly data_directory: string | null }
  }
  /** Replication slots: whether they are used, and how much WAL the server keeps for them. */
  'health/slots': {
    params: Record<never, never>
    row: { readonly slot: string; readonly kind: string; readonly active: boolean; readonly wal_status: string | null; readonly retained: number; readonly since: string | null }
  }
  /** Sources by what their imports of the last 90 days show: when the last one ended, how far apart they usually are, and */
  'health/sources': {
    params: Record<never, never>
    row: { readonly source: string; readonly imports: number; readonly last_at: string; readonly silent: number; readonly usual: number; readonly others: number }
  }
  /** Tablespaces that lie outside the data directory. */
  'health/tablespaces': {
    params: Record<never, never>
    row: { readonly tablespace: string; readonly path: string }
  }
  /** What settings depend on beside the machine: who is connected to what, and how many locks the largest table takes. */
  'health/tune-facts': {
    params: Record<never, never>
    row: { readonly version: number; readonly timescaledb: string | null; readonly loaded: boolean; readonly pid: number; readonly role_name: string; readonly database: string; readonly databases: number; readonly tables: number; readonly largest: number; readonly chunks: number }
  }
  /** What stands in the configuration files, in the order they are read; ALTER SYSTEM writes into the last of them. */
  'health/tune-files': {
    params: { readonly names: readonly string[] }
    row: { readonly name: string; readonly setting: string | null; readonly automatic: boolean; readonly applied: boolean; readonly error: string | null }
  }
  /** Background jobs that the server starts by itself: none. */
  'health/tune-jobs': {
    params: Record<never, never>
    row: { readonly jobs: number }
  }
  /** Settings as they are in force, what may be written into them, and whether this role may. */
  'health/tune-settings': {
    params: { readonly names: readonly string[] }
    row: { readonly name: string; readonly setting: string; readonly unit: string | null; readonly vartype: string; readonly context: string; readonly source: string; readonly min_val: string | null; readonly max_val: string | null; readonly enumvals: readonly string[] | null; readonly pending_restart: boolean; readonly may_set: boolean }
  }
  /** Which of arxdb's tables this role may not read. */
  'health/unreadable': {
    params: { readonly tables: readonly string[] }
    row: { readonly table_name: string }
  }
  /** What WAL takes, and what the settings let it take. */
  'health/wal-size': {
    params: Record<never, never>
    row: { readonly bytes: number; readonly files: number; readonly max_wal_size: number; readonly wal_keep_size: number }
  }
  /** Places for background workers, those that schedulers have taken for good, and the jobs that want the rest. */
  'health/workers': {
    params: Record<never, never>
    row: { readonly background: number; readonly processes: number; readonly parallel: number; readonly schedulers: number; readonly scheduler_here: boolean; readonly jobs: number }
  }
  /** How far each database's oldest rows are from the numbers that transactions have now, and where autovacuum ought to step in. */
  'health/wraparound': {
    params: Record<never, never>
    row: { readonly database: string; readonly xid_age: number; readonly multixact_age: number; readonly freeze_max_age: number; readonly multixact_freeze_max_age: number }
  }
  /** Which tables are hypertables: here none. */
  'indexes/hypertables': {
    params: Record<never, never>
    row: { readonly table: string }
  }
  /** Foreign keys of the user's tables, each once: those that chunks and partitions have of their tables are left out. */
  'indexes/keys': {
    params: Record<never, never>
    row: { readonly table: string; readonly constraint_name: string; readonly columns: readonly string[]; readonly referenced: string; readonly action: boolean }
  }
  /** Since when use is counted here, as far back as can be proven, and who else may use the same indexes. */
  'indexes/standing': {
    params: Record<never, never>
    row: { readonly system_id: string; readonly counted_since: string | null; readonly standby: boolean; readonly standbys: number }
  }
  /** Of the statements that name one of some tables, those that took most. */
  'indexes/statements': {
    params: { readonly names: readonly string[] }
    row: { readonly name: string; readonly query: string; readonly calls: number; readonly seconds: number }
  }
  /** The user's tables with their chunks and partitions counted in: how large, and how often read from end to end. */
  'indexes/tables': {
    params: Record<never, never>
    row: { readonly table: string; readonly name: string; readonly kind: string; readonly bytes: number; readonly rows: number; readonly sequential_scans: number; readonly sequential_rows: number }
  }
  /** Each index of the user's tables with the indexes of chunks and partitions counted in: what it is on, takes, and was used for. */
  'indexes/usage': {
    params: { readonly least_pages: number }
    row: { readonly table: string; readonly index: string; readonly kind: string; readonly method: string; readonly unique: boolean; readonly constraint_name: string | null; readonly needed: string | null; readonly valid: boolean; readonly keys: readonly string[]; readonly columns: readonly string[]; readonly included: readonly string[]; readonly predicate: string | null; readonly parts: number | null; readonly bytes: number; readonly scans: number; readonly wasted_bytes: number | null; readonly judged_bytes: number }
  }
  /** Books a batch, in the transaction that brought its rows. No row comes back when another run has taken the import over. */
  'ingest/add-batch': {
    params: { readonly import_id: number; readonly claim: number; readonly byte_from: number; readonly byte_to: number; readonly line_from: number; readonly line_to: number; readonly prefix_sha256: Buffer | null; readonly rows_read: number; readonly inserted: number; readonly updated: number; readonly unchanged: number; readonly duplicates: number; readonly skipped: number; readonly rejected: number; readonly merged: number; readonly first_at: string | null; readonly last_at: string | null }
    row: { readonly import_id: number }
  }
  /** Whether a batch is in: a connection that broke during its commit cannot tell. */
  'ingest/batch-booked': {
    params: { readonly import_id: number; readonly byte_from: number }
    row: { readonly booked: boolean }
  }
  /** Byte ranges of an import that are in, in the file's order. */
  'ingest/batches': {
    params: { readonly import_id: number }
    row: { readonly byte_from: number; readonly byte_to: number; readonly line_from: number | null; readonly line_to: number | null; readonly prefix_sha256: Buffer | null }
  }
  /** Opens an import in the ledger. */
  'ingest/begin-import': {
    params: { readonly import_id: number; readonly target: string; readonly source: string; readonly attribution: string; readonly file_name: string | null; readonly mapping_sha256: Buffer; readonly mapping: string; readonly atomic: boolean; readonly import_key: string | null; readonly arxdb_version: string | null }
    row: { readonly import_id: number }
  }
  /** Imports under one mapping, or under the user's own name for the content, that are in or were being loaded. */
  'ingest/candidates': {
    params: { readonly mapping_sha256: Buffer; readonly import_key: string | null }
    row: { readonly import_id: number; readonly state: string; readonly target: string; readonly file_name: string | null; readonly same_mapping: boolean; readonly content_sha256: Buffer | null; readonly content_bytes: number | null; readonly atomic: boolean; readonly rows_read: number; readonly rejected: number; readonly import_key: string | null; readonly first_at: string | null; readonly last_at: string | null }
  }
  /** Takes over an import whose run has died: what that run may still send is refused from now on. */
  'ingest/claim-import': {
    params: { readonly import_id: number }
    row: { readonly claim: number }
  }
  /** All rows of an import are in; it stays open while it waits for the loads whose rows it took for its own. */
  'ingest/complete-import': {
    params: { readonly import_id: number; readonly claim: number }
    row: { readonly import_id: number }
  }
  /** Rows of analytics that are an import's own now; its time span keeps it to the partitions concerned. */
  'ingest/count-analytics': {
    params: { readonly import_id: number; readonly since: string; readonly until: string }
    row: { readonly rows: number }
  }
  /** Rows of candles that are an import's own now; its time span keeps it to the partitions concerned. */
  'ingest/count-candles': {
    params: { readonly import_id: number; readonly since: string; readonly until: string }
    row: { readonly rows: number }
  }
  /** Rows of prices that are an import's own now; its time span keeps it to the partitions concerned. */
  'ingest/count-prices': {
    params: { readonly import_id: number; readonly since: string; readonly until: string }
    row: { readonly rows: number }
  }
  /** Makes an exchange known; one that is known stays as it is. */
  'ingest/exchange': {
    params: { readonly exchange_id: string }
    row: { readonly exchange_id: string }
  }
  /** Closes an import that left nothing behind: failed by itself, or undone by its user. */
  'ingest/fail-import': {
    params: { readonly import_id: number; readonly state: string }
    row: { readonly import_id: number }
  }
  /** Closes a dead import that had all its rows in: others count on them. Without its hash, so that the same file is looked at again. */
  'ingest/finish-complete': {
    params: { readonly import_id: number }
    row: { readonly import_id: number }
  }
  /** Closes an import: all its rows are in. No row comes back when another run has taken it over. One whose left-out rows */
  'ingest/finish-import': {
    params: { readonly import_id: number; readonly claim: number; readonly content_sha256: Buffer | null; readonly content_bytes: number | null }
    row: { readonly import_id: number; readonly rows_read: number; readonly inserted: number; readonly updated: number; readonly unchanged: number; readonly duplicates: number; readonly skipped: number; readonly rejected: number; readonly merged: number; readonly first_at: string | null; readonly last_at: string | null; readonly incomplete: boolean }
  }
  /** Other loads into a table that may still be taken back, held so that none is until the transaction ends. */
  'ingest/hold-loading': {
    params: { readonly import_id: number; readonly target: string }
    row: { readonly import_id: number }
  }
  /** What has become of an import. */
  'ingest/import-state': {
    params: { readonly import_id: number }
    row: { readonly state: string; readonly complete: boolean }
  }
  /** What an import has come to so far. */
  'ingest/import-totals': {
    params: { readonly import_id: number }
    row: { readonly rows_read: number; readonly inserted: number; readonly updated: number; readonly unchanged: number; readonly duplicates: number; readonly skipped: number; readonly rejected: number; readonly merged: number; readonly first_at: string | null; readonly last_at: string | null }
  }
  /** Marks the other loads that had left out rows in a span of time: what they leaned on goes, and their files add it again. */
  'ingest/leave-incomplete': {
    params: { readonly import_id: number; readonly target: string; readonly since: string; readonly until: string }
    row: { readonly import_id: number; readonly file_name: string | null }
  }
  /** Imports, newest first. */
  'ingest/list-imports': {
    params: { readonly row_limit: number | null }
    row: { readonly import_id: number; readonly state: string; readonly target: string; readonly file_name: string | null; readonly source: string; readonly rows_read: number; readonly inserted: number; readonly updated: number; readonly unchanged: number; readonly duplicates: number; readonly skipped: number; readonly rejected: number; readonly incomplete: boolean; readonly first_at: string | null; readonly last_at: string | null; readonly started_at: string }
  }
  /** An import's row, held until the transaction ends: a batch that is being committed is waited for. */
  'ingest/lock-import': {
    params: { readonly import_id: number }
    row: { readonly state: string; readonly target: string; readonly file_name: string | null; readonly inserted: number; readonly updated: number; readonly first_at: string | null; readonly last_at: string | null; readonly complete: boolean }
  }
  /** The id of a market, made when it is new. */
  'ingest/market': {
    params: { readonly coin_id: string | null; readonly symbol: string | null; readonly exchange_id: string; readonly quote: string; readonly timeframe: string }
    row: { readonly market_id: number }
  }
  /** A new import's id, locked before anyone can see its row: a row in 'loading' without its lock is a dead load's. */
  'ingest/reserve-import': {
    params: Record<never, never>
    row: { readonly import_id: number; readonly locked: boolean }
  }
  /** Everything the ledger knows of one import. */
  'ingest/show-import': {
    params: { readonly import_id: number }
    row: { readonly import_id: number; readonly state: string; readonly target: string; readonly file_name: string | null; readonly import_key: string | null; readonly source: string; readonly attribution: string; readonly content_sha256: string | null; readonly content_bytes: number | null; readonly mapping: string | null; readonly rows_read: number; readonly inserted: number; readonly updated: number; readonly unchanged: number; readonly duplicates: number; readonly skipped: number; readonly rejected: number; readonly merged: number; readonly incomplete: boolean; readonly batches: number; readonly first_at: string | null; readonly last_at: string | null; readonly started_at: string; readonly finished_at: string | null; readonly arxdb_version: string | null }
  }
  /** Deletes what an import brought into analytics; its time span keeps it to the partitions concerned. */
  'ingest/undo-analytics': {
    params: { readonly import_id: number; readonly since: string; readonly until: string }
    row: { readonly deleted: number }
  }
  /** Deletes what an import brought into candles; its time span keeps it to the partitions concerned. */
  'ingest/undo-candles': {
    params: { readonly import_id: number; readonly since: string; readonly until: string }
    row: { readonly deleted: number }
  }
  /** Deletes what an import brought into prices; its time span keeps it to the partitions concerned. */
  'ingest/undo-prices': {
    params: { readonly import_id: number; readonly since: string; readonly until: string }
    row: { readonly deleted: number }
  }
  /** Who waits for a lock, and who is in the way: what each wants and holds of what is waited for. */
  'locks/waiting': {
    params: { readonly most: number }
    row: { readonly pid: number; readonly blocked_by: readonly number[]; readonly wants: string | null; readonly holds: string | null; readonly lock_type: string | null; readonly relation: string | null; readonly part: string | null; readonly waits: number | null; readonly transaction: number | null; readonly state: string | null; readonly kind: string | null; readonly role_name: string | null; readonly application: string | null; readonly database: string | null; readonly prepared: string | null; readonly query: string | null; readonly waiting: number }
  }
  /** First and last observation of each market inside a window, or from where its price still counts in it: two index probes */
  'markets/activity': {
    params: { readonly markets: readonly number[]; readonly since: readonly string[]; readonly to: string }
    row: { readonly market_id: number; readonly first_at: string; readonly last_at: string }
  }
  /** Coins that a name may mean: by id, by the shipped list of symbols, or by the symbol their source gave. */
  'markets/coin': {
    params: { readonly name: string }
    row: { readonly coin_id: string; readonly symbol: string | null; readonly how: string }
  }
  /** Coins that have data, and in how many markets. */
  'markets/coins': {
    params: { readonly pattern: string | null }
    row: { readonly coin_id: string; readonly symbol: string | null; readonly name: string | null; readonly provisional: boolean; readonly exchanges: number; readonly markets: number; readonly quotes: string }
  }
  /** What is there per market: first and last observation, how many, and how many a market without gaps would have. Counted */
  'markets/coverage': {
    params: { readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly from: string; readonly to: string }
    row: { readonly coin_id: string; readonly exchange_id: string; readonly quote: string; readonly timeframe: string; readonly first_at: string; readonly last_at: string; readonly n_obs: number; readonly expected: number | null; readonly coverage: number | null }
  }
  /** Markets of all coins. */
  'markets/listed': {
    params: { readonly exchange_id: string | null }
    row: { readonly market_id: number; readonly exchange_id: string; readonly venue: boolean; readonly quote: string; readonly timeframe: string; readonly seconds: number | null }
  }
  /** Every name a coin answers to, to suggest near ones. */
  'markets/names': {
    params: Record<never, never>
    row: { readonly name: string }
  }
  /** Markets of one coin. */
  'markets/of-coin': {
    params: { readonly coin_id: string; readonly exchange_id: string | null; readonly quote: string | null }
    row: { readonly market_id: number; readonly exchange_id: string; readonly venue: boolean; readonly quote: string; readonly timeframe: string; readonly seconds: number | null }
  }
  /** How much each market traded in a window: base volume of its candles, or the number of its ticks. */
  'markets/size': {
    params: { readonly markets: readonly number[]; readonly from: string; readonly to: string }
    row: { readonly market_id: number; readonly size: string }
  }
  /** Sessions of clients by what they are at, and how many of them wait for a lock; this one is none of them. */
  'metrics/activity': {
    params: Record<never, never>
    row: { readonly state: string; readonly sessions: number; readonly waiting: number }
  }
  /** What the server has counted for this database since its statistics were reset, and how many sessions it has room for. */
  'metrics/database': {
    params: Record<never, never>
    row: { readonly commits: number; readonly rollbacks: number; readonly blocks_hit: number; readonly blocks_read: number; readonly deadlocks: number; readonly temp_bytes: number; readonly abandoned: number; readonly fatal: number; readonly killed: number; readonly reset_at: string | null; readonly places: number }
  }
  /** The newest bar or price of each market, of the markets that were known first; how many there are in all. */
  'metrics/markets': {
    params: { readonly most: number; readonly since: string }
    row: { readonly coin_id: string; readonly exchange_id: string; readonly quote: string; readonly timeframe: string; readonly newest: number | null; readonly of: number }
  }
  /** What each partitioned table takes, with all its partitions. */
  'metrics/relations': {
    params: { readonly most: number }
    row: { readonly name: string; readonly kind: string; readonly bytes: number; readonly parts: number; readonly largest_part: number | null; readonly packed_parts: number; readonly before_bytes: number | null; readonly after_bytes: number | null; readonly of: number }
  }
  /** Statements of this database that ended, and how long they took in all; nothing where pg_stat_statements is not made, or */
  'metrics/statements': {
    params: Record<never, never>
    row: { readonly calls: number; readonly milliseconds: number; readonly reset_at: string | null }
  }
  /** Puts a note on a migration's ledger row: what a statement that failed said. */
  'migrate/annotate': {
    params: { readonly source: string; readonly version: string; readonly note: string }
    row: Record<never, never>
  }
  /** Who a backend waits for, as one line each. */
  'migrate/blockers': {
    params: { readonly pid: number }
    row: { readonly pid: number; readonly application_name: string | null; readonly state: string | null; readonly query: string | null }
  }
  /** Makes the ledger of migrations. */
  'migrate/create-migrations': {
    params: Record<never, never>
    row: Record<never, never>
  }
  /** Makes the record of repairs: a ledger row that was dropped cannot carry its own note. */
  'migrate/create-repairs': {
    params: Record<never, never>
    row: Record<never, never>
  }
  /** Makes the one-row table that says which tier the schema was made for. */
  'migrate/create-schema-tier': {
    params: Record<never, never>
    row: Record<never, never>
  }
  /** Whether TimescaleDB could be created here: its library is loaded, its files are there, the extension is not made yet. */
  'migrate/extension': {
    params: Record<never, never>
    row: { readonly creatable: boolean }
  }
  /** The index of a name on a table, whether it is usable, and which backend builds it now. */
  'migrate/find-index': {
    params: { readonly relation: string; readonly name: string }
    row: { readonly index_name: string; readonly valid: boolean; readonly building_pid: number | null }
  }
  /** Takes a migration out of the ledger. */
  'migrate/forget': {
    params: { readonly source: string; readonly version: string }
    row: Record<never, never>
  }
  /** Forgets the tier once no migration is left, so that the next first one chooses anew. */
  'migrate/forget-tier': {
    params: Record<never, never>
    row: Record<never, never>
  }
  /** Indexes that a failed or interrupted CREATE INDEX left unusable; TimescaleDB's own schemas are not ours to judge. */
  'migrate/invalid-indexes': {
    params: Record<never, never>
    row: { readonly index_name: string; readonly table_name: string; readonly bytes: number; readonly building_pid: number | null }
  }
  /** The ledger: what has been applied, per source and version. */
  'migrate/ledger': {
    params: Record<never, never>
    row: { readonly source: string; readonly version: string; readonly name: string; readonly variant: string; readonly checksum: string; readonly raw_checksum: string; readonly state: string; readonly statements_done: number; readonly statements_total: number; readonly applied_at: string; readonly duration_ms: number; readonly applied_by: string; readonly arxdb_version: string; readonly note: string | null }
  }
  /** Whether a backend still holds an advisory lock: asked before each commit, in the same transaction. */
  'migrate/lock-held': {
    params: { readonly class: number; readonly object: number; readonly pid: number }
    row: { readonly held: boolean }
  }
  /** Who holds an advisory lock of this database. */
  'migrate/lock-holder': {
    params: { readonly class: number; readonly object: number }
    row: { readonly pid: number; readonly application_name: string | null; readonly usename: string | null; readonly since: string | null; readonly state: string | null; readonly query: string | null }
  }
  /** Writes a migration's ledger row, or brings it up to date. */
  'migrate/record': {
    params: { readonly source: string; readonly version: string; readonly name: string; readonly variant: string; readonly checksum: string; readonly raw_checksum: string; readonly state: string; readonly statements_done: number; readonly statements_total: number; readonly duration_ms: number; readonly arxdb_version: string; readonly note: string | null }
    row: Record<never, never>
  }
  /** Keeps what a repair changed, by whom and why. */
  'migrate/record-repair': {
    params: { readonly action: string; readonly source: string; readonly version: string; readonly name: string; readonly old_checksum: string; readonly new_checksum: string | null; readonly note: string }
    row: Record<never, never>
  }
  /** Records the tier the schema is made for; the first migration's transaction does it, once. */
  'migrate/record-tier': {
    params: { readonly tier: string; readonly timescaledb: string | null }
    row: Record<never, never>
  }
  /** How big a table is with its partitions or chunks, in bytes and rows as last estimated; no row before it exists. */
  'migrate/relation-size': {
    params: { readonly relation: string }
    row: { readonly bytes: number; readonly estimated_rows: number }
  }
  /** Accepts an edited file: its new checksums, and the note of who and why. */
  'migrate/repair-checksum': {
    params: { readonly source: string; readonly version: string; readonly name: string; readonly checksum: string; readonly raw_checksum: string; readonly note: string }
    row: Record<never, never>
  }
  /** Takes the roles' and database's time limits off this transaction where the server knows the setting (17). */
  'migrate/unbounded': {
    params: Record<never, never>
    row: { readonly set_config: string }
  }
  /** Columns of a table, and how many values they hold as last estimated (below zero: as a share of the rows). */
  'policy/adopt-columns': {
    params: { readonly relation: string }
    row: { readonly name: string; readonly type: string; readonly kind: string; readonly nullable: boolean; readonly generated: boolean; readonly counted: boolean; readonly distinct_values: number | null }
  }
  /** Who holds a lock on a table, longest first. */
  'policy/adopt-holders': {
    params: { readonly relation: string }
    row: { readonly pid: number; readonly application_name: string | null; readonly state: string | null; readonly seconds: number | null }
  }
  /** Whether a table is a hypertable: without TimescaleDB none is. */
  'policy/adopt-hypertable': {
    params: { readonly schema: string; readonly name: string }
    row: { readonly hypertable: boolean; readonly chunks: number }
  }
  /** Indexes of a table: their columns (an expression has none), and the constraint that each stands for. */
  'policy/adopt-indexes': {
    params: { readonly relation: string }
    row: { readonly name: string; readonly columns: readonly string[]; readonly is_primary: boolean; readonly is_unique: boolean; readonly exclusion: boolean; readonly whole: boolean; readonly constraint_name: string | null }
  }
  /** Names of the tables that somebody may have meant. */
  'policy/adopt-names': {
    params: Record<never, never>
    row: { readonly schema: string; readonly name: string }
  }
  /** Foreign keys from and to a table. */
  'policy/adopt-references': {
    params: { readonly relation: string }
    row: { readonly name: string; readonly from_table: string; readonly to_schema: string; readonly to_name: string; readonly incoming: boolean }
  }
  /** A table as it stands, and what of the server counts for making it a hypertable; no row where there is none. */
  'policy/adopt-table': {
    params: { readonly relation: string }
    row: { readonly schema: string; readonly name: string; readonly kind: string; readonly persistence: string; readonly partition: boolean; readonly inherits: boolean; readonly extension: string | null; readonly owned: boolean; readonly rules: boolean; readonly row_security: boolean; readonly published: boolean; readonly bytes: number; readonly heap_bytes: number; readonly block_bytes: number; readonly shared_bytes: number; readonly cache_bytes: number; readonly lock_slots: number; readonly timescaledb: string | null }
  }
  /** Triggers of a table that somebody made, with what makes them anew. */
  'policy/adopt-triggers': {
    params: { readonly relation: string }
    row: { readonly name: string; readonly definition: string; readonly enabled: string; readonly each_row: boolean; readonly transition: boolean; readonly comment: string | null }
  }
  /** How long after their time the rows of the latest imports came: its newest row at its end, its oldest at its start. */
  'policy/advise-arrivals': {
    params: { readonly most: number }
    row: { readonly target: string; readonly rows: number; readonly newest: number; readonly oldest: number }
  }
  /** How many values columns have, from the planner's statistics: of partitions, and of the table as a whole. A negative */
  'policy/advise-distinct': {
    params: { readonly tables: readonly string[]; readonly columns: readonly string[]; readonly since: readonly number[] }
    row: { readonly relation: string; readonly column_name: string; readonly whole: boolean; readonly n_distinct: number; readonly upper: number | null }
  }
  /** The newest partitions of each table that hold rows, as the planner takes them to be, and how many there are in all. */
  'policy/advise-parts': {
    params: { readonly tables: readonly string[]; readonly most: number }
    row: { readonly relation: string; readonly lower: number; readonly upper: number; readonly rows: number | null; readonly bytes: number; readonly blocks: number; readonly compressed: boolean; readonly parts: number; readonly span: number }
  }
  /** Settings of the server that bound how many and how wide partitions can be; its clock. */
  'policy/advise-server': {
    params: Record<never, never>
    row: { readonly shared_buffers: number; readonly cache: number; readonly locks_per_transaction: number; readonly lock_slots: number; readonly autovacuum: boolean; readonly relations: number; readonly now: number }
  }
  /** Tables that are partitioned by ranges of one moment, of those named (in full, with quotes): their settings as they are. */
  'policy/advise-tables': {
    params: { readonly tables: readonly string[] }
    row: { readonly relation: string; readonly schema_name: string; readonly relation_name: string; readonly readable: boolean; readonly time_column: string; readonly numbered: boolean; readonly chunk_interval: number | null; readonly segment_by: readonly string[] | null; readonly order_by: readonly string[] | null; readonly compress_after: number | null; readonly indexes: number; readonly leading: readonly string[] }
  }
  /** The policies that were applied. */
  'policy/applied': {
    params: Record<never, never>
    row: { readonly table_name: string; readonly policy: unknown; readonly applied_at: string; readonly applied_by: string }
  }
  /** Writes down that a run began; of old ones a thousand are kept. */
  'policy/begin-run': {
    params: { readonly host: string }
    row: { readonly run_id: number }
  }
  /** Partitions of one of arxdb's own tables, oldest first, and what they hold; not the DEFAULT one. Where a bound was left */
  'policy/chunks': {
    params: { readonly relation: string }
    row: { readonly chunk: string; readonly lower: string; readonly upper: string; readonly compressed: boolean; readonly partial: boolean; readonly outdated: boolean; readonly bytes: number | null }
  }
  /** Candles of some timeframes that are older than their moments. */
  'policy/count-expired': {
    params: { readonly timeframes: readonly string[]; readonly cutoffs: readonly string[] }
    row: { readonly rows: number }
  }
  /** The DEFAULT partition that somebody gave a table. */
  'policy/default-partition': {
    params: { readonly facts: string }
    row: { readonly partition: string }
  }
  /** Deletes the expired candles of some markets inside a stretch of time. */
  'policy/delete-expired': {
    params: { readonly markets: readonly number[]; readonly since: string; readonly until: string }
    row: { readonly deleted: number }
  }
  /** No words of an extension here; what time it is on the server. */
  'policy/dialect': {
    params: Record<never, never>
    row: { readonly columnstore: boolean; readonly now: string }
  }
  /** What policies came to: partitions and their bytes. Rows are an estimate, from the planner's statistics; null where a */
  'policy/effect': {
    params: { readonly relations: readonly string[]; readonly compress_after: readonly number[]; readonly now: string }
    row: { readonly relation: string; readonly chunks: number; readonly compressed: number; readonly backlog: number; readonly backlog_bytes: number; readonly partial: number; readonly outdated: number; readonly bytes: number | null; readonly before_bytes: number | null; readonly after_bytes: number | null; readonly rows: number | null; readonly oldest: string | null; readonly newest: string | null }
  }
  /** Writes down what a run did, and how it ended. */
  'policy/end-run': {
    params: { readonly run_id: number; readonly steps: unknown; readonly error: string | null }
    row: Record<never, never>
  }
  /** Candle markets of whose rows some have expired by their timeframe, each with the moment before which it keeps nothing */
  'policy/expired-markets': {
    params: { readonly timeframes: readonly string[]; readonly cutoffs: readonly string[] }
    row: { readonly market_id: number; readonly timeframe: string; readonly cutoff: string; readonly oldest: string }
  }
  /** Jobs that the server runs for tables: PostgreSQL by itself has none. */
  'policy/jobs': {
    params: { readonly relations: readonly string[] }
    row: { readonly relation: string; readonly job_id: number; readonly proc: string; readonly after: number | null; readonly scheduled: boolean; readonly schedule_interval: number; readonly next_start: string | null; readonly last_run: string | null; readonly last_success: string | null; readonly last_status: string | null; readonly failures: number; readonly last_error: string | null; readonly last_error_at: string | null; readonly held_until: string | null }
  }
  /** The newest runs of policies, and the newest that came to its end. */
  'policy/last-runs': {
    params: Record<never, never>
    row: { readonly run_id: number; readonly host: string; readonly began_at: string; readonly ended_at: string | null; readonly error: string | null }
  }
  /** Notes that rollups of a stretch of time are not to be believed: its rows were dropped without a trigger. One without a */
  'policy/note-range': {
    params: { readonly facts: string; readonly since: string; readonly until: string }
    row: { readonly noted: string }
  }
  /** Whether any candle of a stretch of time belongs to a timeframe that is still kept: asked under the lock that keeps new */
  'policy/still-kept': {
    params: { readonly timeframes: readonly string[]; readonly since: string; readonly until: string }
    row: { readonly kept: boolean }
  }
  /** What tables are now: partitioned by time with the width of new partitions, or something else. */
  'policy/tables': {
    params: { readonly relations: readonly string[] }
    row: { readonly relation: string; readonly kind: string; readonly time_column: string | null; readonly time_type: string | null; readonly chunk_interval: number | null; readonly columnstore: boolean; readonly segment_by: string | null; readonly order_by: string | null; readonly merge_to: number | null }
  }
  /** Timeframes that candles have, however few. */
  'policy/timeframes': {
    params: Record<never, never>
    row: { readonly timeframe: string }
  }
  /** The price of each market as it was known at one moment, no older than allowed. */
  'price/as-of': {
    params: { readonly markets: readonly number[]; readonly at: string; readonly tick_staleness: string; readonly candle_staleness: string | null; readonly reach: string }
    row: { readonly market_id: number; readonly price: string; readonly timestamp: string; readonly age: number }
  }
  /** The last price of each of the 24 hours that end at a moment, per market, oldest first; null where an hour brought none. */
  'price/last-day': {
    params: { readonly markets: readonly number[]; readonly at: string }
    row: { readonly market_id: number; readonly closes: readonly number[] }
  }
  /** The newest price of each market known at one moment, however old. */
  'price/newest': {
    params: { readonly markets: readonly number[]; readonly at: string }
    row: { readonly market_id: number; readonly timestamp: string; readonly age: number }
  }
  /** Removes a market's rollups of one width inside ranges. */
  'rollups/clear': {
    params: { readonly market_id: number; readonly width: number; readonly since: readonly string[]; readonly until: readonly string[] }
    row: Record<never, never>
  }
  /** One refresh at a time: whoever computed a bucket first must not store it last. Sorts of a stretch stay in memory. */
  'rollups/lock': {
    params: Record<never, never>
    row: { readonly locked: boolean; readonly work_mem: string }
  }
  /** Notes all that there is of every market as changed: for what went on behind the triggers. */
  'rollups/note-all': {
    params: Record<never, never>
    row: { readonly noted: number }
  }
  /** Rolls the candles of one market up into buckets that begin inside ranges. */
  'rollups/roll-candles': {
    params: { readonly market_id: number; readonly width: number; readonly staleness: string; readonly since: readonly string[]; readonly until: readonly string[] }
    row: { readonly rolled: number }
  }
  /** Rolls the hours of one market up into the days that ranges touch. The bridge from an hour's last price to the next */
  'rollups/roll-days': {
    params: { readonly market_id: number; readonly staleness: string; readonly since: readonly string[]; readonly until: readonly string[] }
    row: { readonly rolled: number }
  }
  /** Rolls the ticks of one market up into buckets that begin inside ranges. */
  'rollups/roll-ticks': {
    params: { readonly market_id: number; readonly width: number; readonly staleness: string; readonly since: readonly string[]; readonly until: readonly string[] }
    row: { readonly rolled: number }
  }
  /** For the rest of the transaction no parallel workers: to start them takes longer than to read a few thousand rollups, */
  'rollups/serial': {
    params: Record<never, never>
    row: { readonly workers: string }
  }
  /** From what a window is answered: days and hours rolled up, and the raw rows (width 0) where these do not serve. */
  'rollups/spans': {
    params: { readonly markets: readonly number[]; readonly staleness: readonly string[] | null; readonly from: string; readonly to: string; readonly grain: number }
    row: { readonly market_id: number; readonly width: number; readonly since: string; readonly until: string }
  }
  /** Takes the oldest dirty ranges of one market away, to be put right in this very transaction: as many as are `most` long */
  'rollups/take': {
    params: { readonly most: string; readonly ticks: string; readonly candles: string }
    row: { readonly market_id: number; readonly ticks: boolean; readonly width: number; readonly staleness: string; readonly since: string; readonly until: string }
  }
  /** What each index takes, the partitions' indexes counted with the one they belong to. */
  'sizes/indexes': {
    params: { readonly table: string | null }
    row: { readonly index: string; readonly table: string; readonly unique: boolean; readonly parts: number | null; readonly bytes: number; readonly scans: number | null }
  }
  /** What --table may name: tables, partitioned or not, and views, as continuous aggregates are. */
  'sizes/names': {
    params: Record<never, never>
    row: { readonly schema_name: string; readonly table_name: string }
  }
  /** What each table takes, its partitions counted with it; or each partition by itself. */
  'sizes/relations': {
    params: { readonly table: string | null; readonly each: boolean; readonly now: string }
    row: { readonly table: string; readonly kind: string; readonly schema_name: string | null; readonly part: string | null; readonly range_start: string | null; readonly range_end: string | null; readonly parts: number | null; readonly packed_parts: number; readonly rows: number | null; readonly rows_estimated: boolean | null; readonly unknown_parts: number; readonly foreign_parts: number; readonly table_bytes: number; readonly index_bytes: number; readonly toast_bytes: number; readonly total_bytes: number; readonly before_bytes: number | null; readonly packed_bytes: number | null; readonly growth_per_day: number | null }
  }
  /** What each statement of this database has come to since it was first seen: version 1.11 and later. */
  'slow/counters': {
    params: Record<never, never>
    row: { readonly queryid: string | null; readonly roles: string | null; readonly calls: number; readonly seconds: number; readonly slowest: number; readonly rows: number; readonly hit: number; readonly read: number; readonly temporary: number; readonly wal: number; readonly io_seconds: number; readonly since: string | null }
  }
  /** What there is of pg_stat_statements, and whose statements this role may see. Where it lies in a schema of its own, that is */
  'slow/extension': {
    params: Record<never, never>
    row: { readonly version: string | null; readonly loaded: boolean; readonly available: string | null; readonly sees_all: boolean; readonly role_name: string; readonly system_id: string; readonly database: string; readonly path: string | null }
  }
  /** When the statistics of statements were reset, and how often some were thrown out for want of room. From version 1.9 on. */
  'slow/reset': {
    params: Record<never, never>
    row: { readonly stats_reset: string; readonly evictions: number }
  }
  /** Which statements run at this moment, and under which application's name. */
  'slow/running': {
    params: Record<never, never>
    row: { readonly queryid: string; readonly application: string; readonly sessions: number }
  }
  /** The texts of some statements, with the constants taken out; the beginning of long ones. */
  'slow/texts': {
    params: { readonly queryids: readonly string[] }
    row: { readonly queryid: string; readonly query: string }
  }
  /** Makes the partitions or chunks that rows between two moments will need. */
  'storage/ensure-partitions': {
    params: { readonly facts: string; readonly since: string; readonly until: string }
    row: { readonly made: number }
  }
  /** Jobs of a table that the server starts by itself: none. */
  'storage/jobs-of': {
    params: { readonly table: string }
    row: { readonly job_id: number }
  }
  /** Takes a lease on the jobs of a table: here the server has none. */
  'storage/lease-hold': {
    params: { readonly table: string; readonly holder: string; readonly lease: string }
    row: { readonly job_id: number; readonly owner: string; readonly mine: boolean; readonly put_off: string }
  }
  /** One at a time looks at who holds which jobs and changes it, until its transaction ends. */
  'storage/lease-lock': {
    params: Record<never, never>
    row: { readonly locked: boolean }
  }
  /** Gives a holder's jobs back: here the server has none. */
  'storage/lease-release': {
    params: { readonly holder: string }
    row: { readonly job_id: number; readonly next_start: string }
  }
  /** Forgets leases that have run out: their jobs have come back by themselves. */
  'storage/lease-sweep': {
    params: Record<never, never>
    row: { readonly job_id: number; readonly holder: string }
  }
  /** Who holds a lock by name in this database. */
  'storage/lock-holder': {
    params: { readonly name: string }
    row: { readonly pid: number; readonly application_name: string | null; readonly usename: string | null; readonly client: string | null; readonly since: string | null }
  }
  /** Partitions of a table and the half-open time they hold. */
  'storage/partitions': {
    params: { readonly facts: string }
    row: { readonly partition: string; readonly lower: string; readonly upper: string }
  }
  /** A lock by name until the transaction ends, or false when another session has it. */
  'storage/try-lock': {
    params: { readonly name: string }
    row: { readonly locked: boolean }
  }
  /** Lets a transaction compare with, replace and delete rows however many of a compressed chunk that unpacks: TimescaleDB */
  'storage/unpack-any': {
    params: Record<never, never>
    row: { readonly setting: string }
  }
  /** Sessions that do something, or hold something: all but the idle ones, and this one. */
  'top/activity': {
    params: { readonly with_idle: boolean }
    row: { readonly pid: number; readonly role_name: string | null; readonly database: string | null; readonly application: string | null; readonly state: string | null; readonly wait: string | null; readonly seconds: number | null; readonly transaction_seconds: number | null; readonly blocked_by: string | null; readonly query: string | null }
  }
  /** Cancels what a session runs. False where there is none of that pid, or it is no client's. */
  'top/cancel': {
    params: { readonly pid: number }
    row: { readonly done: boolean }
  }
  /** Partitioned tables with their partitions as a map: a sign for each; without TimescaleDB none is compressed. */
  'top/chunks': {
    params: { readonly cells: number }
    row: { readonly relation: string; readonly chunks: number; readonly compressed: number; readonly newest: string | null; readonly rows_estimate: number | null; readonly map: string }
  }
  /** Jobs of TimescaleDB's scheduler: PostgreSQL by itself has none. */
  'top/jobs': {
    params: Record<never, never>
    row: { readonly job: number; readonly procedure: string; readonly relation: string | null; readonly state: string; readonly last_success: string | null; readonly next_start: string | null; readonly failures: number; readonly error: string | null }
  }
  /** Who waits for whom: every session in a chain of waiting, the one that holds all others up first, each below what blocks it. */
  'top/locks': {
    params: Record<never, never>
    row: { readonly pid: number; readonly depth: number; readonly waiters: number; readonly role_name: string | null; readonly state: string | null; readonly mode: string | null; readonly relation: string | null; readonly seconds: number | null; readonly query: string | null }
  }
  /** One line of the whole: sessions by what they do, and counters whose growth between two readings is a rate. */
  'top/summary': {
    params: Record<never, never>
    row: { readonly at: string; readonly sessions: number; readonly active: number; readonly idle: number; readonly in_transaction: number; readonly waiting: number; readonly places: number; readonly transactions: number; readonly hits: number; readonly reads: number; readonly written: number; readonly oldest_seconds: number | null; readonly bytes: number | null }
  }
  /** Ends a session; what it had not committed is rolled back. False where there is none of that pid, or it is no client's. */
  'top/terminate': {
    params: { readonly pid: number }
    row: { readonly done: boolean }
  }
  /** What came in and what was kept, newest first: imports, and runs of the policy. */
  'top/timeline': {
    params: Record<never, never>
    row: { readonly at: string; readonly what: string; readonly outcome: string; readonly seconds: number | null; readonly detail: string | null }
  }
  /** Slope of ln(close) over days by least squares, and the simple means of the last closes, per market. */
  'trend/window': {
    params: { readonly markets: readonly number[]; readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly since: string; readonly to: string; readonly every: string; readonly calendar: string | null; readonly tz: string; readonly fast: number; readonly slow: number; readonly keep: number; readonly each: boolean }
    row: { readonly market_id: number; readonly timestamp: string; readonly close: string; readonly sma_fast: number | null; readonly sma_slow: number | null; readonly side: number; readonly cross_at: string | null; readonly slope: number | null; readonly r: number | null; readonly n: number; readonly n_read: number; readonly closes: readonly number[]; readonly source_age: number }
  }
  /** Time-weighted average price over a window or each bucket of it, per market and combined per quote. */
  'twap/window': {
    params: { readonly markets: readonly number[]; readonly staleness: readonly string[]; readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly from: string; readonly to: string; readonly every: string | null; readonly calendar: string | null; readonly tz: string }
    row: { readonly timestamp: string; readonly market_id: number | null; readonly exchange_id: string | null; readonly quote: string; readonly twap: string | null; readonly coverage: number; readonly n_obs: number; readonly carried_in: boolean; readonly source_age: number | null; readonly partial: boolean }
  }
  /** Variance per bar by six estimators, of a window or of the last bars up to each bar, per market. */
  'volatility/window': {
    params: { readonly markets: readonly number[]; readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly read_from: string; readonly since: string; readonly until: string; readonly to: string; readonly every: string; readonly calendar: string | null; readonly tz: string; readonly estimators: readonly string[]; readonly rolling: number | null; readonly mean0: boolean }
    row: { readonly market_id: number; readonly timestamp: string; readonly estimator: string; readonly per_bar: number | null; readonly n: number; readonly n_bars: number; readonly source_age: number }
  }
  /** Volume-weighted average price over a window or each bucket of it, from candles, per market and combined per quote. */
  'vwap/window': {
    params: { readonly markets: readonly number[]; readonly span_markets: readonly number[]; readonly span_widths: readonly number[]; readonly span_since: readonly string[]; readonly span_until: readonly string[]; readonly from: string; readonly to: string; readonly every: string | null; readonly calendar: string | null; readonly tz: string }
    row: { readonly timestamp: string; readonly market_id: number | null; readonly exchange_id: string | null; readonly quote: string; readonly vwap: string | null; readonly volume: string | null; readonly volume_coverage: number | null; readonly coverage: number; readonly n_obs: number; readonly partial: boolean }
  }
}
export type StatementName = keyof Statements
