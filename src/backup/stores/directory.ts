// A repository in a folder. An object is written beside its place, synced, and published by link(2), which fails where
// something stands already; so two writers cannot both win, and a crash leaves only a temporary file.
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { ArxError, EXIT } from '../../errors.ts'
import { ObjectAbsent, ObjectExists, RemovalRefused } from './outcomes.ts'
import type { GetOptions, PutOptions, Store, Stored, StoredObject } from './store.ts'

const TEMPORARY = '.arxdb-tmp'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
const isAbsence = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'

/** Opens the folder as a store. It must exist: a mount that is gone must not look like an empty repository. */
export async function directoryStore(root: string): Promise<Store> {
  const found = await stat(root).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new ArxError({
      code: 'repository-absent',
      message: `the repository ${root} is not there`,
      detail: found ? 'it is no folder' : 'no such folder; is its file system mounted?',
      hint: `mkdir -p ${root}, once, on the right file system`,
      exit: EXIT.connection,
    })
  }
  const temporary = join(root, TEMPORARY)
  const pathOf = (key: string): string => join(root, ...key.split('/'))

  /** Publishes a finished file under its key, and makes the name durable. */
  async function publish(file: string, key: string, replace: boolean): Promise<void> {
    const path = pathOf(key)
    await mkdir(dirname(path), { recursive: true })
    if (replace) await rename(file, path)
    else {
      try {
        await link(file, path)
      } catch (error) {
        if (codeOf(error) === 'EEXIST') throw new ObjectExists(root, key)
        throw error
      } finally {
        await unlink(file)
      }
    }
    await syncFolders(path, root)
  }

  async function put(key: string, body: Buffer | Readable, { replace = false, signal }: PutOptions = {}) {
    await mkdir(temporary, { recursive: true })
    const file = join(temporary, `${process.pid}-${randomBytes(8).toString('hex')}`)
    try {
      const stored = await writeDurably(file, body, signal)
      await publish(file, key, replace)
      return stored
    } catch (error) {
      await rm(file, { force: true })
      throw error instanceof ArxError ? error : failed(`write ${key} to ${root}`, error)
    }
  }

  async function read(key: string, { first }: GetOptions = {}): Promise<Buffer> {
    try {
      if (first === undefined) return await readFile(pathOf(key))
      const handle = await open(pathOf(key))
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(first), 0, first, 0)
        return buffer.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    } catch (error) {
      throw isAbsence(error) ? new ObjectAbsent(root, key) : failed(`read ${key} in ${root}`, error)
    }
  }

  return {
    kind: 'directory',
    where: root,
    staging: temporary,
    put,
    read,
    async adopt(key, file) {
      const stored = await digestOf(file)
      const handle = await open(file, 'r+')
      await handle.sync().finally(() => handle.close())
      await publish(file, key, false)
      return stored
    },
    async get(key, { first, signal } = {}) {
      const stream = createReadStream(pathOf(key), {
        ...(first === undefined ? {} : { end: first - 1 }),
        ...(signal ? { signal } : {}),
      })
      return new Promise((resolve, reject) => {
        stream.once('open', () => resolve(stream))
        stream.once('error', (error) => {
          reject(isAbsence(error) ? new ObjectAbsent(root, key) : failed(`read ${key} in ${root}`, error))
        })
      })
    },
    async stat(key) {
      try {
        const { size, mtime } = await stat(pathOf(key))
        return { key, bytes: size, modified: mtime }
      } catch (error) {
        if (isAbsence(error)) return undefined
        throw failed(`look at ${key} in ${root}`, error)
      }
    },
    list: (prefix) => listed(root, prefix),
    async remove(key) {
      try {
        await unlink(pathOf(key))
      } catch (error) {
        if (isAbsence(error)) return
        if (['EPERM', 'EACCES', 'EROFS'].includes(codeOf(error) ?? '')) {
          throw new RemovalRefused(root, key, (error as Error).message)
        }
        throw failed(`remove ${key} in ${root}`, error)
      }
    },
    async swap(key, expected, next) {
      if (expected === undefined) {
        return put(key, next).then(
          () => true,
          (error) => {
            if (error instanceof ObjectExists) return false
            throw error
          },
        )
      }
      return swapped(pathOf(key), expected, () => put(key, next, { replace: true }))
    },
    async sweep(olderThanMs) {
      const names = await readdir(temporary).catch(() => [])
      let swept = 0
      for (const name of names) {
        const file = join(temporary, name)
        const found = await stat(file).catch(() => undefined)
        if (!found || Date.now() - found.mtimeMs < olderThanMs) continue
        await rm(file, { recursive: true, force: true })
        swept++
      }
      return swept
    },
    async close() {},
  }
}

async function writeDurably(file: string, body: Buffer | Readable, signal?: AbortSignal): Promise<Stored> {
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

async function digestOf(file: string): Promise<Stored> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** A name is durable when its folder is synced; so are the folders that were made for it. */
async function syncFolders(path: string, root: string): Promise<void> {
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

/** Replaces what is exactly `expected`, one process at a time: the lock file is made exclusively, and stolen after a minute. */
async function swapped(path: string, expected: Buffer, replace: () => Promise<unknown>): Promise<boolean> {
  const guard = `${path}.swap`
  const old = await stat(guard).catch(() => undefined)
  if (old && Date.now() - old.mtimeMs > 60_000) await rm(guard, { force: true })
  let handle: FileHandle
  try {
    handle = await open(guard, 'wx')
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
  try {
    const found = await readFile(path).catch(() => undefined)
    if (!found?.equals(expected)) return false
    await replace()
    return true
  } finally {
    await handle.close()
    await rm(guard, { force: true })
  }
}

async function listed(root: string, prefix: string): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = []
  const visit = async (folder: string, key: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (key === '' && entry.name === TEMPORARY) continue
      if (entry.isDirectory()) await visit(path, `${key}${entry.name}/`)
      else if (entry.isFile() && !entry.name.endsWith('.swap')) {
        const { size, mtime } = await stat(path)
        found.push({ key: `${key}${entry.name}`, bytes: size, modified: mtime })
      }
    }
  }
  try {
    await visit(join(root, ...prefix.split('/').filter(Boolean)), prefix)
  } catch (error) {
    // Only the prefix itself may be absent; what vanishes below it makes the list a guess.
    if (isAbsence(error) && found.length === 0 && (await stat(root).catch(() => undefined))) return []
    throw failed(`list ${prefix || 'the repository'} in ${root}`, error)
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

const failed = (what: string, cause: unknown): ArxError =>
  new ArxError({
    code: codeOf(cause) === 'ENOSPC' ? 'disk-full' : 'repository-failed',
    message: `cannot ${what}`,
    detail: (cause as Error).message,
    hint: codeOf(cause) === 'ENOSPC' ? 'free space there, or arxdb backup prune --dry-run' : undefined,
    cause,
  })
