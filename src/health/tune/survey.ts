// What tuning has to know of the server: its settings, what is in it, and what machine it has.
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../errors.ts'
import type { Target } from '../../statements/load.ts'
import { type Client, runner } from '../../storage/session.ts'
import type { Server, Setting } from './compare.ts'
import { written } from './files.ts'
import { type Machine, machineOf, runsHere } from './machine.ts'
import type { Ground, GroupedWish, Storage, Workload } from './rules.ts'
import { wishes } from './rules.ts'

export interface Asked {
  /** Bytes; the machine's own where the server is here. */
  readonly memory?: number | undefined
  readonly cpus?: number | undefined
  readonly workload: Workload
  readonly storage: Storage
}

export interface Surveyed {
  readonly server: Server
  readonly wishes: readonly GroupedWish[]
  readonly machine: Machine
}

interface Facts {
  readonly version: number
  readonly timescaledb: string | null
  readonly loaded: boolean
  readonly pid: number
  readonly role_name: string
  readonly database: string
  readonly databases: number
  readonly tables: number
  readonly largest: number
  readonly chunks: number
}

const PLAIN: Target = { engine: 'postgres', server: 150_000 }
/** Beside those that are wished for. */
const ALSO = ['huge_pages', 'shared_memory_type', 'data_directory', 'reserved_connections', 'allow_alter_system']

/**
 * Outside any transaction: what arxdb sets in one of its own would be taken for the server's. A usage error where the
 * server is elsewhere and nobody says what machine it has.
 */
export async function survey(client: Client, asked: Asked): Promise<Surveyed> {
  const facts = await factsOf(client)
  const target: Target = { engine: facts.timescaledb === null ? 'postgres' : 'timescaledb', server: facts.version }
  const [row] = await runner(client, target)<{ jobs: number }>('health/tune-jobs')
  const machine = settled(asked, facts)
  const settings = new Map<string, Setting>()
  const ground: Omit<Ground, 'connections' | 'walFree'> = {
    ...{ machine, workload: asked.workload, storage: asked.storage, timescaledb: facts.loaded },
    ...{ version: facts.version, databases: facts.databases, jobs: row!.jobs },
    ...{ tables: facts.tables, largest: facts.largest, chunks: facts.chunks },
    choices: (name) => settings.get(name)?.enumvals ?? [],
  }
  const names = wishes({ ...ground, connections: 100, walFree: undefined }).map(({ setting }) => setting)
  const found = await readSettings(client, [...names, ...ALSO])
  for (const one of found.values()) settings.set(one.name, one)
  const data = runsHere(facts) ? settings.get('data_directory')?.setting : undefined
  const connections = Number(settings.get('max_connections')?.setting)
  return {
    machine,
    server: { role_name: facts.role_name, settings, waiting: await waiting(client, [...found.values()]) },
    wishes: wishes({ ...ground, connections, walFree: data === undefined ? undefined : roomForWal(data) }),
  }
}

export async function readSettings(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, Setting>> {
  const rows = await runner(client, PLAIN)<Setting>('health/tune-settings', { names })
  return new Map(rows.map((row) => [row.name, row]))
}

async function waiting(client: Client, rows: readonly Setting[]): Promise<Server['waiting']> {
  const names = rows.flatMap(({ name, pending_restart }) => (pending_restart ? [name] : []))
  const files = names.length > 0 ? await written(client, names) : undefined
  return new Map((files ?? []).flatMap(({ name, setting }) => (setting === null ? [] : [[name, setting]])))
}

export async function factsOf(client: Client): Promise<Facts> {
  return (await runner(client, PLAIN)<Facts>('health/tune-facts'))[0]!
}

/** What was said stands over what is seen. */
export function settled({ memory, cpus }: Pick<Asked, 'memory' | 'cpus'>, facts: Facts): Machine {
  if (memory !== undefined && cpus !== undefined) return { memory, cpus, origin: 'as given' }
  const seen = runsHere(facts) ? machineOf(facts.pid) : undefined
  if (!seen)
    throw usageError(
      'the server is not on this machine: how much memory and how many processors it has is not known here',
      '--memory 24GB --cpus 2, as it has them',
    )
  const given = memory !== undefined || cpus !== undefined
  const origin = given ? `${seen.origin}, and as given` : seen.origin
  return { memory: memory ?? seen.memory, cpus: cpus ?? seen.cpus, origin }
}

function roomForWal(data: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(join(data, 'pg_wal'))
    return bavail * bsize
  } catch {
    // Another account's folder: what is free there is not to be seen.
    return undefined
  }
}
