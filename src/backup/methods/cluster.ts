// What a base backup asks before it writes its first byte.
import { statfs } from 'node:fs/promises'
import { openClient } from '../../db/connect.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT, unsupportedError } from '../../errors.ts'
import { runner } from '../../storage/session.ts'
import { humanBytes } from '../../wording.ts'
import type { Making } from './method.ts'
import { toolVersion } from './tool.ts'

export interface Tablespace {
  readonly oid: string
  readonly name: string
  readonly location: string
}

export interface Cluster {
  readonly may_replicate: boolean
  readonly wal_level: string
  readonly max_wal_senders: number
  readonly senders: number
  readonly standby: boolean
  readonly superuser: string
  readonly bytes: number
  readonly archive_mode: string
  readonly summarize_wal: string | null
  readonly segment_bytes: number
  readonly data_directory: string | null
  readonly tablespaces: readonly Tablespace[]
}

/** Refuses what pg_basebackup would fail at, half-way or with words that help nobody. */
export async function surveyedCluster(making: Making): Promise<Cluster> {
  const { connection, programs, server, env, settings } = making
  const program = programs.need('pg_basebackup')
  const { major } = await toolVersion(program, env)
  if (major !== server.major) {
    throw new ArxError({
      code: 'program-major',
      message: `pg_basebackup is of PostgreSQL ${major}, and the server is ${server.version}`,
      detail: program,
      hint: `apt install postgresql-client-${server.major}, or give its folder with --bindir or ARXDB_PG_BINDIR`,
      exit: EXIT.unsupported,
    })
  }
  const cluster = await askCluster(making)
  if (!cluster.may_replicate) {
    throw new ArxError({
      code: 'no-replication',
      message: `${connection.user} may not make base backups`,
      detail: 'the role has no REPLICATION',
      hint: `as a superuser: alter role "${connection.user}" replication; or --kind dump, which needs to read the tables only`,
    })
  }
  if (cluster.wal_level === 'minimal') {
    throw unsupportedError(
      'a base backup needs wal_level = replica, and this server has minimal',
      'alter system set wal_level = replica, and restart the server; or --kind dump',
    )
  }
  // One for the files, one for the WAL that is written meanwhile.
  if (cluster.max_wal_senders - cluster.senders < 2) {
    throw new ArxError({
      code: 'no-wal-sender',
      message: `a base backup needs two WAL senders, and ${cluster.senders} of ${cluster.max_wal_senders} are in use`,
      hint: `alter system set max_wal_senders = ${cluster.max_wal_senders + 4}, and restart the server`,
      exit: EXIT.refused,
    })
  }
  const { bsize, bavail } = await statfs(making.staging)
  const free = bsize * bavail
  // Compressed, a cluster takes a quarter of itself more often than a half; chunks that are compressed already less so.
  const needed = Math.ceil(cluster.bytes * (settings.compression === 'none' ? 1 : 0.4))
  if (settings.kind === 'base' && free < needed) {
    throw new ArxError({
      code: 'disk-full',
      message: `too little space in ${making.staging}: ${humanBytes(free)} are free`,
      detail: `a base backup of this cluster (${humanBytes(cluster.bytes)}) takes about ${humanBytes(needed)}, an estimate`,
      hint: 'free space there, or give another folder with --staging',
      exit: EXIT.refused,
    })
  }
  return cluster
}

/** The facts alone. */
export async function askCluster({ connection }: Pick<Making, 'connection'>): Promise<Cluster> {
  const client = await openClient(connection)
  try {
    const run = runner(client, { engine: 'postgres', server: 150_000 })
    const [cluster] = await run<Cluster>('backup/physical/cluster')
    return { ...cluster!, bytes: Number(cluster!.bytes), segment_bytes: Number(cluster!.segment_bytes) }
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await client.end().catch(() => {})
  }
}
