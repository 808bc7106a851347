// Folders for the time of one run. What is in them may be all of a database in the clear, so the name says which process
// made it, and the next run removes what a killed one left.
import { createHash } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { caller } from '../programs/account.ts'
import { isRunning, markOf, processPlace } from '../programs/process.ts'
import { lastWritten } from './stores/folder.ts'

/** arxdb-WHAT-PID-BORN-HERE-BOOT-XXXXXX; HERE tells host and process numbers apart, BOOT when they began. */
const NAME = /^arxdb-.+-(\d+)-(\d*)-([0-9a-f]{8})-([0-9a-f]{8})-\w{6}$/
/** Of another boot nothing runs any more; only a host that took over name and numbers of another might say so wrongly. */
const LONG_MS = 2 * 86_400_000

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

const here = (): string => short(processPlace())

/** Makes one below `parent`, which is made too, and which nobody else may look into; removes what killed runs left there. */
export async function runFolder(parent: string, what: string): Promise<string> {
  await mkdir(parent, { recursive: true })
  await sweepFolders(parent)
  const { pid, born, boot } = markOf(process.pid)
  return mkdtemp(join(parent, `arxdb-${what}-${pid}-${born}-${here()}-${short(boot)}-`))
}

/** Only folders of this user count: a temporary folder is everybody's. */
async function sweepFolders(parent: string): Promise<void> {
  const { boot } = markOf(process.pid)
  for (const name of await readdir(parent).catch(() => [])) {
    const [, pid, born = '', place, began] = NAME.exec(name) ?? []
    if (pid === undefined || place !== here()) continue
    if (began === short(boot) && isRunning({ pid: Number(pid), born, boot })) continue
    const path = join(parent, name)
    try {
      const found = await lstat(path)
      if (found.uid !== caller().uid || !found.isDirectory()) continue
      const written = began === short(boot) ? 0 : await lastWritten(path)
      if (written === undefined || Date.now() - written < LONG_MS) continue
      await rm(path, { recursive: true, force: true, maxRetries: 3 })
    } catch {}
  }
}
