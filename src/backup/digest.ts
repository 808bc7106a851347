// What a file holds, as its length and its SHA-256.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

export interface Digest {
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

const PIECE = 1 << 19

/** Reads the whole file; the next piece comes from the disk while the one before is hashed. */
export async function digestOf(path: string): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  const handle = await open(path)
  try {
    let [filling, idle] = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)]
    const fill = (buffer: Buffer) => handle.read(buffer, 0, PIECE, null)
    let coming = fill(filling)
    for (let { bytesRead } = await coming; bytesRead > 0; { bytesRead } = await coming) {
      const full = filling
      ;[filling, idle] = [idle, full]
      coming = fill(filling)
      hash.update(full.subarray(0, bytesRead))
      bytes += bytesRead
    }
  } finally {
    await handle.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}
