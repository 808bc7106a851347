// One look at all of a repository's backups: those with a manifest, those that are being made or were given up, and files
// that are not ours. Listing, showing and pruning see the same.
import { type CatalogueEntry, LABEL, manifestKey, objectKey, readCatalogue, rereadBackup } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { type Proof, provenLevel, readProofs } from '../proofs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { StoredObject } from '../stores/store.ts'
import { REMOVING } from '../verify/present.ts'
import { noteKey, readNote } from './note.ts'
import type { Candidate } from './retention.ts'

export type Status =
  | 'good'
  /** Objects are missing or of another size. */
  | 'incomplete'
  /** A verification failed, and none as thorough has passed since. */
  | 'failed'
  /** Stands on one that is not good, or not there. */
  | 'broken chain'
  | 'forged'
  | 'unknown key'
  | 'unreadable'

export interface Shelved {
  readonly entry: CatalogueEntry
  readonly status: Status
  readonly proofs: readonly Proof[]
  readonly bytes: number
  /** Keys in its folder that no manifest names. */
  readonly foreign: readonly string[]
}

/** A folder without a manifest. */
export interface Unfinished {
  readonly label: string
  readonly objects: readonly StoredObject[]
  readonly bytes: number
  /** When something was last written there, by the store's clock. */
  readonly touched: Date
  /** A prune began to remove it, and did not end. */
  readonly removing: boolean
}

export interface Shelf {
  /** Oldest first. */
  readonly backups: readonly Shelved[]
  readonly unfinished: readonly Unfinished[]
  /** Keys below backups/ that are of no label at all. */
  readonly foreign: readonly string[]
  /** Labels of which there is a proof, whether or not they are there. */
  readonly proven: readonly string[]
  /** Of each proof that counts for nothing, because it is not signed or with another key, whose it is. */
  readonly unsigned: readonly string[]
}

/** Reads it all. Whatever cannot be listed or read is an error: half a picture is none. */
export async function readShelf(repository: Repository, key: Key | undefined): Promise<Shelf> {
  const entries = new Map((await readCatalogue(repository, key)).map((entry) => [entry.label, entry]))
  const folders = new Map<string, StoredObject[]>()
  const foreign: string[] = []
  for (const object of await repository.store.list('backups/')) {
    const label = object.key.split('/')[1]!
    if (LABEL.test(label) && object.key.split('/').length > 2)
      folders.set(label, [...(folders.get(label) ?? []), object])
    else foreign.push(object.key)
    // Published since the catalogue was read.
    if (object.key !== manifestKey(label) || entries.has(label)) continue
    const entry = await rereadBackup(repository, key, label)
    if (entry) entries.set(label, entry)
  }
  const { byLabel: proofs, unsigned } = await readProofs(repository, key)
  const backups = new Map<string, Shelved>()
  for (const [label, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const found = folders.get(label) ?? []
    folders.delete(label)
    backups.set(label, shelved(entry, found, proofs.get(label) ?? [], backups))
  }
  const left: Unfinished[] = []
  for (const folder of folders) {
    const one = unfinished(folder)
    const others = one.removing ? await othersIn(repository, one) : undefined
    if (others) foreign.push(...others)
    else left.push(one)
  }
  return {
    backups: [...backups.values()],
    unfinished: left,
    foreign,
    proven: [...proofs.keys(), ...unsigned],
    unsigned,
  }
}

function shelved(
  entry: CatalogueEntry,
  found: readonly StoredObject[],
  proofs: readonly Proof[],
  older: ReadonlyMap<string, Shelved>,
): Shelved {
  const { label, manifest } = entry
  const sizes = new Map(found.map(({ key, bytes }) => [key, bytes]))
  const objects = manifest?.objects ?? []
  const ours = new Set([manifestKey(label), ...[REMOVING, ...objects.map(({ name }) => name)].map(keyIn(label))])
  const whole = objects.every(({ name, bytes }) => sizes.get(objectKey(label, name)) === bytes)
  return {
    ...{ entry, proofs, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) },
    foreign: manifest ? [...sizes.keys()].filter((key) => !ours.has(key)) : [],
    status: statusOf(entry, { whole, proofs }, older),
  }
}

const keyIn =
  (label: string) =>
  (name: string): string =>
    objectKey(label, name)

interface Seen {
  /** Also where a prune left its note and died: the manifest goes before any object. */
  readonly whole: boolean
  readonly proofs: readonly Proof[]
}

function statusOf({ trust, manifest }: CatalogueEntry, seen: Seen, older: ReadonlyMap<string, Shelved>): Status {
  if (manifest === null || trust === 'unreadable') return 'unreadable'
  if (trust === 'forged') return 'forged'
  if (trust === 'unknown-key') return 'unknown key'
  if (!seen.whole) return 'incomplete'
  if (disproven(seen.proofs)) return 'failed'
  return manifest.parent === null || older.get(manifest.parent)?.status === 'good' ? 'good' : 'broken chain'
}

/** Each failure stands until a verification of at least that level passed. */
function disproven(proofs: readonly Proof[]): boolean {
  return proofs.some(
    (failure, at) =>
      !(failure.passed || proofs.slice(at + 1).some(({ passed, level }) => passed && level >= failure.level)),
  )
}

/** Where a prune has removed all that was the backup's, the files of others; else undefined. */
async function othersIn(
  repository: Repository,
  { label, objects }: Unfinished,
): Promise<readonly string[] | undefined> {
  const ours = new Set((await readNote(repository, label)).map(keyIn(label)))
  const others = objects.map(({ key }) => key).filter((key) => key !== noteKey(label))
  return others.length > 0 && !others.some((key) => ours.has(key)) ? others : undefined
}

function unfinished([label, objects]: readonly [string, readonly StoredObject[]]): Unfinished {
  return {
    ...{ label, objects, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) },
    touched: new Date(Math.max(...objects.map(({ modified }) => modified.getTime()))),
    removing: objects.some(({ key }) => key === noteKey(label)),
  }
}

/** A dump or a copy is of one database, the other kinds of a whole cluster. */
const subjectOf = ({ kind, server }: Manifest): string =>
  kind === 'dump' || kind === 'copy'
    ? `database ${server.database} of cluster ${server.systemId}`
    : `cluster ${server.systemId}`

/** What the retention rules know of it. */
export const candidateOf = ({ entry, status, proofs }: Shelved): Candidate => ({
  label: entry.label,
  parent: entry.manifest?.parent ?? null,
  of: entry.manifest ? subjectOf(entry.manifest) : undefined,
  trusted: !['unreadable', 'forged', 'unknown key'].includes(status),
  good: status === 'good',
  verified: status === 'good' && provenLevel(proofs) >= 2,
  waits: status === 'broken chain',
})
