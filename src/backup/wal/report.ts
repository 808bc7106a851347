// The archive as rows of a report: to which moments it leads, what it holds, what it lacks.
import type { Manifest } from '../manifest.ts'
import { type Gap, gapsBetween, gapText, historyMissing, type SystemArchive } from './archive.ts'
import type { KnownGaps } from './known-gaps.ts'
import { segmentAt, segmentName } from './names.ts'
import type { Window } from './windows.ts'

export interface ArchiveRow {
  readonly what: 'window' | 'range' | 'gap' | 'file'
  /** `known`: a gap that was acknowledged. `note`: nothing that a backup needs. */
  readonly state: 'ok' | 'known' | 'note' | 'problem'
  readonly system_id: string
  readonly timeline: number | null
  /** Of the backup that a window begins with. */
  readonly label: string | null
  readonly first: string | null
  readonly last: string | null
  readonly segments: number | null
  /** A window: the backup's end. */
  readonly from: string | null
  /** When the last segment came into the store: no commit in it is younger. */
  readonly to: string | null
  readonly detail: string | null
}

const EMPTY = { label: null, first: null, last: null, segments: null, from: null, to: null, detail: null }

/** One row for each window; one with a gap that nobody knows of is a problem. */
export const windowRows = (windows: readonly Window[], known: KnownGaps): readonly ArchiveRow[] =>
  windows.map(({ label, systemId, timeline, from, fromLsn, to, toLsn, gap, missing }) => ({
    ...EMPTY,
    ...{ what: 'window', system_id: systemId, timeline, label, from, to, first: fromLsn, last: toLsn },
    state: missing === null ? 'ok' : known(systemId, missing) ? 'known' : 'problem',
    detail: gap && `ends there: ${gap}`,
  }))

/** What lies in the archive without a gap, the gaps between, and files that are no good. */
export function archiveRows(
  archive: SystemArchive,
  manifests: readonly Manifest[],
  known: KnownGaps,
): readonly ArchiveRow[] {
  const { systemId, segmentBytes, timelines, stored } = archive
  const own = manifests.filter(({ server, wal }) => wal !== null && server.systemId === systemId)
  const ranges = [...timelines.values()].flatMap(({ timeline, runs }) =>
    runs.map(({ first, last }): ArchiveRow => {
      const [from, to] = [first, last].map((number) => segmentName(timeline, number, segmentBytes))
      return {
        ...EMPTY,
        ...{ what: 'range', state: 'ok', system_id: systemId, timeline, segments: last - first + 1 },
        ...{ first: from!, last: to!, to: stored.get(to!)?.toISOString() ?? null },
      }
    }),
  )
  const gaps = [...timelines.values()].flatMap(({ timeline, runs }) =>
    gapsBetween(archive, timeline, runs[0]!.first, runs.at(-1)!.last).map((gap) => gapRow(archive, gap, own, known)),
  )
  const file = (state: ArchiveRow['state'], detail: string, timeline: number | null = null): ArchiveRow => ({
    ...EMPTY,
    ...{ what: 'file', state, system_id: systemId, timeline, detail },
  })
  return [
    ...[...ranges, ...gaps].sort((a, b) => (a.first! < b.first! ? -1 : 1)),
    ...archive.partials.map((name) => file('note', `${name}: the end of its timeline, never filled`)),
    ...archive.broken.map((text) => {
      const name = [...archive.damaged].find(([, damage]) => damage === text)?.[0]
      const isKnown = name !== undefined && known(systemId, { first: name, last: name })
      return file(isKnown ? 'known' : 'problem', text)
    }),
    ...historyMissing(archive).map((name) => {
      const timeline = Number.parseInt(name.slice(0, 8), 16)
      // A backup of that timeline itself does not ask where it began.
      const needed = own.some(({ wal }) => wal!.timeline < timeline)
      return file(needed ? 'problem' : 'note', `${name} is missing: where that timeline began is not known`, timeline)
    }),
  ]
}

/** A gap matters from the first backup of its timeline on. */
function gapRow(archive: SystemArchive, gap: Gap, own: readonly Manifest[], known: KnownGaps): ArchiveRow {
  const needs = own.some(
    ({ wal }) =>
      wal!.timeline < gap.timeline ||
      (wal!.timeline === gap.timeline &&
        segmentName(gap.timeline, segmentAt(wal!.start, archive.segmentBytes), archive.segmentBytes) <= gap.last),
  )
  return {
    ...EMPTY,
    ...{ what: 'gap', system_id: archive.systemId, timeline: gap.timeline, segments: gap.segments },
    ...{ first: gap.first, last: gap.last },
    state: known(archive.systemId, gap) ? 'known' : needs ? 'problem' : 'note',
    detail: needs ? gapText(gap) : `${gapText(gap)}, before any backup needs it`,
  }
}
