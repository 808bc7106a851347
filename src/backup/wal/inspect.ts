// Whether an object of the archive is what its name says: by its header, or by all of its bytes.
import { createHash } from 'node:crypto'
import { isOfHost } from '../host-failure.ts'
import type { WalRange } from '../manifest.ts'
import type { Key } from '../sealing/keys.ts'
import { unsealed } from '../sealing/seal.ts'
import type { Store, StoredObject } from '../stores/store.ts'
import type { ObjectCheck } from './archive.ts'
import { HEADER_BYTES, readHeader, splitHeader } from './header.ts'
import { segmentAt, segmentNumber, walFile } from './names.ts'

const nameOf = ({ key }: StoredObject): string => key.slice(key.lastIndexOf('/') + 1)

/** What was found out of an object of a store is not asked again while it is open: its bytes never change. */
const found = new WeakMap<Store, Map<string, Promise<string | undefined>>>()

function once(store: Store, how: string, check: ObjectCheck): ObjectCheck {
  const known = found.get(store) ?? new Map<string, Promise<string | undefined>>()
  found.set(store, known)
  return (object, systemId) => {
    const name = [how, object.key, object.bytes, object.modified.getTime()].join(' ')
    const said = known.get(name) ?? check(object, systemId)
    known.set(name, said)
    return said
  }
}

/** Reads the first bytes of each object: what was swapped, came from another cluster or was cut in its header is seen. */
export const headerCheck = (store: Store): ObjectCheck =>
  once(store, 'header', async (object, systemId) => {
    const found = readHeader(await store.read(object.key, { first: HEADER_BYTES }))
    if (!found) return 'it does not begin with a header of arxdb'
    const { header, length } = found
    if (header.name !== nameOf(object)) return `it holds ${header.name}`
    if (header.systemId !== systemId) return `it is of system ${header.systemId}`
    if (header.sealed.length === 0 && object.bytes !== length + header.bytes)
      return `it has ${object.bytes - length} of ${header.bytes} bytes`
    if (object.bytes <= length) return 'nothing follows its header'
    return undefined
  })

/** Reads every object whole and compares the SHA-256 of the file in it; needs the key where it is encrypted. */
export const wholeCheck = (store: Store, key: Key | undefined): ObjectCheck => {
  const byHeader = headerCheck(store)
  return once(store, 'whole', async (object, systemId) => {
    const wrong = await byHeader(object, systemId)
    if (wrong !== undefined) return wrong
    try {
      const { header, payload } = (await splitHeader(await store.get(object.key)))!
      const hash = createHash('sha256')
      for await (const chunk of await unsealed(payload, header.sealed, key)) hash.update(chunk as Buffer)
      return hash.digest('hex') === header.sha256 ? undefined : 'its content is not what was archived'
    } catch (error) {
      if (isOfHost(error)) throw error
      return `it cannot be read: ${(error as Error).message}`
    }
  })
}

/** The check for what a recovery from a position on reads; what lies before it passes. */
export const behind =
  ({ start, segmentBytes }: Pick<WalRange, 'start' | 'segmentBytes'>, check: ObjectCheck): ObjectCheck =>
  async (object, systemId) => {
    const name = nameOf(object)
    const before =
      walFile(name)?.kind === 'segment' && segmentNumber(name, segmentBytes) < segmentAt(start, segmentBytes)
    return before ? undefined : check(object, systemId)
  }

/** The segments from there on that lie in plain where nothing may. */
export const plainCheck =
  (store: Store): ObjectCheck =>
  async ({ key }) => {
    const header = readHeader(await store.read(key, { first: HEADER_BYTES }))?.header
    return !header || header.sealed.includes('age') ? undefined : 'it lies there in plain, and encryption is required'
  }
