// Which backup a drill is of: for a moment of its own the one that a restore would begin with, found before anything is restored.
import { ArxError, EXIT } from '../../errors.ts'
import { type CatalogueEntry, findBackup } from '../catalogue.ts'
import type { Repository } from '../repository.ts'
import { planRestore } from '../restore/plan.ts'
import { targetText } from '../restore/target.ts'
import type { DrillTask } from './drill.ts'

export interface Aimed {
  readonly entry: CatalogueEntry
  /** The target was looked up: where it is not met then, the backup is to blame, or its WAL. */
  readonly sure: boolean
}

/** Throws (exit 6) where no backup leads to the target. */
export async function aimed(
  label: string | undefined,
  entries: readonly CatalogueEntry[],
  task: DrillTask,
): Promise<Aimed> {
  const { repository, key, settings, target, env, signal, progress } = task
  const named = label === undefined ? undefined : await findBackup(repository, key, label)
  if (target === undefined || target.kind === 'backup') {
    return { entry: named ?? newestGood(entries, repository, key !== undefined), sure: true }
  }
  let sure = true
  const { chosen, findings } = await planRestore({
    ...{ repository, key, settings, target, env, signal, progress, label: named?.label },
    ...{ timeline: undefined, into: settings.staging },
    chose(_, certainty) {
      sure = certainty === 'sure'
    },
  })
  const entry = entries.find((one) => one.label === chosen?.manifest.label)
  if (entry) return { entry, sure }
  const [problem] = findings.filter(({ outcome }) => outcome === 'problem')
  throw new ArxError({
    code: 'target-not-there',
    message: `no drill to ${targetText(target)}: ${named ? `${named.label} does not lead there` : 'no backup leads there'}`,
    detail: problem?.detail,
    hint: 'arxdb restore plan, with the same --to, shows what can be reached',
    exit: EXIT.refused,
  })
}

function newestGood(entries: readonly CatalogueEntry[], { store }: Repository, haveKey: boolean): CatalogueEntry {
  const good = entries.filter(({ trust }) => trust === 'signed' || (trust === 'unknown-key' && !haveKey)).at(-1)
  if (good) return good
  throw new ArxError({
    code: 'no-such-backup',
    message: `there is no good backup in ${store.where}`,
    hint: 'arxdb backup run makes one; arxdb backup list shows what there is',
  })
}
