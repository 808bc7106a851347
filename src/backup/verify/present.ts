// Level 0: every object of a backup is there in its size, and nothing else lies beside them.
import { manifestKey, objectKey } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import type { Repository } from '../repository.ts'

export interface Findings {
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** What a prune leaves in the folder of a backup while it removes it. */
export const REMOVING = 'removing.json'

/** Looks at the folder of one backup, in one list. `encrypt`: the repository is to hold nothing in plain. */
export async function lookAt({ store }: Repository, manifest: Manifest, encrypt: boolean): Promise<Findings> {
  const { label, objects } = manifest
  const found = new Map((await store.list(`backups/${label}/`)).map(({ key, bytes }) => [key, bytes]))
  const problems = objects.flatMap(({ name, bytes, sealed }) => {
    const there = found.get(objectKey(label, name))
    if (there === undefined) return [`${name} is missing`]
    if (there !== bytes) return [`${name} has ${there} bytes, not ${bytes}`]
    return encrypt && !sealed.includes('age') ? [`${name} lies there in plain, and encryption is required`] : []
  })
  const known = new Set([manifestKey(label), ...objects.map(({ name }) => objectKey(label, name))])
  const warnings = [...found.keys()]
    .filter((key) => !known.has(key) && key !== objectKey(label, REMOVING))
    .map((key) => `${key} belongs to no backup`)
  return { problems, warnings }
}
