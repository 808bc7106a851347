// The face of the catalogue for `arxdb backup list` and `arxdb backup show`.
import { findBackup } from '../catalogue.ts'
import { readShelf, type Shelved } from '../prune/shelf.ts'
import { openRepository } from '../repository.ts'
import { readRuns } from '../runs.ts'
import { findKey } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { type Fact, facts } from './facts.ts'
import { type ListedBackup, listed } from './listed.ts'
import { type Remark, remarksOf } from './remarks.ts'

export interface Listing {
  /** Newest first. */
  readonly rows: readonly ListedBackup[]
  readonly remarks: readonly Remark[]
}

/** Every backup with what is known of it, and what happened lately. */
export async function list(settings: BackupSettings, now: Date): Promise<Listing> {
  const key = await findKey(settings.keyFile)
  const repository = await openRepository(settings, 'must exist')
  try {
    const shelf = await readShelf(repository, key)
    const runs = await readRuns(repository, 60)
    const rows = [...shelf.backups].reverse().map((one) => listed(one, now))
    return { rows, remarks: remarksOf(shelf, runs, { now, settings, hasKey: key !== undefined }) }
  } finally {
    await repository.close()
  }
}

/** Everything known of one backup. Throws when there is none of that label. */
export async function show(settings: BackupSettings, wanted: string, now: Date): Promise<readonly Fact[]> {
  const key = await findKey(settings.keyFile)
  const repository = await openRepository(settings, 'must exist')
  try {
    const { label } = await findBackup(repository, key, wanted)
    const { backups } = await readShelf(repository, key)
    const byLabel = new Map(backups.map((one) => [one.entry.label, one]))
    return facts(byLabel.get(label)!, chainOf(label, byLabel), now)
  } finally {
    await repository.close()
  }
}

/** What a restore of it reads: itself last, the full backup first. */
function chainOf(label: string, byLabel: ReadonlyMap<string, Shelved>): readonly Shelved[] {
  const chain: Shelved[] = []
  for (let at: string | null = label; at !== null; ) {
    const found = byLabel.get(at)
    if (!found || chain.includes(found)) break
    chain.unshift(found)
    at = found.entry.manifest?.parent ?? null
  }
  return chain
}
