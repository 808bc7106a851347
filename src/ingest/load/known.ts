// What the ledger knows of a content before it is loaded: that it is in, or how far a load that died has come.

import { ArxError, EXIT } from '../../errors.ts'
import { count } from '../../wording.ts'
import { type Digest, digestOf } from './digest.ts'
import { gapsOf } from './gaps.ts'
import type { Job } from './job.ts'
import {
  type Candidate,
  candidates,
  claimImport,
  importLock,
  type Locks,
  type Range,
  rangesOf,
  undoImport,
} from './ledger.ts'

/** Where a load starts. */
export interface Start {
  readonly importId: number
  readonly claim: number
  /** Byte ranges that are in, in order. */
  readonly ranges: readonly Range[]
  /** Known already where the content was read for it. */
  readonly digest: Digest | undefined
}

export interface Known {
  /** The import that has this content, whole. */
  readonly loaded: Candidate | undefined
  /** One to go on with. */
  readonly resumed: Start | undefined
  readonly notes: readonly string[]
}

interface Dead {
  readonly found: Candidate
  readonly ranges: readonly Range[]
}

/** Looks a content up. Reads it once, and only where some import could have the same bytes. */
export async function lookUp(job: Job, locks: Locks): Promise<Known> {
  const { source, plan, options, workshop } = job
  const all = await candidates(workshop.clerk, plan, options.importKey)
  refuseOtherMapping(all, job)
  const notes: string[] = []
  const dead: Dead[] = []
  for (const found of all.filter(({ state }) => state === 'loading')) {
    if (!(await locks.tryLock(importLock(found.import_id)))) continue
    const ranges = await rangesOf(workshop.clerk, found.import_id)
    // Loads of earlier versions proved nothing of what they read.
    if (!found.atomic && !options.atomic && ranges.length > 0 && ranges.every(({ prefix_sha256 }) => prefix_sha256)) {
      dead.push({ found, ranges })
      continue
    }
    if (!found.atomic && ranges.length > 0 && ranges.every(({ prefix_sha256 }) => prefix_sha256)) continue
    const removed = await undoImport(workshop.clerk, found.import_id)
    if (removed > 0)
      notes.push(`removed ${count(removed, 'row')} that an interrupted load of ${nameOf(found)} had left`)
  }
  const size = source.compressed ? undefined : source.bytes
  const done = all.filter((c) => c.state === 'done' && c.content_sha256)
  if (dead.length === 0 && !done.some((c) => size === undefined || c.content_bytes === size || isKeyed(c, job)))
    return { loaded: undefined, resumed: undefined, notes }
  const places = dead.flatMap(({ ranges }) => placesOf(ranges))
  const digest = await digestOf(source, places, options.signal)
  const loaded = done.find((c) => c.content_sha256!.equals(digest.digest))
  if (loaded) return { loaded, resumed: undefined, notes }
  const same = dead
    .filter(({ ranges }) => isProved(lastOf(ranges), digest))
    .sort((a, b) => lastOf(b.ranges).byte_to - lastOf(a.ranges).byte_to)[0]
  refuseOtherContent(all, same?.found, job)
  for (const { found } of dead)
    if (found !== same?.found && found.file_name === source.name)
      notes.push(
        `import ${found.import_id} of it was interrupted, and the file has changed since: its rows stay (arxdb imports undo ${found.import_id} removes them)`,
      )
  if (!same) return { loaded: undefined, resumed: undefined, notes }
  const claim = await claimImport(workshop.clerk, same.found.import_id)
  notes.push(
    `went on with import ${same.found.import_id}, of which ${count(same.found.rows_read, 'row')} had been read`,
  )
  if (same.found.file_name !== source.name && same.found.rejected > 0)
    notes.push(`rows of its first part were rejected: see the rejects file of ${nameOf(same.found)}`)
  // A batch may have been on its way to its commit when the ranges were read: from the claim on, none is.
  const ranges = await rangesOf(workshop.clerk, same.found.import_id)
  const known = ranges.length === same.ranges.length ? digest : await digestOf(source, placesOf(ranges), options.signal)
  return { loaded: undefined, resumed: { importId: same.found.import_id, claim, ranges, digest: known }, notes }
}

/** Where a load that goes on will start to read. */
const placesOf = (ranges: readonly Range[]): readonly number[] => gapsOf(ranges).map(({ from }) => from.byte)

const nameOf = (found: Candidate): string => found.file_name ?? 'a file'

/** The range that reaches farthest: what proves it proves all before it. */
const lastOf = (ranges: readonly Range[]): Range => ranges.reduce((a, b) => (b.byte_to > a.byte_to ? b : a))

/** The last gap begins where the last range ends, so its state is known. */
const isProved = ({ byte_to, prefix_sha256 }: Range, { states }: Digest): boolean =>
  states.get(byte_to)?.copy().digest().equals(prefix_sha256!) ?? false

const isKeyed = (found: Candidate, { options }: Job): boolean =>
  options.importKey !== undefined && found.import_key === options.importKey

function refuseOtherMapping(all: readonly Candidate[], job: Job): void {
  const other = all.find((found) => isKeyed(found, job) && !found.same_mapping)
  if (other) throw taken(job, `import ${other.import_id} has that id, and was read in another way`)
}

/** A name given once stands for one content. */
function refuseOtherContent(all: readonly Candidate[], same: Candidate | undefined, job: Job): void {
  const other = all.find((found) => isKeyed(found, job) && found !== same)
  if (other) throw taken(job, `import ${other.import_id} has that id, and its content was another`)
}

const taken = ({ options }: Job, detail: string): ArxError =>
  new ArxError({
    code: 'import-id-taken',
    message: `--import-id ${options.importKey} stands for something else`,
    detail,
    hint: 'give this content an id of its own',
    exit: EXIT.usage,
  })
