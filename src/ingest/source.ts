// Opens what is to be loaded: a file, gzip or not (told by its first bytes, never by its name), or standard input.
import { createReadStream, createWriteStream, type Stats } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { ArxError } from '../errors.ts'

/**
 * Rows are made on the thread that feeds the server's sockets, and those hold some 200 KB: a chunk has to be worked off
 * before they run dry, or the server waits (1 MB instead cost 15 %, measured).
 */
const READ_BYTES = 128 * 1024
const HEAD_BYTES = 64 * 1024

export interface Source {
  /** As the user named it. */
  readonly name: string
  readonly path: string
  /** On disk, compressed or not. */
  readonly bytes: number
  readonly compressed: boolean
  /** Identity without reading it all: size and the bytes at both ends. */
  readonly fingerprint: Buffer
  /** The first bytes of the content, and whether they are all of it. */
  readonly head: Buffer
  readonly whole: boolean
  /** Size, place and last change at opening: a file still being written must not count as loaded. */
  readonly stamp: string
  /** Removes what was made for it. */
  close(): Promise<void>
}

const unreadable = (name: string, error: unknown): ArxError =>
  new ArxError({
    code: 'unreadable-file',
    message: `cannot read ${name}`,
    detail: (error as Error).message,
    hint: 'check the path and its permissions',
    cause: error,
  })

const damaged = (name: string, error: unknown): ArxError =>
  new ArxError({
    code: 'damaged-file',
    message: `${name} is damaged: its gzip data cannot be read to the end`,
    detail: (error as Error).message,
    hint: `fetch it again; gzip -t FILE tells whether it is whole`,
    cause: error,
  })

const changed = (name: string): ArxError =>
  new ArxError({
    code: 'file-changed',
    message: `${name} changed while it was read`,
    detail: 'something still writes to it, so its last row may be cut',
    hint: 'load it again when it is complete',
  })

const stampOf = ({ dev, ino, size, mtimeMs }: Stats): string => `${dev}:${ino}:${size}:${mtimeMs}`

/** Whether it stays as it is when it was read once: standard input and pipes, `<(zcat a.gz)`, do not. */
export const isLasting = async (name: string): Promise<boolean> => {
  if (name === '-') return false
  const found = await stat(name).catch((error: unknown) => {
    throw unreadable(name, error)
  })
  if (found.isDirectory()) throw unreadable(name, new Error('it is a directory'))
  return found.isFile()
}

/** Opens a source for reading as often as needed; what can be read only once is copied to a temporary file first. */
export async function openSource(name: string, stdin: Readable | undefined, signal: AbortSignal): Promise<Source> {
  if (!(await isLasting(name))) return spool(name, name === '-' ? stdin : createReadStream(name), signal)
  return openFile(name)
}

async function openFile(path: string, name = path): Promise<Source> {
  try {
    const found = await stat(path)
    const { size } = found
    const handle = await open(path)
    const front = Buffer.alloc(Math.min(size, HEAD_BYTES))
    const back = Buffer.alloc(Math.min(size, HEAD_BYTES))
    await handle.read(front, 0, front.length, 0)
    await handle.read(back, 0, back.length, size - back.length)
    await handle.close()
    const compressed = front[0] === 0x1f && front[1] === 0x8b
    const sizeBytes = Buffer.alloc(8)
    sizeBytes.writeBigUInt64BE(BigInt(size))
    const fingerprint = Buffer.concat([sizeBytes, front, back])
    const source = { name, path, bytes: size, compressed, fingerprint, stamp: stampOf(found) }
    return { ...source, ...(await readHead(source)), close: async () => {} }
  } catch (error) {
    throw error instanceof ArxError ? error : unreadable(name, error)
  }
}

async function spool(name: string, from: Readable | undefined, signal: AbortSignal): Promise<Source> {
  if (!from) throw unreadable(name, new Error('there is no standard input'))
  const folder = await mkdtemp(join(tmpdir(), 'arxdb-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'content')
    await pipeline(from, createWriteStream(path, { mode: 0o600 }), { signal })
    return { ...(await openFile(path, name)), close }
  } catch (error) {
    await close()
    throw error
  }
}

type Place = Pick<Source, 'name' | 'path' | 'compressed' | 'stamp'>

async function readHead(file: Place): Promise<Pick<Source, 'head' | 'whole'>> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of content(file)) {
    parts.push(part)
    bytes += part.length
    if (bytes >= HEAD_BYTES) return { head: Buffer.concat(parts), whole: false }
  }
  return { head: Buffer.concat(parts), whole: true }
}

/**
 * The decompressed bytes; gunzip goes on through all members. `onRead` hears how many bytes left the disk. Throws when
 * the file is no longer the one that was opened: what was read may be half of a row, or of two files.
 */
export async function* content(
  { name, path, compressed, stamp }: Place,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES })
  const out: Readable = compressed ? file.pipe(createGunzip({ chunkSize: READ_BYTES })) : file
  file.on('error', (error) => out.destroy(error))
  try {
    for await (const chunk of out) {
      onRead(file.bytesRead)
      yield chunk as Buffer
    }
    if (stampOf(await stat(path)) !== stamp) throw changed(name)
  } catch (error) {
    if (error instanceof ArxError) throw error
    throw compressed && /^Z_/.test((error as NodeJS.ErrnoException).code ?? '')
      ? damaged(name, error)
      : unreadable(name, error)
  } finally {
    file.destroy()
    out.destroy()
  }
}
