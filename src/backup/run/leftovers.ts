// What killed runs left: uploads that never ended, folders that never got their manifest, marks of readers.
import { LABEL } from '../catalogue.ts'
import { leaseKey } from '../lease.ts'
import { sweepReaders } from '../reading.ts'
import type { Repository } from '../repository.ts'
import { unpublish } from './publish.ts'

const HOUR_MS = 3_600_000

/**
 * Removes them; how many labels. Only under the repository's lease, and only what is an hour old by the store's clock: a
 * run that lost its lease must find itself out first.
 */
export async function sweepLeftovers(repository: Repository): Promise<number> {
  const { store } = repository
  // The lease was written a moment ago: our own clock may be a year off, and all would look old.
  const now = (await store.stat(leaseKey('repository')))?.modified.getTime() ?? Date.now()
  await store.sweep(HOUR_MS, now)
  await sweepReaders(repository, now)
  const young = new Set<string>()
  const whole = new Set<string>()
  const labels = new Set<string>()
  const limit = now - HOUR_MS
  for (const { key, modified } of await store.list('backups/')) {
    const [, label = '', name] = key.split('/')
    if (!LABEL.test(label)) continue
    labels.add(label)
    // What prune is removing, or had to leave, is prune's own business.
    if (name === 'manifest.json' || name === 'removing.json') whole.add(label)
    if (modified.getTime() > limit) young.add(label)
  }
  const abandoned = [...labels].filter((label) => !whole.has(label) && !young.has(label))
  for (const label of abandoned) await unpublish(repository, label)
  return abandoned.length
}
