// What pg_controldata says of a data directory, whether a server runs on it or not.
import { ArxError } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { type Env, run } from '../../programs/run.ts'
import type { Programs } from '../programs.ts'

export interface ControlFile {
  readonly systemId: string
  /** `in production`, `shut down`, `in archive recovery` ... */
  readonly state: string
  readonly timeline: number
  /** LSN of the latest checkpoint: of a server that was shut down, the end of its WAL. */
  readonly checkpoint: string
  readonly segmentBytes: number
  readonly checksums: boolean
  /** What a standby must have at least, by the names of the settings. */
  readonly least: Readonly<Record<string, number>>
}

const LEAST: Readonly<Record<string, string>> = {
  max_connections: 'max_connections setting',
  max_worker_processes: 'max_worker_processes setting',
  max_wal_senders: 'max_wal_senders setting',
  max_prepared_transactions: 'max_prepared_xacts setting',
  max_locks_per_transaction: 'max_locks_per_xact setting',
}

/** Reads global/pg_control. Throws what the program said where there is none, or one that is damaged. */
export async function readControl(
  dataDir: string,
  { programs, env, account }: { programs: Programs; env: Env; account?: Account | undefined },
): Promise<ControlFile> {
  const { ok, stdout, complaint } = await run(programs.need('pg_controldata'), ['-D', dataDir], { env, account })
  const lines = new Map(
    stdout.split('\n').flatMap((line) => {
      const at = line.indexOf(':')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const]
    }),
  )
  const systemId = lines.get('Database system identifier')
  if (!ok || systemId === undefined || /CRC.*(incorrect|not match)/i.test(complaint)) {
    throw new ArxError({
      code: 'no-data-directory',
      message: `${dataDir} is no data directory of PostgreSQL ${programs.major}`,
      detail: complaint || 'pg_controldata found no control file',
    })
  }
  return {
    systemId,
    state: lines.get('Database cluster state') ?? '',
    timeline: Number(lines.get("Latest checkpoint's TimeLineID")),
    checkpoint: lines.get('Latest checkpoint location') ?? '0/0',
    segmentBytes: Number(lines.get('Bytes per WAL segment')),
    checksums: lines.get('Data page checksum version') !== '0',
    least: Object.fromEntries(Object.entries(LEAST).map(([name, line]) => [name, Number(lines.get(line) ?? 0)])),
  }
}
