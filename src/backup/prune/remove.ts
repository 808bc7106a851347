// Carries a plan out, so that a crash at any point leaves nothing that looks like a good backup and is none: first what
// is to go is written down, then the manifest goes - from here on it is no backup -, then the objects, then the note. The
// next prune finds the note and goes on.
import { manifestKey, objectKey } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { readersOf } from '../reading.ts'
import type { Repository } from '../repository.ts'
import { RemovalRefused } from '../stores/outcomes.ts'
import { noteKey, readNote, writeNote } from './note.ts'
import type { PrunePlan } from './plan.ts'
import type { Unfinished } from './shelf.ts'

export interface Removed {
  readonly labels: readonly string[]
  readonly wal: number
  /** What the store would not let go of. */
  readonly refused: readonly string[]
  /** Backups that stay, and why, although the plan had them go. */
  readonly stays: readonly string[]
}

interface Removal {
  /** Throws when the lease is gone. */
  check(): void
  /** The same, asked of the store: a plan that another one may have overtaken is not gone on with. */
  confirm(): Promise<void>
  onStep?: ((text: string) => void) | undefined
}

/** Removes what the plan names, and nothing else. A refusal of the store is told and is no error. */
export async function carryOut(repository: Repository, plan: PrunePlan, removal: Removal): Promise<Removed> {
  const { store } = repository
  const labels: string[] = []
  const refused: string[] = []
  const stays: string[] = []
  const remove = async (key: string): Promise<boolean> => {
    removal.check()
    try {
      await store.remove(key)
      return true
    } catch (error) {
      if (!(error instanceof RemovalRefused)) throw error
      refused.push(`${key}: ${error.detail ?? error.message}`)
      return false
    }
  }
  for (const manifest of plan.remove) {
    removal.onStep?.(manifest.label)
    const ended = await removeBackup(repository, manifest, { remove, confirm: () => removal.confirm() })
    if (ended === 'removed') labels.push(manifest.label)
    else if (ended !== 'partly') stays.push(`${manifest.label} stays: ${ended}`)
  }
  for (const folder of plan.sweep) {
    removal.onStep?.(folder.label)
    await removal.confirm()
    if (await sweepFolder(repository, folder, remove)) labels.push(folder.label)
  }
  let wal = 0
  if (plan.wal.length > 0) await removal.confirm()
  // Oldest first: what a crash leaves is still without a gap. What stays against the plan needs its WAL.
  if (stays.length === 0) for (const key of plan.wal) if (await remove(key)) wal++
  if (stays.length > 0 && plan.wal.length > 0) stays.push('WAL stays with it')
  for (const key of plan.memory) await remove(key)
  return { labels, wal, refused, stays }
}

type Remove = (key: string) => Promise<boolean>

/** `removed`, `partly` where an object is held, or why it is a whole backup as before. */
async function removeBackup(
  repository: Repository,
  { label, objects }: Manifest,
  { remove, confirm }: { readonly remove: Remove; confirm(): Promise<void> },
): Promise<string> {
  const names = objects.map(({ name }) => name)
  await writeNote(repository, label, names)
  await confirm()
  const reader = (await readersOf(repository, Date.now())).get(label)
  if (reader !== undefined || !(await remove(manifestKey(label)))) {
    await remove(noteKey(label))
    return reader === undefined ? 'the store holds on to it' : `being read by ${reader}`
  }
  return (await finish(repository, label, names, remove)) ? 'removed' : 'partly'
}

async function finish({ store }: Repository, label: string, names: readonly string[], remove: Remove) {
  let all = true
  for (const name of names) all = (await remove(objectKey(label, name))) && all
  const left = await store.list(`backups/${label}/`)
  // Files of others stay, and the note beside them.
  if (left.every(({ key }) => key === noteKey(label))) await remove(noteKey(label))
  return all
}

/** What a crash left, by its note; or what was never finished, whole. */
async function sweepFolder(repository: Repository, folder: Unfinished, remove: Remove): Promise<boolean> {
  const { label, objects, removing } = folder
  // A manifest may have come since: then it is a backup.
  if (await repository.store.stat(manifestKey(label))) return false
  if (removing) return finish(repository, label, await readNote(repository, label), remove)
  let all = true
  for (const { key } of objects) all = (await remove(key)) && all
  return all
}
