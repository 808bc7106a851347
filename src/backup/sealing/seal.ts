// What lies in a repository, compressed and encrypted on the way in, undone on the way out. Streams throughout: nothing
// is held whole in memory.
import { spawn } from 'node:child_process'
import { Duplex, PassThrough, pipeline, Readable } from 'node:stream'
import zlib from 'node:zlib'
import { ArxError } from '../../errors.ts'
import type { Key } from './keys.ts'

export type Seal = 'zstd' | 'gzip' | 'age'

/** The suffixes of sealed names: `0001.copy.zst.age`. */
export const SUFFIX: Readonly<Record<Seal, string>> = { zstd: '.zst', gzip: '.gz', age: '.age' }

/** Whether this Node has zstd itself (22.15 and newer); else the zstd program does it, where it is installed. */
const builtin = zlib as typeof zlib & {
  createZstdCompress?: (options: { params: Record<number, number> }) => Duplex
  createZstdDecompress?: () => Duplex
}
const { ZSTD_c_compressionLevel = 100, ZSTD_c_checksumFlag = 201 } = zlib.constants as Record<string, number>

let program: Promise<boolean> | undefined
const hasProgram = (): Promise<boolean> => {
  program ??= new Promise((resolve) => {
    const child = spawn('zstd', ['--version'], { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
  return program
}

/** What compression can be had here: zstd when it was asked for and can be, else gzip. */
export async function compressionHere(asked: 'zstd' | 'gzip' | 'none'): Promise<readonly Seal[]> {
  if (asked === 'none') return []
  if (asked === 'zstd' && (builtin.createZstdCompress || (await hasProgram()))) return ['zstd']
  return ['gzip']
}

/** `source` with the seals put on, in order. */
export async function sealed(source: Readable, seals: readonly Seal[], key: Key | undefined): Promise<Readable> {
  let stream = watched(source)
  for (const seal of seals) {
    if (seal === 'age') stream = await encrypted(stream, needed(key))
    else stream = through(stream, seal === 'gzip' ? zlib.createGzip({ level: 3 }) : zstd('compress'))
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
      stream = through(bytes, seal === 'gzip' ? zlib.createGunzip() : zstd('decompress'))
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

function zstd(direction: 'compress' | 'decompress'): Duplex {
  if (direction === 'compress' && builtin.createZstdCompress) {
    // The program adds the checksum unasked, Node does not.
    return builtin.createZstdCompress({ params: { [ZSTD_c_compressionLevel]: 3, [ZSTD_c_checksumFlag]: 1 } })
  }
  if (direction === 'decompress' && builtin.createZstdDecompress) return builtin.createZstdDecompress()
  return zstdProgram(direction === 'compress' ? ['-3', '-q', '-c'] : ['-d', '-q', '-c'])
}

/** The zstd program as a stream; its own checksum covers what was cut or flipped, and its exit code is waited for. */
function zstdProgram(args: readonly string[]): Duplex {
  const child = spawn('zstd', [...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const output = new PassThrough()
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500)
  })
  child.stdout.pipe(output, { end: false })
  // It may end before it has read all of it.
  child.stdin.on('error', () => {})
  child.on('error', (error) => output.destroy(noZstd(error)))
  child.on('close', (code) => {
    if (code === 0) output.end()
    else output.destroy(new Error(`zstd ${code === null ? 'was killed' : `exited with ${code}`}: ${complaint.trim()}`))
  })
  const both = Duplex.from({ writable: child.stdin, readable: output })
  both.on('close', () => child.kill())
  return both
}

const noZstd = (cause: Error): ArxError =>
  new ArxError({
    code: 'no-zstd',
    message: 'this is compressed with zstd, which neither this Node nor this machine has',
    hint: 'apt install zstd, or use Node 22.15 or newer',
    cause,
  })

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
