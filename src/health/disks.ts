// The file systems of a server that stands on this machine.
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'

export interface Room {
  readonly path: string
  readonly free: number
  /** What there is for everybody but root: used and free. */
  readonly size: number
  /** Per cent. */
  readonly used: number
}

/** As `df` reckons: blocks that are kept for root are neither used nor free. Undefined where it may not be looked at. */
export async function roomAt(path: string): Promise<Room | undefined> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path)
    const [taken, free] = [(blocks - bfree) * bsize, bavail * bsize]
    const size = taken + free
    return size > 0 ? { path, free, size, used: (100 * taken) / size } : undefined
  } catch {
    return undefined
  }
}

/** Where WAL is written; it may be a link to another disk. */
export const walFolder = (dataDirectory: string): string => join(dataDirectory, 'pg_wal')

/**
 * Whether a data directory on this machine is the cluster's: a tunnel makes another machine's server look local, and its
 * data directory has the name that all have. Where its control file may not be read, that it is there has to do.
 */
export function holdsCluster(dataDirectory: string, systemId: string): boolean {
  const head = Buffer.alloc(8)
  try {
    const file = openSync(join(dataDirectory, 'global/pg_control'), 'r')
    try {
      readSync(file, head, 0, head.length, 0)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' && existsSync(dataDirectory)
  }
  return head.readBigUInt64LE().toString() === systemId
}
