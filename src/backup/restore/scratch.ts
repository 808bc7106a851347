// A folder for WAL that is looked into before a restore. What was encrypted lies open there: a killed run leaves it to its
// own account alone, and to the next run to remove.
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caller } from '../../programs/account.ts'
import { isRunning, markOf, type ProcessMark } from '../../programs/process.ts'

const PREFIX = 'arxdb-waldump-'
const OWNER = 'owner.json'

/** Makes one for the time of `body`. */
export async function inScratch<T>(body: (folder: string) => Promise<T>): Promise<T> {
  await sweep()
  const folder = await mkdtemp(join(tmpdir(), PREFIX))
  try {
    await writeFile(join(folder, OWNER), JSON.stringify(markOf(process.pid)))
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function sweep(): Promise<void> {
  const names = await readdir(tmpdir()).catch((): string[] => [])
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    try {
      // Believed only from a folder of our own: /tmp is everybody's.
      const [found, record] = [await lstat(folder), await lstat(join(folder, OWNER))]
      const { uid } = caller()
      if (!found.isDirectory() || found.uid !== uid || record.uid !== uid) continue
      if (isRunning(JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as ProcessMark)) continue
      await rm(folder, { recursive: true, force: true })
    } catch {}
  }
}
