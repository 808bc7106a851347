// What the archive holds, what it lacks, and how far the server is ahead of it.
import type { Connection } from '../../connect/connection.ts'
import { openSession, reading } from '../../storage/session.ts'
import { readCatalogue } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { openRepository, type RepositoryAddress } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { gaps, historyMissing, readArchive, type SystemArchive } from './archive.ts'
import { segmentAt, segmentName } from './names.ts'
import { type Window, windowsOf } from './windows.ts'

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

export interface ArchiveRow {
  readonly system_id: string
  readonly timeline: number
  readonly first: string
  readonly last: string
  readonly segments: number
  readonly stored: string | null
}

export interface WalReport {
  readonly ranges: readonly ArchiveRow[]
  readonly windows: readonly Window[]
  /** What breaks a window, or stops the archiver. */
  readonly problems: readonly string[]
  readonly remarks: readonly string[]
  readonly archiver: Archiver | null
}

/** Reads the archive, the backups that stand on it, and the server when a connection is given. */
export async function walStatus(
  address: RepositoryAddress,
  key: Key | undefined,
  connection: Connection | undefined,
): Promise<WalReport> {
  const repository = await openRepository(address, 'must exist')
  try {
    const archives = await readArchive(repository)
    const manifests = (await readCatalogue(repository, key)).flatMap(({ manifest }) => (manifest ? [manifest] : []))
    const archiver = connection ? await readArchiver(connection) : null
    const windows = windowsOf(archives, manifests)
    return {
      ...{ ranges: archives.flatMap(rangesOf), windows, archiver },
      problems: [...windowProblems(windows), ...(archiver ? archiverProblems(archiver, archives) : [])],
      remarks: archives.flatMap((archive) => remarksOf(archive, manifests)),
    }
  } finally {
    await repository.close()
  }
}

const rangesOf = ({ systemId, segmentBytes, timelines, stored }: SystemArchive): readonly ArchiveRow[] =>
  [...timelines.values()].flatMap(({ timeline, runs }) =>
    runs.map(({ first, last }) => ({
      ...{ system_id: systemId, timeline, segments: last - first + 1 },
      first: segmentName(timeline, first, segmentBytes),
      last: segmentName(timeline, last, segmentBytes),
      stored: stored.get(segmentName(timeline, last, segmentBytes))?.toISOString() ?? null,
    })),
  )

const windowProblems = (windows: readonly Window[]): readonly string[] =>
  windows
    .filter(({ gap }) => gap !== null)
    .map(
      ({ label, timeline, gap, toLsn }) => `${label} reaches no further than ${toLsn} on timeline ${timeline}: ${gap}`,
    )

/** Gaps that no backup stands before, and what else a person should know. */
function remarksOf(archive: SystemArchive, manifests: readonly Manifest[]): readonly string[] {
  const oldest = (timeline: number): number =>
    Math.min(
      ...manifests
        .filter(({ wal, server }) => server.systemId === archive.systemId && wal?.timeline === timeline)
        .map(({ wal }) => segmentAt(wal!.start, archive.segmentBytes)),
    )
  const holes = [...archive.timelines.values()].flatMap(({ timeline, runs }) => {
    const before = oldest(timeline)
    return gaps(archive, timeline, runs[0]!.first, Math.min(runs.at(-1)!.last, before)).map(
      (gap) => `${gap}, before any backup needs it`,
    )
  })
  return [
    ...holes,
    ...archive.broken,
    ...historyMissing(archive).map((name) => `${name} is missing: where that timeline began is not known`),
  ]
}

async function readArchiver(connection: Connection): Promise<Archiver> {
  const session = await openSession(connection, {
    ...{ statementTimeoutMs: 10_000, lockTimeoutMs: 2_000 },
    command: 'wal status',
  })
  try {
    return (await reading(session, (run) => run<Archiver>('backup/archiver')))[0]!
  } finally {
    await session.close()
  }
}

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
