// Level 1: every byte is read back and hashed.
import { createHash } from 'node:crypto'
import { ArxError } from '../../errors.ts'
import { objectKey } from '../catalogue.ts'
import type { BackupObject, Manifest } from '../manifest.ts'
import { difference } from '../objects.ts'
import type { Repository } from '../repository.ts'
import { ObjectAbsent } from '../stores/outcomes.ts'

export interface Reading {
  readonly signal: AbortSignal
  read(bytes: number): void
}

/** Problems that name the object. A store that does not answer is an error and no problem of the backup. */
export async function hashAll(
  repository: Repository,
  manifest: Manifest,
  reading: Reading,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const object of manifest.objects) {
    try {
      const told = difference(object, await hashed(repository, manifest.label, object, reading))
      if (told !== undefined) problems.push(`${object.name}: ${told}`)
    } catch (error) {
      if (reading.signal.aborted || !isDamage(error)) throw error
      problems.push(`${object.name} cannot be read: ${(error as Error).message}`)
    }
  }
  return problems
}

async function hashed({ store }: Repository, label: string, object: BackupObject, { signal, read }: Reading) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of await store.get(objectKey(label, object.name), { signal })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
    read((chunk as Buffer).length)
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** It is gone, or the disk below it gives wrong or no bytes; anything else may be the way there. */
function isDamage(error: unknown): boolean {
  if (error instanceof ObjectAbsent) return true
  const causes = error instanceof ArxError ? [error, error.cause] : [error]
  return causes.some((cause) => ['EIO', 'EUCLEAN', 'EBADMSG'].includes((cause as NodeJS.ErrnoException)?.code ?? ''))
}
