// Opens what is to be loaded: a file, compressed or not (told by its first bytes, never by its name), or standard input.
import { createReadStream, createWriteStream, type Stats } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ArxError } from '../../errors.ts'
import { appended } from './follow.ts'
import { type Compression, compressionOf, unpacked } from './unpack.ts'

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
  readonly compressed: Compression | undefined
  /** Whether it is a file of the user's: not standard input, not a pipe. */
  readonly isFile: boolean
  /** Identity without reading it all: size and the bytes at both ends. */
  readonly fingerprint: Buffer
  /** The first bytes of the content, and whether they are all of it. */
  readonly head: Buffer
  readonly whole: boolean
  /** Size, place and last change at opening: a file still being written must not count as loaded. None when it may grow. */
  readonly stamp: string | undefined
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

const damaged = (name: string, compression: Compression, error: unknown): ArxError =>
  new ArxError({
    code: 'damaged-file',
    message: `${name} is damaged: its ${compression} data cannot be read to the end`,
    detail: (error as Error).message,
    hint: `fetch it again; ${compression} -t FILE tells whether it is whole`,
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
  return found.isFile()
}

/** Opens a source for reading as often as needed; what can be read only once is copied to a temporary file first. */
export async function openSource(
  name: string,
  {
    stdin,
    signal,
    follow = false,
  }: { stdin?: Readable | undefined; signal: AbortSignal; follow?: boolean | undefined },
): Promise<Source> {
  if (!(await isLasting(name))) return spool(name, name === '-' ? stdin : createReadStream(name), signal)
  return openFile(name, name, follow)
}

async function openFile(path: string, name = path, grows = false): Promise<Source> {
  try {
    const found = await stat(path)
    const { size } = found
    const handle = await open(path)
    const front = Buffer.alloc(Math.min(size, HEAD_BYTES))
    const back = Buffer.alloc(Math.min(size, HEAD_BYTES))
    await handle.read(front, 0, front.length, 0)
    await handle.read(back, 0, back.length, size - back.length)
    await handle.close()
    const compressed = compressionOf(front)
    const sizeBytes = Buffer.alloc(8)
    sizeBytes.writeBigUInt64BE(BigInt(size))
    const fingerprint = Buffer.concat([sizeBytes, front, back])
    const stamp = grows ? undefined : stampOf(found)
    const source = { name, path, bytes: size, compressed, isFile: name === path, fingerprint, stamp }
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

export type Place = Pick<Source, 'name' | 'path' | 'compressed' | 'stamp'>

async function readHead(file: Place): Promise<Pick<Source, 'head' | 'whole'>> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of content(file)) {
    parts.push(Buffer.from(part))
    bytes += part.length
    if (bytes >= HEAD_BYTES) return { head: Buffer.concat(parts), whole: false }
  }
  return { head: Buffer.concat(parts), whole: true }
}

/** A part of the content. */
export interface Extent {
  readonly from: number
  /** Undefined for the content's end. */
  readonly to: number | undefined
  /** Goes on for as long as the file may grow; an empty chunk says that nothing came for a while. */
  readonly follow?: AbortSignal | undefined
}

const ALL: Extent = { from: 0, to: undefined }

/**
 * The decompressed bytes, through all members; a chunk is the reader's until it asks for the next one. `onRead` hears
 * how many bytes left the disk. Throws when the file is no longer the one that was opened: what was read may be half of
 * a row, or of two files.
 */
export async function* content(
  { name, path, compressed, stamp }: Place,
  onRead: (bytes: number) => void = () => {},
  extent: Extent = ALL,
): AsyncGenerator<Buffer> {
  const { from, to = Number.POSITIVE_INFINITY, follow } = extent
  if (follow) {
    yield* appended({ path, from, signal: follow, onRead })
    return
  }
  // What is not compressed is read from where it is wanted; the rest is unpacked and passed over.
  const skipped = compressed ? 0 : from
  const chunks = compressed ? decompressed(path, compressed, onRead) : plainBytes(path, skipped, onRead)
  let at = skipped
  try {
    for await (const chunk of chunks) {
      const begin = at
      at += chunk.length
      if (at <= from) continue
      yield begin >= from && at <= to
        ? chunk
        : chunk.subarray(Math.max(0, from - begin), Math.min(chunk.length, to - begin))
      if (at >= to) break
    }
    if (stamp !== undefined && stampOf(await stat(path)) !== stamp) throw changed(name)
  } catch (error) {
    if (error instanceof ArxError) throw error
    throw compressed && isDamage(error) ? damaged(name, compressed, error) : unreadable(name, error)
  }
}

async function* decompressed(path: string, compressed: Compression, onRead: (bytes: number) => void) {
  const file = createReadStream(path, { highWaterMark: READ_BYTES })
  const out = unpacked(file, compressed, READ_BYTES)
  file.on('error', (error) => out.destroy(error))
  try {
    for await (const chunk of out as AsyncIterable<Buffer>) {
      onRead(file.bytesRead)
      yield chunk
    }
  } finally {
    file.destroy()
    out.destroy()
  }
}

/**
 * Two buffers in turn, one read into while the other is worked off: a stream makes a new one for each chunk, and taking
 * those away again costs a tenth of a load (measured).
 */
async function* plainBytes(path: string, start: number, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path)
  const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)] as const
  const readAt = (turn: 0 | 1, at: number) => {
    const reading = file.read(buffers[turn], 0, READ_BYTES, at)
    // Heard of when its turn has come.
    reading.catch(() => {})
    return reading
  }
  let reading = readAt(0, start)
  try {
    for (let turn: 0 | 1 = 0, at = start; ; turn = turn === 0 ? 1 : 0) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      at += bytesRead
      reading = readAt(turn === 0 ? 1 : 0, at)
      onRead(at)
      yield buffers[turn].subarray(0, bytesRead)
    }
  } finally {
    await reading.catch(() => {})
    await file.close()
  }
}

/** A copy of the content from one place to another. */
export async function contentBetween(place: Place, from: number, to: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const chunk of content(place, undefined, { from, to })) parts.push(Buffer.from(chunk))
  return Buffer.concat(parts)
}

const isDamage = (error: unknown): boolean => /^(Z_|ZSTD_|UNPACK)/.test((error as NodeJS.ErrnoException).code ?? '')
