// A repository in a folder. An object is written beside its place, synced, and published by link(2), which fails where
// something stands already; so two writers cannot both win, and a crash leaves only a temporary file.
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { ArxError, EXIT } from '../../errors.ts'
import { isFullCode } from '../../programs/full-disk.ts'
import { step } from '../../steps.ts'
import { digestOf } from '../digest.ts'
import { linked, syncFolders, writeDurably } from './durable.ts'
import { codeOf, filesBelow, holdsFiles, isAbsence, isSame, lastWritten } from './folder.ts'
import { GUARD, guarded } from './guard.ts'
import { ObjectAbsent, ObjectExists, RemovalRefused } from './outcomes.ts'
import type { GetOptions, PutOptions, Store } from './store.ts'

const TEMPORARY = '.arxdb-tmp'

const ours = (key: string): boolean => key !== TEMPORARY && !key.endsWith(GUARD)

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
  const gone = (): ArxError =>
    new ArxError({
      code: 'repository-absent',
      message: `the repository ${root} went away`,
      detail: 'its folder is not the one that it was; was its file system unmounted?',
      exit: EXIT.connection,
    })
  /** Nothing is absent from a repository that is not there itself. */
  const absent = async (key: string): Promise<ArxError> =>
    (await isSame(root, found)) ? new ObjectAbsent(root, key) : gone()
  const temporary = join(root, TEMPORARY)
  const pathOf = (key: string): string => join(root, ...key.split('/'))

  /** Publishes a finished file under its key, and makes the name durable. */
  async function publish(file: string, key: string, replace: boolean): Promise<void> {
    const path = pathOf(key)
    for (let attempt = 1; ; attempt++) {
      try {
        await mkdir(dirname(path), { recursive: true })
        if (replace) await rename(file, path)
        else if (!(await linked(file, path, temporary))) throw new ObjectExists(root, key)
        break
      } catch (error) {
        // Its folder was empty, and went in this moment with the last object that had been in it.
        if (codeOf(error) !== 'ENOENT' || attempt === 20 || !(await stat(file).catch(() => undefined))) throw error
      }
    }
    step('put named', key)
    await syncFolders(path, root)
  }

  /** Folders that hold nothing any more, but for the first ones below the root; whoever writes makes them anew. */
  async function removeEmpty(folder: string): Promise<void> {
    for (let at = folder; dirname(at).length > root.length; at = dirname(at)) {
      const error = await rmdir(at).catch((failure: unknown) => failure)
      if (error !== undefined) return
    }
  }

  async function put(key: string, body: Buffer | Readable, { replace = false, signal }: PutOptions = {}) {
    await mkdir(temporary, { recursive: true })
    const file = join(temporary, `${process.pid}-${randomBytes(8).toString('hex')}`)
    try {
      step('put begun', key)
      const stored = await writeDurably(file, body, signal)
      step('put written', key)
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
      throw isAbsence(error) ? await absent(key) : failed(`read ${key} in ${root}`, error)
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
    async open(key) {
      try {
        return await open(pathOf(key))
      } catch (error) {
        throw isAbsence(error) ? await absent(key) : failed(`read ${key} in ${root}`, error)
      }
    },
    async get(key, { first, signal } = {}) {
      const stream = createReadStream(pathOf(key), {
        highWaterMark: 1 << 18,
        ...(first === undefined ? {} : { end: first - 1 }),
        ...(signal ? { signal } : {}),
      })
      return new Promise((resolve, reject) => {
        stream.once('open', () => resolve(stream))
        stream.once('error', async (error) => {
          reject(isAbsence(error) ? await absent(key) : failed(`read ${key} in ${root}`, error))
        })
      })
    },
    async stat(key) {
      try {
        const { size, mtime } = await stat(pathOf(key))
        return { key, bytes: size, modified: mtime }
      } catch (error) {
        if (!isAbsence(error)) throw failed(`look at ${key} in ${root}`, error)
        if (await isSame(root, found)) return undefined
        throw gone()
      }
    },
    async list(prefix) {
      const objects = await filesBelow(join(root, ...prefix.split('/').filter(Boolean)), prefix, ours).catch(
        (error) => {
          throw failed(`list ${prefix || 'the repository'} in ${root}`, error)
        },
      )
      if (await isSame(root, found)) return objects
      throw gone()
    },
    async holds(prefix) {
      const below = join(root, ...prefix.split('/').filter(Boolean))
      const holding = await holdsFiles(below, prefix, ours).catch((error) => {
        throw failed(`look below ${prefix || 'the repository'} in ${root}`, error)
      })
      if (holding || (await isSame(root, found))) return holding
      throw gone()
    },
    async remove(key) {
      try {
        step('removing', key)
        await unlink(pathOf(key))
        step('removed', key)
        await removeEmpty(dirname(pathOf(key)))
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
      const path = pathOf(key)
      await mkdir(temporary, { recursive: true })
      const done = await guarded(path, temporary, async () => {
        const current = await readFile(path).catch(() => undefined)
        if (!current?.equals(expected)) return false
        await put(key, next, { replace: true })
        return true
      }).catch((error) => {
        if (isAbsence(error)) return false
        throw error instanceof ArxError ? error : failed(`write ${key} to ${root}`, error)
      })
      return done ?? false
    },
    async sweep(olderThanMs) {
      const names = await readdir(temporary).catch(() => [])
      if (names.length === 0) return 0
      // The file system's own clock, which may be another host's.
      const clock = join(temporary, `${process.pid}-${randomBytes(8).toString('hex')}`)
      await writeFile(clock, '')
      const now = (await stat(clock)).mtimeMs
      await rm(clock, { force: true })
      let swept = 0
      for (const name of names) {
        const file = join(temporary, name)
        // A folder is as old as what is written in it: a base backup may take hours for one file.
        const written = await lastWritten(file)
        if (written === undefined || now - written < olderThanMs) continue
        await rm(file, { recursive: true, force: true })
        swept++
      }
      return swept
    },
    async close() {},
  }
}

const failed = (what: string, cause: unknown): ArxError =>
  new ArxError({
    code: isFullCode(cause) ? 'disk-full' : 'repository-failed',
    message: `cannot ${what}`,
    detail: (cause as Error).message,
    hint: isFullCode(cause) ? 'free space there, or arxdb backup prune --dry-run' : undefined,
    cause,
  })
