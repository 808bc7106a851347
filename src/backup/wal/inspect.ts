// Whether an object of the archive is what its name says: by its header, or by all of its bytes.
import { createHash } from 'node:crypto'
import type { Key } from '../sealing/keys.ts'
import { unsealed } from '../sealing/seal.ts'
import type { Store, StoredObject } from '../stores/store.ts'
import type { ObjectCheck } from './archive.ts'
import { HEADER_BYTES, readHeader, splitHeader } from './header.ts'

const nameOf = ({ key }: StoredObject): string => key.slice(key.lastIndexOf('/') + 1)

/** Reads the first bytes of each object: what was swapped, came from another cluster or was cut in its header is seen. */
export const headerCheck =
  (store: Store): ObjectCheck =>
  async (object, systemId) => {
    const found = readHeader(await store.read(object.key, { first: HEADER_BYTES }))
    if (!found) return 'it does not begin with a header of arxdb'
    const { header, length } = found
    if (header.name !== nameOf(object)) return `it holds ${header.name}`
    if (header.systemId !== systemId) return `it is of system ${header.systemId}`
    if (header.sealed.length === 0 && object.bytes !== length + header.bytes)
      return `it has ${object.bytes - length} of ${header.bytes} bytes`
    if (object.bytes <= length) return 'nothing follows its header'
    return undefined
  }

/** Reads every object whole and compares the SHA-256 of the file in it; needs the key where it is encrypted. */
export const wholeCheck = (store: Store, key: Key | undefined): ObjectCheck => {
  const byHeader = headerCheck(store)
  return async (object, systemId) => {
    const wrong = await byHeader(object, systemId)
    if (wrong !== undefined) return wrong
    try {
      const { header, payload } = (await splitHeader(await store.get(object.key)))!
      const hash = createHash('sha256')
      for await (const chunk of await unsealed(payload, header.sealed, key)) hash.update(chunk as Buffer)
      return hash.digest('hex') === header.sha256 ? undefined : 'its content is not what was archived'
    } catch (error) {
      return `it cannot be read: ${(error as Error).message}`
    }
  }
}
