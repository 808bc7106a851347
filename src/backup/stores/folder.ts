// What lies in a folder, seen whole: nothing that could be read is left out, and a file system that went away is no folder
// without files.
import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoredObject } from './store.ts'

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
export const isAbsence = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'

/** Undefined for what is not there, of all that may go wrong. */
async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

/** Every file below `folder` that `wanted` says yes to, in order of keys. What is removed meanwhile is not there. */
export async function filesBelow(
  folder: string,
  key: string,
  wanted: (key: string) => boolean,
): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = []
  const visit = async (path: string, prefix: string): Promise<void> => {
    for (const entry of (await ifThere(readdir(path, { withFileTypes: true }))) ?? []) {
      const name = `${prefix}${entry.name}`
      if (!wanted(name)) continue
      const inside = join(path, entry.name)
      if (entry.isDirectory()) await visit(inside, `${name}/`)
      else if (entry.isFile()) {
        const known = await ifThere(stat(inside))
        if (known) found.push({ key: name, bytes: known.size, modified: known.mtime })
      }
    }
  }
  await visit(folder, key)
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Whether there is any such file; ends at the first one. */
export async function holdsFiles(folder: string, key: string, wanted: (key: string) => boolean): Promise<boolean> {
  for (const entry of (await ifThere(readdir(folder, { withFileTypes: true }))) ?? []) {
    const name = `${key}${entry.name}`
    if (!wanted(name)) continue
    if (entry.isFile()) return true
    if (entry.isDirectory() && (await holdsFiles(join(folder, entry.name), `${name}/`, wanted))) return true
  }
  return false
}

/** When something below it was last written; of a file, when it was. Undefined when it is gone. */
export async function lastWritten(path: string): Promise<number | undefined> {
  const known = await ifThere(stat(path))
  if (!known?.isDirectory()) return known?.mtimeMs
  const inside = await filesBelow(path, '', () => true)
  return Math.max(known.mtimeMs, ...inside.map(({ modified }) => modified.getTime()))
}

/** Whether the folder is the one that it was: an unmounted file system leaves an empty one of the same name behind. */
export async function isSame(folder: string, as: Stats): Promise<boolean> {
  const now = await ifThere(stat(folder))
  return now?.dev === as.dev && now.ino === as.ino
}
