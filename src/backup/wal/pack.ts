// A file of pg_wal into a folder, compressed by the zstd program: it reads the one file and writes the other itself.
import { randomBytes } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError } from '../../errors.ts'
import { byProgram } from '../sealing/seal.ts'
import { zstdFile } from '../sealing/zstd-program.ts'
import type { Store } from '../stores/store.ts'
import { headerLine, type WalHeader } from './header.ts'

/** Stores it as `key`, behind its header; false, and nothing done, where it has to go as a stream. */
export async function putByProgram(
  { staging, adopt, where }: Store,
  key: string,
  path: string,
  header: WalHeader,
  signal: AbortSignal,
): Promise<boolean> {
  if (!staging || !adopt || !byProgram(header.sealed)) return false
  await mkdir(staging, { recursive: true })
  const file = join(staging, `${process.pid}-${randomBytes(8).toString('hex')}`)
  try {
    const from = await open(path)
    try {
      const to = await open(file, 'wx', 0o640)
      try {
        await to.write(headerLine(header))
        await zstdFile('compress', from, to, signal)
      } finally {
        await to.close()
      }
    } finally {
      await from.close()
    }
    await adopt(key, file)
    return true
  } catch (error) {
    await rm(file, { force: true })
    throw error instanceof ArxError ? error : failed(key, where, error as Error)
  }
}

function failed(key: string, where: string, cause: Error): ArxError {
  const full = /ENOSPC|EDQUOT|No space left|quota/i.test(cause.message)
  return new ArxError({
    code: full ? 'disk-full' : 'repository-failed',
    message: `cannot write ${key} to ${where}`,
    detail: cause.message,
    hint: full ? 'free space there, or arxdb backup prune --dry-run' : undefined,
    cause,
  })
}
