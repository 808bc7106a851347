// Reads tar archives as PostgreSQL writes them: plain ustar, names below 100 bytes, files, folders and links.
import type { Readable } from 'node:stream'

const BLOCK = 512

export interface TarEntry {
  /** Without a leading `./` and without a closing `/`. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link'
  readonly bytes: number
  readonly link: string
}

export interface TarSink {
  write(chunk: Buffer): Promise<void>
  end(): Promise<void>
  /** In place of the end, where the archive breaks off. */
  abandon(): Promise<void>
}

const text = (block: Buffer, from: number, to: number): string => {
  const end = block.indexOf(0, from)
  return block.toString('utf8', from, end < 0 || end > to ? to : end)
}

/** Octal text, or binary with the high bit set where octal does not reach: 8 GB and more. */
function sizeOf(block: Buffer): number {
  if (block[124]! < 0x80) return Number.parseInt(text(block, 124, 136).trim() || '0', 8)
  return Number(block.readBigUInt64BE(128))
}

function entryOf(block: Buffer): TarEntry {
  let sum = 0
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 32 : block[at]!
  if (sum !== Number.parseInt(text(block, 148, 156).trim(), 8)) throw new Error('a header of the archive is damaged')
  const prefix = text(block, 345, 500)
  const name = `${prefix === '' ? '' : `${prefix}/`}${text(block, 0, 100)}`.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
  const type = String.fromCharCode(block[156]!)
  const kind = type === '5' ? 'folder' : type === '2' ? 'link' : type === '0' || type === '\0' ? 'file' : undefined
  if (kind === undefined) throw new Error(`${name} is of a type that no backup holds`)
  // A name that leads out of the folder is of no backup that PostgreSQL made.
  if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`the name ${name} leads elsewhere`)
  return { name, kind, bytes: kind === 'file' ? sizeOf(block) : 0, link: text(block, 157, 257) }
}

/** Hands each entry to `open`, and its bytes to what that gives. Rejects for an archive that is cut or damaged. */
export async function readTar(
  source: Readable,
  open: (entry: TarEntry) => Promise<TarSink | undefined>,
): Promise<void> {
  let header: Buffer = Buffer.alloc(0)
  let sink: TarSink | undefined
  let left = 0
  let padding = 0
  let zeros = 0
  const done = async (): Promise<void> => {
    await sink?.end()
    sink = undefined
  }

  /** Takes what it can of `chunk`; how many bytes that were. */
  async function take(chunk: Buffer): Promise<number> {
    if (left > 0) {
      const part = chunk.subarray(0, left)
      await sink?.write(part)
      left -= part.length
      if (left === 0) await done()
      return part.length
    }
    if (padding > 0) {
      const skipped = Math.min(padding, chunk.length)
      padding -= skipped
      return skipped
    }
    const part = chunk.subarray(0, BLOCK - header.length)
    header = header.length === 0 ? part : Buffer.concat([header, part])
    if (header.length < BLOCK) return part.length
    const block = header
    header = Buffer.alloc(0)
    if (block.every((byte) => byte === 0)) zeros++
    else {
      const entry = entryOf(block)
      left = entry.bytes
      padding = (BLOCK - (left % BLOCK)) % BLOCK
      sink = await open(entry)
      if (left === 0) await done()
    }
    return part.length
  }

  try {
    for await (const piece of source) {
      for (let chunk = piece as Buffer; chunk.length > 0; ) chunk = chunk.subarray(await take(chunk))
    }
  } finally {
    await sink?.abandon()
  }
  if (left > 0 || zeros === 0) throw new Error('the archive is cut')
}
