// What lies in a repository, compressed and encrypted on the way in, undone on the way out. Streams throughout: nothing
// is held whole in memory.
import { type Duplex, pipeline, Readable } from 'node:stream'
import zlib from 'node:zlib'
import { ArxError } from '../../errors.ts'
import type { Key } from './keys.ts'
import { type Direction, hasZstdProgram, zstdStream } from './zstd-program.ts'

export type Seal = 'zstd' | 'gzip' | 'age'

/** The suffixes of sealed names: `0001.copy.zst.age`. */
export const SUFFIX: Readonly<Record<Seal, string>> = { zstd: '.zst', gzip: '.gz', age: '.age' }

/** Bytes that come out of zlib at once; its own 16 kB make a thousand turns of a segment of WAL. */
const CHUNK = 1 << 18

/** Whether this Node has zstd itself (22.15 and newer); else the zstd program does it, where it is installed. */
const builtin = zlib as typeof zlib & {
  createZstdCompress?: (options: { chunkSize: number; params: Record<number, number> }) => Duplex
  createZstdDecompress?: (options: { chunkSize: number }) => Duplex
}
const { ZSTD_c_compressionLevel = 100, ZSTD_c_checksumFlag = 201 } = zlib.constants as Record<string, number>

/** What compression can be had here: zstd when it was asked for and can be, else gzip. */
export async function compressionHere(asked: 'zstd' | 'gzip' | 'none'): Promise<readonly Seal[]> {
  if (asked === 'none') return []
  if (asked === 'zstd' && (builtin.createZstdCompress || hasZstdProgram())) return ['zstd']
  return ['gzip']
}

/** Whether files that bear no seal but zstd are made and opened by the program alone: it is what there is, and it is quick. */
export const byProgram = (seals: readonly Seal[]): boolean =>
  seals.length === 1 && seals[0] === 'zstd' && !builtin.createZstdDecompress && hasZstdProgram()

/** `source` with the seals put on, in order. */
export async function sealed(source: Readable, seals: readonly Seal[], key: Key | undefined): Promise<Readable> {
  let stream = watched(source)
  for (const seal of seals) {
    if (seal === 'age') stream = await encrypted(stream, needed(key))
    else stream = through(stream, seal === 'gzip' ? zlib.createGzip({ level: 3, chunkSize: CHUNK }) : zstd('compress'))
  }
  return stream
}

/** The reverse, from the outermost. A stream that was cut, flipped or sealed for another key fails with an error. */
export async function unsealed(source: Readable, seals: readonly Seal[], key: Key | undefined): Promise<Readable> {
  let stream = watched(source)
  for (const seal of [...seals].reverse()) {
    if (seal === 'age') stream = await decrypted(stream, needed(key))
    else {
      const bytes = Readable.from(some(stream, seal), { objectMode: false })
      stream = through(bytes, seal === 'gzip' ? zlib.createGunzip({ chunkSize: CHUNK }) : zstd('decompress'))
    }
  }
  return stream
}

const needed = (key: Key | undefined): Key => {
  if (key) return key
  throw new ArxError({
    code: 'key-absent',
    message: 'this is encrypted, and there is no key file',
    hint: 'give the key file with --key-file, or "keyFile" in the backup section of the config',
  })
}

/** It may break before anybody reads it; who reads it later still learns of it. */
const watched = (source: Readable): Readable => source.on('error', () => {})

/** As age wants it. Node's own toWeb() takes a stream that has broken already for one that ended. */
function webStream(source: Readable): ReadableStream<Uint8Array> {
  const chunks = watched(source)[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value as Uint8Array)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

/** Pipes with errors: a source that breaks breaks what reads it. */
function through(source: Readable, filter: Duplex): Readable {
  pipeline(source, filter, () => {})
  return filter
}

/** What decompressors take for the end of nothing: an object that was cut to no bytes at all. */
async function* some(source: Readable, seal: Seal): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of source) {
    bytes += (chunk as Buffer).length
    yield chunk as Buffer
  }
  if (bytes === 0) throw new Error(`no bytes where ${seal} was expected`)
}

function zstd(direction: Direction): Duplex {
  if (direction === 'compress' && builtin.createZstdCompress) {
    // The program adds the checksum unasked, Node does not.
    return builtin.createZstdCompress({
      chunkSize: CHUNK,
      params: { [ZSTD_c_compressionLevel]: 3, [ZSTD_c_checksumFlag]: 1 },
    })
  }
  if (direction === 'decompress' && builtin.createZstdDecompress)
    return builtin.createZstdDecompress({ chunkSize: CHUNK })
  return zstdStream(direction)
}

async function encrypted(source: Readable, key: Key): Promise<Readable> {
  const { Encrypter, identityToRecipient } = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.addRecipient(await identityToRecipient(key.identity))
  return Readable.fromWeb((await encrypter.encrypt(webStream(source))) as never)
}

async function decrypted(source: Readable, key: Key): Promise<Readable> {
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addIdentity(key.identity)
  try {
    return Readable.fromWeb((await decrypter.decrypt(webStream(source))) as never)
  } catch (error) {
    if (!/no identity matched/.test((error as Error).message)) throw error
    throw new ArxError({
      code: 'key-wrong',
      message: `this was encrypted for another key than the one in ${key.file}`,
      hint: 'give the key file of the time with --key-file',
      cause: error,
    })
  }
}
