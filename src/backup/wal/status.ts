// What the archive holds, what it lacks, and how far the server is ahead of it.
import type { Connection } from '../../connect/connection.ts'
import { openSession, type Run, reading } from '../../storage/session.ts'
import { readCatalogue } from '../catalogue.ts'
import { openRepository, type RepositoryAddress } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { readArchive, type SystemArchive } from './archive.ts'
import { headerCheck, wholeCheck } from './inspect.ts'
import { acknowledgeGap, readKnownGaps } from './known-gaps.ts'
import { segmentAt } from './names.ts'
import { type ArchiveRow, archiveRows, windowRows } from './report.ts'
import { windowsOf } from './windows.ts'

export interface Archiver {
  readonly system_id: string
  readonly archiving: boolean
  readonly lsn: string
  readonly timeline: number
  readonly segment_bytes: number
  readonly last_archived: string | null
  readonly last_archived_time: string | null
  readonly last_failed: string | null
  readonly last_failed_time: string | null
  readonly failing: boolean
}

export interface WalReport {
  readonly rows: readonly ArchiveRow[]
  /** Of the server: what stops its archiver, or holds it up. */
  readonly problems: readonly string[]
  readonly archiver: Archiver | null
}

export interface StatusTask {
  readonly address: RepositoryAddress
  readonly key: Key | undefined
  /** Undefined: the repository alone. */
  readonly connection: Connection | undefined
  /** Only this cluster's. */
  readonly systemId?: string | undefined
  /** Read every file whole; else its header. */
  readonly whole?: boolean | undefined
  /** A gap to acknowledge first. */
  readonly acknowledge?: string | undefined
}

/** Reads the archive, the backups that stand on it, and the server when a connection is given. */
export async function walStatus(task: StatusTask): Promise<WalReport> {
  const repository = await openRepository(task.address, 'must exist')
  try {
    const { store } = repository
    const { systemId, key } = task
    const check = task.whole ? wholeCheck(store, key) : headerCheck(store)
    const archives = await readArchive(repository, { systemId, key, check })
    if (task.acknowledge !== undefined) await acknowledgeGap(repository, archives, task.acknowledge)
    const known = await readKnownGaps(repository)
    const entries = await readCatalogue(repository, task.key)
    // pgBackRest has an archive of its own.
    const manifests = entries.flatMap(({ manifest }) => (manifest && manifest.kind !== 'pgbackrest' ? [manifest] : []))
    const archiver = task.connection ? await askArchiver(task.connection) : null
    return {
      rows: [
        ...windowRows(windowsOf(archives, manifests), known),
        ...archives.flatMap((archive) => archiveRows(archive, manifests, known)),
      ],
      problems: archiver ? archiverProblems(archiver, archives) : [],
      archiver,
    }
  } finally {
    await repository.close()
  }
}

async function askArchiver(connection: Connection): Promise<Archiver> {
  const session = await openSession(connection, {
    ...{ statementTimeoutMs: 10_000, lockTimeoutMs: 2_000 },
    command: 'wal status',
  })
  try {
    return await reading(session, readArchiver)
  } finally {
    await session.close()
  }
}

/** How archiving stands on the server. */
export const readArchiver = async (run: Run): Promise<Archiver> => (await run<Archiver>('backup/archiver'))[0]!

/** Segments behind the server that are told as late: one is being written, one may be on its way. */
const LATE = 2

function archiverProblems(server: Archiver, archives: readonly SystemArchive[]): readonly string[] {
  if (!server.archiving) return ['archive_mode is off on the server: nothing is archived']
  const told: string[] = []
  if (server.failing) told.push(`the archiver fails at ${server.last_failed} since ${server.last_failed_time}`)
  const archive = archives.find(({ systemId }) => systemId === server.system_id)
  if (!archive)
    return [...told, `nothing of system ${server.system_id} is archived here: is this the server's repository?`]
  const newest = archive.timelines.get(server.timeline)?.runs.at(-1)?.last
  const behind = segmentAt(server.lsn, server.segment_bytes) - (newest ?? 0) - 1
  if (newest === undefined) told.push(`nothing of the server's timeline ${server.timeline} is archived here`)
  else if (behind > LATE) told.push(`the archive is ${behind} segments behind the server`)
  return told
}
