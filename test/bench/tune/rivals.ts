// What a server is set to: nothing, what the requirement documents say, what timescaledb-tune's published rules come to,
// and what arxdb recommends.
import { WORKLOADS, type Workload } from '../../../src/health/tune/rules.ts'
import { SEEDS } from '../../../src/health/tune/seeds.ts'
import { tune } from '../../../src/health/tune/service.ts'
import { GB, MB } from '../../../src/health/tune/units.ts'
import { connectionOf } from '../../servers/connection.ts'
import type { TierName } from '../../servers/tiers.ts'

export type Settings = Readonly<Record<string, string>>

export interface Config {
  readonly name: string
  readonly settings: Settings
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / MB)}MB`

/** pkg/pgtune of github.com/timescale/timescaledb-tune as of May 2026, without a profile or a size of the WAL's disk. */
export function timescaledbTune(memory: number, cpus: number): Settings {
  const gigabytes = memory / GB
  const connections = gigabytes <= 2 ? 25 : gigabytes <= 4 ? 50 : gigabytes <= 6 ? 75 : 100
  const locks = [
    [32, 1024],
    [16, 512],
    [8, 256],
  ].find(([least]) => gigabytes >= least!)?.[1]
  return {
    shared_buffers: megabytes(memory / 4),
    effective_cache_size: megabytes((memory * 3) / 4),
    maintenance_work_mem: megabytes(Math.min(gigabytes * 128 * MB, 2047 * MB)),
    work_mem: megabytes((gigabytes * 400 * MB) / connections / Math.max(1, Math.round(cpus / 2))),
    'timescaledb.max_background_workers': '16',
    max_worker_processes: String(3 + 16 + cpus),
    max_parallel_workers_per_gather: String(Math.round(cpus / 2)),
    max_parallel_workers: String(cpus),
    wal_buffers: '16MB',
    min_wal_size: '512MB',
    max_wal_size: '1GB',
    default_statistics_target: '100',
    random_page_cost: '1.1',
    checkpoint_completion_target: '0.9',
    max_connections: String(connections),
    max_locks_per_transaction: String(locks ?? 128),
    autovacuum_max_workers: '10',
    autovacuum_naptime: '10s',
    default_toast_compression: 'lz4',
    jit: 'off',
    effective_io_concurrency: '256',
  }
}

/** All of them for that server; `only` some of arxdb's workloads. */
export async function configs(
  url: string,
  tier: TierName,
  machine: { readonly memory: number; readonly cpus: number },
  only: readonly Workload[] = WORKLOADS,
): Promise<readonly Config[]> {
  const known = (settings: Settings): Settings =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => tier !== 'plain' || !name.includes('.')))
  const own = await Promise.all(
    only.map(async (workload) => {
      const { rows } = await tune(connectionOf(url), { ...machine, workload, storage: 'ssd' })
      const settings = Object.fromEntries(rows.map(({ setting, recommended }) => [setting, recommended]))
      return { name: `arxdb ${workload}`, settings }
    }),
  )
  return [
    { name: 'defaults', settings: {} },
    { name: 'documents', settings: known(SEEDS) },
    { name: 'timescaledb-tune', settings: known(timescaledbTune(machine.memory, machine.cpus)) },
    ...own,
  ]
}
