// Opens what is to be loaded: a file, gzip or not (told by its first bytes, never by its name), or standard input.
import { createReadStream, createWriteStream } from 'node:fs'
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

/** Opens a source for reading as often as needed; `-` is copied from `stdin` to a temporary file first. */
export async function openSource(name: string, stdin: Readable | undefined, signal: AbortSignal): Promise<Source> {
  if (name === '-') return spool(stdin, signal)
  try {
    const { size, path } = await stat(name).then((found) => {
      if (found.isDirectory()) throw new Error('it is a directory')
      return { size: found.size, path: name }
    })
    const handle = await open(path)
    const front = Buffer.alloc(Math.min(size, HEAD_BYTES))
    const back = Buffer.alloc(Math.min(size, HEAD_BYTES))
    await handle.read(front, 0, front.length, 0)
    await handle.read(back, 0, back.length, size - back.length)
    await handle.close()
    const compressed = front[0] === 0x1f && front[1] === 0x8b
    const sizeBytes = Buffer.alloc(8)
    sizeBytes.writeBigUInt64BE(BigInt(size))
    const source = { name, path, bytes: size, compressed, fingerprint: Buffer.concat([sizeBytes, front, back]) }
    return { ...source, ...(await readHead({ path, compressed })), close: async () => {} }
  } catch (error) {
    throw error instanceof ArxError ? error : unreadable(name, error)
  }
}

async function spool(stdin: Readable | undefined, signal: AbortSignal): Promise<Source> {
  if (!stdin) throw unreadable('-', new Error('there is no standard input'))
  const folder = await mkdtemp(join(tmpdir(), 'arxdb-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const path = join(folder, 'stdin')
    await pipeline(stdin, createWriteStream(path, { mode: 0o600 }), { signal })
    return { ...(await openSource(path, undefined, signal)), name: '-', close }
  } catch (error) {
    await close()
    throw error
  }
}

async function readHead(file: Pick<Source, 'path' | 'compressed'>): Promise<Pick<Source, 'head' | 'whole'>> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of content(file)) {
    parts.push(part)
    bytes += part.length
    if (bytes >= HEAD_BYTES) return { head: Buffer.concat(parts), whole: false }
  }
  return { head: Buffer.concat(parts), whole: true }
}

/** The decompressed bytes; gunzip goes on through all members. `onRead` hears how many bytes left the disk. */
export async function* content(
  { path, compressed }: Pick<Source, 'path' | 'compressed'>,
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
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    file.destroy()
    out.destroy()
  }
}
