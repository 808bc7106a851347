// The values of the two documents that arxdb was asked for by, as they stand there, to be shown beside its own.

export const SEEDS: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '8GB',
  effective_cache_size: '24GB',
  work_mem: '256MB',
  maintenance_work_mem: '2GB',
  log_min_duration_statement: '1000',
  log_statement: 'all',
  log_checkpoints: 'on',
  log_lock_waits: 'on',
  wal_level: 'replica',
  max_wal_senders: '3',
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '60s',
  'timescaledb.max_background_workers': '4',
  max_parallel_workers_per_gather: '2',
}

/** Of pgbouncer.ini. */
export const POOLER_SEEDS: Readonly<Record<string, string>> = {
  pool_mode: 'transaction',
  listen_port: '6432',
  listen_addr: '*',
  max_client_conn: '1000',
  default_pool_size: '25',
  reserve_pool_size: '5',
  server_idle_timeout: '600',
}
