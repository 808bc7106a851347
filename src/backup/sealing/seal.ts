// What lies in a repository, compressed and encrypted on the way in, undone on the way out. Streams throughout: nothing
// is held whole in memory.
import { spawn } from 'node:child_process'
import { Duplex, PassThrough, Readable } from 'node:stream'
import zlib from 'node:zlib'
import { ArxError } from '../../errors.ts'
import type { Key } from './keys.ts'

export type Seal = 'zstd' | 'gzip' | 'age'

/** The suffixes of sealed names: `0001.copy.zst.age`. */
export const SUFFIX: Readonly<Record<Seal, string>> = { zstd: '.zst', gzip: '.gz', age: '.age' }

/** Whether this Node has zstd itself (22.15 and newer); else the zstd program does it, where it is installed. */
const builtin = zlib as typeof zlib & { createZstdCompress?: () => Duplex; createZstdDecompress?: () => Duplex }

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
  let stream = source
  for (const seal of seals) {
    if (seal === 'age') stream = await encrypted(stream, needed(key))
    else stream = through(stream, seal === 'gzip' ? zlib.createGzip({ level: 3 }) : zstd('compress'))
  }
  return stream
}

/** The reverse, from the outermost. A stream that was cut, flipped or sealed for another key fails with an error. */
export async function unsealed(source: Readable, seals: readonly Seal[], key: Key | undefined): Promise<Readable> {
  let stream = source
  for (const seal of [...seals].reverse()) {
    if (seal === 'age') stream = await decrypted(stream, needed(key))
    else stream = through(stream, seal === 'gzip' ? zlib.createGunzip() : zstd('decompress'))
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

/** Pipes with errors: a source that breaks breaks what reads it. */
function through(source: Readable, filter: Duplex): Readable {
  source.on('error', (error) => filter.destroy(error))
  filter.on('close', () => source.destroy())
  return source.pipe(filter)
}

function zstd(direction: 'compress' | 'decompress'): Duplex {
  if (direction === 'compress' && builtin.createZstdCompress) return builtin.createZstdCompress()
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
  const web = Readable.toWeb(source) as unknown as ReadableStream<Uint8Array>
  return Readable.fromWeb((await encrypter.encrypt(web)) as never)
}

async function decrypted(source: Readable, key: Key): Promise<Readable> {
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addIdentity(key.identity)
  const web = Readable.toWeb(source) as unknown as ReadableStream<Uint8Array>
  return Readable.fromWeb((await decrypter.decrypt(web)) as never)
}
