// What connect/ asks of the file system; tests bring their own.
import { readFile, stat } from 'node:fs/promises'

export interface FileInfo {
  /** Permission bits. */
  readonly mode: number
  readonly isFile: boolean
  readonly isSocket: boolean
}

export interface Files {
  /** Undefined when there is no such file; other failures throw. */
  read(path: string): Promise<string | undefined>
  info(path: string): Promise<FileInfo | undefined>
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

export const diskFiles: Files = {
  read: (path) => unlessAbsent(readFile(path, 'utf8')),
  async info(path) {
    const found = await unlessAbsent(stat(path))
    return found && { mode: found.mode & 0o777, isFile: found.isFile(), isSocket: found.isSocket() }
  },
}
