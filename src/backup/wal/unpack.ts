// An object of the archive into a file, as PostgreSQL wrote it.
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type Digest, digestOf } from '../digest.ts'
import type { Key } from '../sealing/keys.ts'
import { byProgram, unsealed } from '../sealing/seal.ts'
import { zstdFile } from '../sealing/zstd-program.ts'
import type { Store } from '../stores/store.ts'
import { HEADER_BYTES, readHeader, splitHeader, type WalHeader } from './header.ts'

export interface Unpacking {
  key(): Promise<Key | undefined>
  readonly signal: AbortSignal
  /** Whether the file has to outlast a crash. */
  readonly durable: boolean
}

/** Undefined for what does not begin with a header of arxdb. Throws ObjectAbsent. */
export type Unpacked = { readonly header: WalHeader; readonly written: Digest } | undefined

/** Writes what is in the object `key` to `file`; whether that is what its header says is for the caller to compare. */
export async function unpack(store: Store, key: string, file: string, how: Unpacking): Promise<Unpacked> {
  const quick = store.open ? await byFile(await store.open(key), file, how) : 'as a stream'
  if (quick !== 'as a stream') return quick
  const split = await splitHeader(await store.get(key, { signal: how.signal }))
  if (!split) return undefined
  const { header, payload } = split
  const plain = await unsealed(payload, header.sealed, header.sealed.includes('age') ? await how.key() : undefined)
  return { header, written: await written(file, how, (to) => copied(plain, to, how.signal)) }
}

/** By a program that reads the one file and writes the other itself. */
async function byFile(from: FileHandle, file: string, how: Unpacking): Promise<Unpacked | 'as a stream'> {
  try {
    const first = Buffer.alloc(HEADER_BYTES)
    const { bytesRead } = await from.read(first, 0, HEADER_BYTES, 0)
    const found = readHeader(first.subarray(0, bytesRead))
    if (!found) return undefined
    if (!byProgram(found.header.sealed)) return 'as a stream'
    // Where the file stands is where the program begins to read.
    await from.read(first, 0, found.length, null)
    await written(file, how, (to) => zstdFile('decompress', from, to, how.signal))
    return { header: found.header, written: await digestOf(file) }
  } finally {
    await from.close()
  }
}

async function written<T>(file: string, { durable }: Unpacking, write: (to: FileHandle) => Promise<T>): Promise<T> {
  // A draft of that name is what a killed call left: process ids come again, in containers all the time.
  const to = await open(file, 'w', 0o600)
  try {
    const done = await write(to)
    if (durable) await to.sync()
    return done
  } finally {
    await to.close()
  }
}

async function copied(source: Readable, to: FileHandle, signal: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of source) {
    signal.throwIfAborted()
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
    await to.writeFile(chunk as Buffer)
  }
  return { bytes, sha256: hash.digest('hex') }
}
