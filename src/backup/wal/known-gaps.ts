// Gaps that a person knows of and lives with: kept in the repository, so that no host raises an alarm for them again.
import { hostname } from 'node:os'
import { usageError } from '../../errors.ts'
import type { Repository } from '../repository.ts'
import { ObjectExists } from '../stores/outcomes.ts'
import type { Gap, SystemArchive } from './archive.ts'
import { walFile } from './names.ts'

const FOLDER = 'wal-gaps/'
const keyOf = (systemId: string, { first, last }: Pick<Gap, 'first' | 'last'>): string =>
  `${FOLDER}${systemId}/${first}-${last}.json`

/** Tells whether a gap of a system is known: it lies within one that was acknowledged. */
export type KnownGaps = (systemId: string, gap: Pick<Gap, 'first' | 'last'>) => boolean

export async function readKnownGaps({ store }: Repository): Promise<KnownGaps> {
  const known = (await store.list(FOLDER))
    .map(({ key }) => /^wal-gaps\/(\d+)\/([0-9A-F]{24})-([0-9A-F]{24})\.json$/.exec(key))
    .filter((match) => match !== null)
    .map(([, systemId, first, last]) => ({ systemId: systemId!, first: first!, last: last! }))
  return (systemId, { first, last }) =>
    known.some((one) => one.systemId === systemId && one.first <= first && last <= one.last)
}

/**
 * Notes that segments are missing and will not come back: `NAME`, or `FIRST..LAST`. Refuses what is in the archive, and
 * what no cluster's archive can lack.
 */
export async function acknowledgeGap(
  { store }: Repository,
  archives: readonly SystemArchive[],
  text: string,
): Promise<void> {
  const [first = '', last = first] = text.split('..')
  const segments = [first, last].every((name) => walFile(name)?.kind === 'segment')
  if (!segments || first > last || first.slice(0, 8) !== last.slice(0, 8)) {
    throw usageError(`"${text}" names no segments`, '--ack NAME or --ack FIRST..LAST, as wal status prints them')
  }
  const timeline = Number.parseInt(first.slice(0, 8), 16)
  const lacking = archives.filter(({ timelines }) => timelines.has(timeline))
  const [archive] = lacking
  if (!archive) throw usageError(`no archive here has the timeline of ${first}`)
  if (lacking.length > 1) {
    throw usageError(`${lacking.length} clusters archive a timeline ${timeline} here`, 'name one with --system-id')
  }
  const there = [...archive.stored.keys()].find((name) => first <= name && name <= last)
  if (there !== undefined) throw usageError(`${there} is in the archive`, 'only what is missing can be acknowledged')
  const note = { first, last, at: new Date().toISOString(), host: hostname() }
  await store.put(keyOf(archive.systemId, note), Buffer.from(`${JSON.stringify(note)}\n`)).catch((error) => {
    if (!(error instanceof ObjectExists)) throw error
  })
}
