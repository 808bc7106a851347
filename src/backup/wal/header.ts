// The line in front of an archived file: what it is, so that an object speaks for itself wherever it lies. The file is
// behind it; without arxdb `tail -n +2 OBJECT | zstd -d` brings it back.
import { Readable } from 'node:stream'
import type { Seal } from '../sealing/seal.ts'

export interface WalHeader {
  readonly name: string
  /** Of the file as PostgreSQL wrote it. */
  readonly sha256: string
  readonly bytes: number
  readonly systemId: string
  readonly sealed: readonly Seal[]
  /** When it was archived, by the pushing host. */
  readonly at: string
}

/** Longer than any header. */
export const HEADER_BYTES = 512
const LINE =
  /^arxdb-wal 1 (\S+) sha256=([0-9a-f]{64}) bytes=(\d+) system=(\d+) sealed=(none|(?:zstd|gzip|age)(?:,age)?) at=(\S+)$/

export const headerLine = ({ name, sha256, bytes, systemId, sealed, at }: WalHeader): Buffer =>
  Buffer.from(
    `arxdb-wal 1 ${name} sha256=${sha256} bytes=${bytes} system=${systemId} sealed=${sealed.join(',') || 'none'} at=${at}\n`,
  )

/** Reads the header from an object's first bytes; undefined when it has none. `length` is where the payload begins. */
export function readHeader(first: Buffer): { readonly header: WalHeader; readonly length: number } | undefined {
  const end = first.indexOf(10)
  const match = end < 0 ? undefined : LINE.exec(first.subarray(0, end).toString('latin1'))
  if (!match) return undefined
  const [, name, sha256, bytes, systemId, sealed, at] = match
  const header: WalHeader = {
    ...{ name: name!, sha256: sha256!, bytes: Number(bytes), systemId: systemId!, at: at! },
    sealed: sealed === 'none' ? [] : (sealed!.split(',') as Seal[]),
  }
  return { header, length: end + 1 }
}

/** Takes the header off the front of a stream; undefined when it has none. */
export async function splitHeader(
  source: Readable,
): Promise<{ readonly header: WalHeader; readonly payload: Readable } | undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let front: Buffer = Buffer.alloc(0)
  while (front.length < HEADER_BYTES && !front.includes(10)) {
    const { value, done } = await iterator.next()
    if (done) break
    front = Buffer.concat([front, value as Buffer])
  }
  const found = readHeader(front.subarray(0, HEADER_BYTES))
  if (!found) {
    source.destroy()
    return undefined
  }
  async function* rest(): AsyncGenerator<Buffer> {
    try {
      if (front.length > found!.length) yield front.subarray(found!.length)
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value as Buffer
    } finally {
      source.destroy()
    }
  }
  return { header: found.header, payload: Readable.from(rest(), { objectMode: false }) }
}
