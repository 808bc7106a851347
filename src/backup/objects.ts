// Reading what a backup holds: the seals undone, and every byte that lies in the repository hashed on the way.
import { createHash } from 'node:crypto'
import { type Readable, Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ArxError } from '../errors.ts'
import { objectKey } from './catalogue.ts'
import type { BackupObject } from './manifest.ts'
import type { Repository } from './repository.ts'
import type { Key } from './sealing/keys.ts'
import { unsealed } from './sealing/seal.ts'

/** Codes of errors by which a backup itself is not what it was; others tell of the way to it. */
export const DAMAGED: ReadonlySet<string> = new Set(['object-damaged', 'object-absent'])

export interface ReadOptions {
  /** Bytes that are not what the manifest says are passed on: what they mean is for the reader to find out. */
  readonly unchecked?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The bytes of one object as they were before they were sealed. Size and SHA-256 of what lies in the repository are
 * compared with the manifest on the way; where they differ, the stream ends with an error that names the object - at its
 * end, so what was read before it must not be taken as good until the end was seen. Rejects with ObjectAbsent.
 */
export async function readObject(
  { store }: Repository,
  label: string,
  object: BackupObject,
  key: Key | undefined,
  { unchecked = false, signal }: ReadOptions = {},
): Promise<Readable> {
  const source = await store.get(objectKey(label, object.name), { signal })
  const name = `${objectKey(label, object.name)} in ${store.where}`
  try {
    if (unchecked) return naming(await unsealed(source, object.sealed, key), name)
    const check = checking(name, object)
    source.on('error', (error) => check.destroy(error))
    check.on('close', () => source.destroy())
    return naming(await unsealed(source.pipe(check), object.sealed, key), name, check)
  } catch (error) {
    source.destroy()
    throw error instanceof ArxError ? error : damaged(name, error)
  }
}

function checking(name: string, object: BackupObject): Transform {
  const hash = createHash('sha256')
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
    flush(done) {
      const told = difference(object, { bytes, sha256: hash.digest('hex') })
      done(told === undefined ? null : damaged(name, new Error(told)))
    },
  })
}

/** In which way stored bytes are not those of the manifest; undefined when they are. */
export function difference(
  wanted: { readonly bytes: number; readonly sha256: string },
  found: { readonly bytes: number; readonly sha256: string },
): string | undefined {
  if (found.bytes !== wanted.bytes) return `${found.bytes} bytes, not ${wanted.bytes}`
  if (found.sha256 !== wanted.sha256) return 'its SHA-256 is not that of the manifest'
  return undefined
}

/** What undoes a seal complains in words of its own, does not know of which object, and may end before its source does. */
function naming(plain: Readable, name: string, check?: Transform): Readable {
  const out = new Transform({
    transform(chunk: Buffer, _, done) {
      done(null, chunk)
    },
    flush(done) {
      if (!check || check.readableEnded) return done()
      check.unpipe()
      finished(check.resume(), { writable: false }).then(() => done(), done)
    },
    destroy(error, done) {
      plain.destroy()
      done(error)
    },
  })
  plain.on('error', (error) => out.destroy(error instanceof ArxError ? error : damaged(name, error)))
  return plain.pipe(out)
}

const damaged = (name: string, cause: unknown): ArxError =>
  new ArxError({
    code: 'object-damaged',
    message: `${name} is damaged`,
    detail: (cause as Error).message,
    hint: 'arxdb backup list shows what else there is, and how far it is proven',
    cause,
  })
