// From the staging folder into the repository: sealed on the way, and there under the final names only when all is there.
import { createReadStream } from 'node:fs'
import { ArxError } from '../../errors.ts'
import { manifestKey, objectKey } from '../catalogue.ts'
import type { BackupObject } from '../manifest.ts'
import type { Made } from '../methods/method.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { type Seal, SUFFIX, sealed } from '../sealing/seal.ts'
import type { BackupSettings } from '../settings.ts'
import { RemovalRefused } from '../stores/outcomes.ts'

export interface Publishing {
  readonly repository: Repository
  readonly key: Key
  readonly settings: Pick<BackupSettings, 'encrypt'>
  readonly label: string
  readonly signal: AbortSignal
  check(): void
  progress(text: string): void
}

/** Puts every file there; what the store acknowledged is compared with what was sent. */
export async function publishFiles(files: readonly Made[], task: Publishing): Promise<readonly BackupObject[]> {
  const { repository, key, label, signal } = task
  const { store } = repository
  const objects: BackupObject[] = []
  for (const made of files) {
    task.check()
    const seals: readonly Seal[] = [...made.seals, ...(task.settings.encrypt ? (['age'] as const) : [])]
    const name = made.name + seals.map((seal) => SUFFIX[seal]).join('')
    task.progress(`storing ${name}`)
    const at = objectKey(label, name)
    const { bytes, sha256 } =
      seals.length === 0 && store.adopt
        ? await store.adopt(at, made.file)
        : await store.put(at, await sealed(createReadStream(made.file, { highWaterMark: 1 << 20 }), seals, key), {
            signal,
          })
    const found = await store.stat(at)
    if (found?.bytes !== bytes) throw short(at, bytes, found?.bytes)
    objects.push({ name, bytes, sha256, sealed: seals })
  }
  return objects
}

const short = (key: string, sent: number, found: number | undefined): ArxError =>
  new ArxError({
    code: 'object-short',
    message: `${key} was acknowledged and is not there as it was sent`,
    detail: `${sent} bytes sent, ${found === undefined ? 'nothing' : `${found} bytes`} found`,
    hint: 'nothing was published under this label; run it again, and look at the store',
  })

/** Removes what a failed run had put there already; what the store holds on to stays without a manifest, and is no backup. */
export async function unpublish({ store }: Repository, label: string): Promise<void> {
  const keys = (await store.list(`backups/${label}/`)).map(({ key }) => key)
  // The manifest first: without it the rest is no backup, wherever this ends.
  const manifest = manifestKey(label)
  for (const key of [...keys.filter((one) => one === manifest), ...keys.filter((one) => one !== manifest)]) {
    try {
      await store.remove(key)
    } catch (error) {
      if (!(error instanceof RemovalRefused)) throw error
    }
  }
}
