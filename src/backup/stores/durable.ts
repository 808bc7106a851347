// Files that are there whole, and still are after the power failed: written, synced, and named last.
import { createHash } from 'node:crypto'
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { codeOf } from './folder.ts'
import { guarded } from './guard.ts'
import type { Stored } from './store.ts'

/** What link(2) says where the file system has no hard links: CIFS, exFAT, FUSE. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']

/** Writes and syncs a file that is not there yet; what was written is hashed on the way. */
export async function writeDurably(file: string, body: Buffer | Readable, signal?: AbortSignal): Promise<Stored> {
  const handle = await open(file, 'wx', 0o640)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of Buffer.isBuffer(body) ? Readable.from([body]) : body) {
      signal?.throwIfAborted()
      hash.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
      await writeAll(handle, chunk as Buffer)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let from = 0; from < chunk.length; ) {
    from += (await handle.write(chunk, from, chunk.length - from)).bytesWritten
  }
}

/** A name is durable when its folder is synced; so are the folders that were made for it. */
export async function syncFolders(path: string, root: string): Promise<void> {
  for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) {
    const handle = await open(folder)
    // Some network file systems cannot sync a folder; their names are durable by themselves.
    await handle
      .sync()
      .catch(() => {})
      .finally(() => handle.close())
    if (folder === root) return
  }
}

/** Gives a finished file its last name unless that is taken (false); then the name that it had is gone either way. */
export async function linked(file: string, path: string, temporary: string): Promise<boolean> {
  let named = true
  try {
    await link(file, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') named = false
    else if (!NO_LINKS.includes(codeOf(error) ?? '')) throw error
    else {
      const renamed = await guarded(path, temporary, async () => {
        if (await stat(path).catch(() => undefined)) return false
        await rename(file, path)
        return true
      })
      named = renamed ?? false
    }
  }
  await rm(file, { force: true })
  return named
}
