// What was there at which moment, which backups there are, what was damaged since; and from these what is promised.
import { lsnBytes, segmentAt, segmentBefore, segmentNumber } from '../../../src/backup/wal/names.ts'
import type { Rows } from './rows.ts'

export const SEGMENT = 1 << 20

/** Something that was promised is not there, or something came back that never was so. */
export class Lost extends Error {}

export interface Moment {
  readonly index: number
  /** Of the restore point, by which it can be asked for. */
  readonly name: string
  readonly time: string
  readonly xid: string
  readonly lsn: string
  readonly timeline: number
  readonly rows: Rows
  /** All WAL up to it is known to have been archived. */
  archived: boolean
}

export interface Backup {
  readonly label: string
  readonly kind: string
  readonly parent: string | null
  /** Of the cluster's WAL; none for a dump or a copy. */
  readonly wal: { readonly timeline: number; readonly start: string; readonly end: string } | null
  /** The moments between which it was made: a dump holds one of them. */
  readonly from: number
  readonly to: number
  /** Decoded in full, and nothing failed since. */
  verified: boolean
  /** The level of a failed verification, and none as thorough has passed since; 0 for none. */
  failure: number
  /** One of its proofs came to harm: what they say now is anyone's guess, until it is decoded in full again. */
  unsure: boolean
}

/** A verification of it ended so, and has said so in the repository. */
export function judged(backup: Backup, level: number, passed: boolean): void {
  if (!passed) Object.assign(backup, { failure: Math.max(level, backup.failure), verified: false })
  else if (level >= backup.failure) backup.failure = 0
  if (level < 2) return
  backup.verified = passed
  backup.unsure = false
}

export interface Branch {
  readonly timeline: number
  readonly parent: number
  readonly fork: string
  /**
   * pgBackRest's archive has the parent up to the fork too. `wal push` takes along what is ready, so arxdb's is ahead of
   * it; and a server that is lost catches up no more.
   */
  readonly followed: boolean
}

export interface Damage {
  readonly key: string
  /** Undefined: the file was removed. */
  readonly how: 'cut' | 'flipped' | 'emptied' | 'removed' | 'exchanged'
  readonly original: Buffer
}

export interface Model {
  rows: Rows
  readonly moments: Moment[]
  readonly backups: Map<string, Backup>
  readonly branches: Map<number, Branch>
  readonly damages: Map<string, Damage>
  timeline: number
}

export const newModel = (): Model => ({
  ...{ rows: new Map(), moments: [], timeline: 1 },
  ...{ backups: new Map(), branches: new Map(), damages: new Map() },
})

/** Where the repository itself is no repository any more: every command has to say so. */
export const isClosed = ({ damages }: Model): boolean => damages.has('arxdb-repository.json')

/** Whether one of its own files is not as it was. */
export const isDamaged = ({ damages }: Model, label: string): boolean =>
  [...damages.keys()].some((key) => key.startsWith(`backups/${label}/`))

/** It and all that it stands on, from the full one on; undefined where one of them is gone. */
export function chain(model: Model, backup: Backup): readonly Backup[] | undefined {
  if (backup.parent === null) return [backup]
  const parent = model.backups.get(backup.parent)
  const before = parent && chain(model, parent)
  return before && [...before, backup]
}

/** A verification has the last word against it, or what it stands on: for certain, or in `doubt` maybe. */
export function isFailed(model: Model, { failure, unsure, parent }: Backup, doubt: boolean): boolean {
  const below = parent === null ? undefined : model.backups.get(parent)
  return (doubt ? failure > 0 || unsure : failure > 0 && !unsure) || (below ? isFailed(model, below, doubt) : false)
}

/** Everything needed to read it is as it was. */
export const isWhole = (model: Model, backup: Backup): boolean =>
  chain(model, backup)?.every(({ label }) => !isDamaged(model, label)) ?? false

/** Whether WAL leads from the end of one to the moment, along the branches that were taken. */
function leads(model: Model, backup: Backup, moment: Moment): boolean {
  const { wal } = backup
  if (!wal || lsnBytes(wal.end) > lsnBytes(moment.lsn) || backup.to > moment.index) return false
  for (let at = moment.timeline; at !== wal.timeline; ) {
    const branch = model.branches.get(at)
    if (!branch || lsnBytes(branch.fork) < lsnBytes(wal.end)) return false
    at = branch.parent
  }
  return true
}

/** pgBackRest's archive comes to no harm, but may lack what a lost server had not handed over. */
function isFollowed({ branches }: Model, { wal }: Backup, moment: Moment): boolean {
  for (let at = moment.timeline; at !== wal!.timeline; at = branches.get(at)!.parent) {
    if (!branches.get(at)!.followed) return false
  }
  return true
}

/** No file of the archive between them is damaged: on any branch, to be on the safe side. */
function isUnbroken(model: Model, backup: Backup, moment: Moment): boolean {
  const { kind, wal } = backup
  if (kind === 'pgbackrest') return isFollowed(model, backup, moment)
  const { damages } = model
  const [first, last] = [segmentAt(wal!.start, SEGMENT), segmentBefore(moment.lsn, SEGMENT)]
  return [...damages.keys()].every((key) => {
    if (!key.startsWith('wal/')) return true
    const name = key.split('/').at(-1)!
    if (!/^[0-9A-F]{24}$/.test(name)) return false
    const number = segmentNumber(name, SEGMENT)
    return number < first || number > last
  })
}

/** The backups from which this moment can be reached for certain, by the WAL up to `until`. */
export const waysTo = (model: Model, moment: Moment, until = moment): readonly Backup[] =>
  moment.archived && !isClosed(model)
    ? [...model.backups.values()].filter(
        (backup) => leads(model, backup, moment) && isWhole(model, backup) && isUnbroken(model, backup, until),
      )
    : []

/** Whether anything stands between: then the one that arxdb picks by itself may be one that does not lead there. */
export const isClear = ({ damages }: Model): boolean => damages.size === 0

/** Up to that segment of the present timeline everything is archived. */
export function nowArchived(model: Model, segment: number): void {
  for (const moment of model.moments) {
    if (moment.timeline === model.timeline && segmentBefore(moment.lsn, SEGMENT) <= segment) moment.archived = true
  }
}
