// A repository: a store that says what it is, and the names of what lies in it.
//
//   arxdb-repository.json                    that it is one, and whether it is encrypted
//   backups/LABEL/manifest.json, OBJECTS     the manifest is written last: without it there is no backup
//   proofs/LABEL/TIME-LEVEL.json             what a verification or a drill of it found
//   wal/SYSTEM-ID/TIMELINE/SEGMENT           see wal/
//   runs/TIME-JOB-RANDOM.json                every run, successful or not
//   leases/NAME.json                         who is at work
//   leases/reading/ID.json                   who reads which backups
import { randomUUID } from 'node:crypto'
import { ArxError, EXIT } from '../errors.ts'
import { MARKER, markerBytes, type RepositoryMarker, readMarker } from './marker.ts'
import type { S3Settings } from './settings.ts'
import { directoryStore } from './stores/directory.ts'
import { assertKeeps } from './stores/keeps.ts'
import { ObjectExists } from './stores/outcomes.ts'
import type { Store } from './stores/store.ts'

export interface Repository {
  readonly store: Store
  readonly id: string
  /** ISO 8601. */
  readonly created: string
  close(): Promise<void>
}

export interface RepositoryAddress {
  readonly repo: string
  readonly s3: S3Settings
}

/** Opens the store, whether a repository is there or not. */
export async function openStore({ repo, s3 }: RepositoryAddress): Promise<Store> {
  if (repo.startsWith('s3://')) return (await import('./stores/s3.ts')).s3Store(repo, s3)
  return directoryStore(repo)
}

/**
 * Opens a repository. Where there is none it is an error, unless `make` says that it may begin here: an unmounted folder
 * or a mistyped bucket must never look like a repository without backups.
 */
export async function openRepository(address: RepositoryAddress, make: 'make' | 'must exist'): Promise<Repository> {
  const store = await openStore(address)
  try {
    const marker = (await readMarker(store)) ?? (make === 'make' ? await beginIn(store) : undefined)
    if (!marker) throw noRepository(store.where)
    return { store, id: marker.id, created: marker.created, close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Makes an empty place a repository. What holds files of others is left alone. */
export async function beginIn(store: Store): Promise<RepositoryMarker> {
  const others = (await store.list('')).slice(0, 3)
  // Another process may have begun it in this moment.
  if (others.some(({ key }) => key === MARKER)) return (await readMarker(store))!
  if (others.length > 0) {
    throw new ArxError({
      code: 'repository-foreign',
      message: `${store.where} holds files and is no repository of arxdb`,
      detail: others.map(({ key }) => key).join(', '),
      hint: 'give an empty folder or a prefix of its own',
      exit: EXIT.refused,
    })
  }
  const marker: RepositoryMarker = { format: 1, id: randomUUID(), created: new Date().toISOString() }
  try {
    await store.put(MARKER, markerBytes(marker))
    await assertKeeps(store, MARKER)
    return marker
  } catch (error) {
    const other = error instanceof ObjectExists ? await readMarker(store) : undefined
    if (other) return other
    throw error
  }
}

const noRepository = (where: string): ArxError =>
  new ArxError({
    code: 'no-repository',
    message: `${where} is no repository of arxdb`,
    detail: `it has no ${MARKER}; is its file system mounted, is the prefix right?`,
    hint: `arxdb backup run --repo ${where} begins one there`,
  })
