// postgresql.conf of the local server, written once; ALTER SYSTEM and the owner's hand win over it.
import { statfsSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { Binaries } from './record.ts'

const MB = 1024 * 1024

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, Math.round(value)))

/** Bytes this process may count on: the machine's, or its container's where that is less. */
function memory(): number {
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** Containers often have 64 MB there, which one parallel hash join outgrows. */
function smallSharedMemory(): boolean {
  try {
    const { bsize, blocks } = statfsSync('/dev/shm')
    return bsize * blocks < 512 * MB
  } catch {
    return false
  }
}

/** The lines to append to what initdb wrote. Port and socket are given at each start. */
export function settings(binaries: Binaries, bytes = memory(), smallShm = smallSharedMemory()): string {
  const mb = bytes / MB
  const lines = [
    '',
    "# arxdb's local server",
    "listen_addresses = '127.0.0.1'",
    'unix_socket_permissions = 0700',
    'password_encryption = scram-sha-256',
    // A query over a hypertable locks each of its chunks.
    'max_locks_per_transaction = 1024',
    `shared_buffers = ${clamp(mb / 8, 128, 512)}MB`,
    `effective_cache_size = ${clamp(mb / 2, 256, 1024 * 1024)}MB`,
    `maintenance_work_mem = ${clamp(mb / 32, 64, 256)}MB`,
    `work_mem = ${clamp(mb / 256, 4, 32)}MB`,
    // Loads write WAL in bursts; the default of 1 GB makes each of them pay for checkpoints.
    'max_wal_size = 2GB',
    'jit = off',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    // The log is kept small, and statements may hold what is not the log's business.
    'log_min_messages = warning',
    'log_min_error_statement = panic',
    'log_checkpoints = off',
    'log_autovacuum_min_duration = -1',
    "log_line_prefix = '%m [%p] '",
  ]
  const timescaledb = [
    "shared_preload_libraries = 'timescaledb'",
    'timescaledb.telemetry_level = off',
    'max_worker_processes = 32',
  ]
  const shm = smallShm ? ['dynamic_shared_memory_type = sysv'] : []
  return [...lines, ...shm, ...(binaries.tier === 'plain' ? [] : timescaledb), ''].join('\n')
}
