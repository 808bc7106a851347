// What stands and what runs, as plain data.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ownerOf } from '../programs/account.ts'
import type { Home } from './home.ts'
import { findLive, notYours, readPostmaster, serverPhase } from './postmaster.ts'
import { type Binaries, readRecord } from './record.ts'

export interface LocalStatus {
  /** `absent`: never made, or destroyed. */
  readonly state: 'running' | 'starting' | 'stopping' | 'stopped' | 'absent'
  readonly home: string
  readonly pid: number | null
  readonly port: number | null
  /** Folder of the Unix socket. */
  readonly socket: string | null
  readonly dataDirectory: string | null
  readonly log: string | null
  /** The account that owns the data and runs the server. */
  readonly account: string | null
  readonly bindir: string | null
  readonly source: Binaries['source'] | null
  readonly version: string | null
  readonly major: number | null
  readonly tier: Binaries['tier'] | null
  readonly sizeBytes: number | null
  /** ISO 8601, UTC. */
  readonly startedAt: string | null
  /** Seconds; 0 for never. */
  readonly idleStop: number | null
}

const NOTHING = {
  pid: null,
  port: null,
  socket: null,
  dataDirectory: null,
  log: null,
  account: null,
  bindir: null,
  source: null,
  version: null,
  major: null,
  tier: null,
  sizeBytes: null,
  startedAt: null,
  idleStop: null,
} as const

const STATES = { down: 'stopped', ready: 'starting', starting: 'starting', stopping: 'stopping' } as const

/** Starts nothing and opens no session, so that asking does not count as using it. */
export async function status(home: Home): Promise<LocalStatus> {
  const record = readRecord(home)
  if (!record) return { ...NOTHING, state: 'absent', home: home.root }
  const live = await findLive(home)
  const state = live ? 'running' : STATES[serverPhase(home)]
  const process_ = state === 'stopped' ? undefined : readPostmaster(home)
  return {
    state,
    home: home.root,
    pid: process_?.pid ?? null,
    port: process_?.port || null,
    socket: process_?.socket || null,
    dataDirectory: home.data,
    log: home.log,
    account: ownerOf(home.data).name,
    bindir: record.bindir,
    source: record.source,
    version: record.version,
    major: record.major,
    tier: record.tier,
    sizeBytes: sizeOf(home),
    startedAt: process_ ? new Date(process_.startedAt * 1000).toISOString() : null,
    idleStop: record.idleStopMs / 1000,
  }
}

/** Bytes of disk that the data take; files that go away meanwhile count nothing. */
function sizeOf(home: Home): number {
  const walk = (folder: string): number =>
    readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return sum + attempt(() => walk(path))
      return sum + attempt(() => (statSync(path).blocks ?? 0) * 512)
    }, 0)
  try {
    return walk(home.data)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EACCES' ? notYours(home, error) : error
  }
}

function attempt(size: () => number): number {
  try {
    return size()
  } catch {
    return 0
  }
}
