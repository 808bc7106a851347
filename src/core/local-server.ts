// How the local server's state is shown.
import { columns, type Note, type Result } from './result.ts'

/** The server as the machine knows it; null where a stopped or absent one has no value. */
export interface LocalServer {
  readonly state: 'running' | 'starting' | 'stopping' | 'stopped' | 'absent'
  readonly home: string
  readonly pid: number | null
  readonly port: number | null
  readonly socket: string | null
  readonly dataDirectory: string | null
  readonly log: string | null
  readonly account: string | null
  readonly bindir: string | null
  readonly source: string | null
  readonly version: string | null
  readonly tier: string | null
  readonly sizeBytes: number | null
  readonly startedAt: string | null
  /** Seconds; 0 for never. */
  readonly idleStop: number | null
}

export interface LocalServerRow {
  readonly state: LocalServer['state']
  readonly version: string | null
  readonly tier: string | null
  readonly pid: number | null
  readonly port: number | null
  readonly socket: string | null
  readonly size: number | null
  readonly started_at: string | null
  readonly idle_stop: number | null
  readonly account: string | null
  readonly data_directory: string | null
  readonly bindir: string | null
  readonly source: string | null
  readonly log: string | null
}

const kinds = columns({
  state: 'text',
  version: 'text',
  tier: 'text',
  pid: 'int',
  port: 'int',
  socket: 'text',
  size: 'bytes',
  started_at: 'time',
  idle_stop: 'duration',
  account: 'text',
  data_directory: 'text',
  bindir: 'text',
  source: 'text',
  log: 'text',
})

/** One row, with `notes` beside it. */
export function localServer(server: LocalServer, notes: readonly Note[] = []): Result<LocalServerRow> {
  const { state, version, tier, pid, port, socket, account, bindir, source, log } = server
  const row: LocalServerRow = {
    state,
    version,
    tier,
    pid,
    port,
    socket,
    size: server.sizeBytes,
    started_at: server.startedAt,
    idle_stop: server.idleStop,
    account,
    data_directory: server.dataDirectory,
    bindir,
    source,
    log,
  }
  return { columns: kinds, rows: [row], notes }
}
