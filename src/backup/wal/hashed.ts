// What a batch has hashed, so that the call for each of its segments need not hash it again. It is the same file when it is
// the same inode, of the same length, and nobody has touched it since: the kernel's change time is not anybody's to set.
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Digest, digestOf } from '../digest.ts'
import { notesIn } from './notes.ts'

/** Clocks of file systems tick in milliseconds: what was changed less than this ago may be changed again unseen. */
const SETTLED_MS = 1_000

export interface Hashed {
  /** The digest that was noted, else a new one. */
  recall(path: string): Promise<Digest>
  /** A new one, noted. */
  note(path: string): Promise<Digest>
}

/** Notes below `folder`, which nobody else may write. */
export function hashedBefore(folder: string): Hashed {
  const notes = notesIn(join(folder, 'hashed'))
  return {
    async recall(path) {
      const [noted, now] = await Promise.all([notes.read(basename(path)), identity(path)])
      const sha256 = noted?.startsWith(`${now.text} `) ? noted.slice(now.text.length + 1) : ''
      return /^[0-9a-f]{64}$/.test(sha256) ? { bytes: now.bytes, sha256 } : digestOf(path)
    },
    async note(path) {
      const before = await identity(path)
      const digest = await digestOf(path)
      if (before.settled) await notes.write(basename(path), `${before.text} ${digest.sha256}`)
      return digest
    },
  }
}

async function identity(path: string) {
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true })
  return {
    text: [dev, ino, size, mtimeNs, ctimeNs].join('-'),
    bytes: Number(size),
    settled: Date.now() - Number(ctimeMs) > SETTLED_MS,
  }
}
