// A folder for WAL that is looked into before a restore. What was encrypted lies open there.
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { runFolder } from '../staging.ts'

/** Makes one for the time of `body`. */
export async function inScratch<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await runFolder(tmpdir(), 'waldump')
  try {
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
