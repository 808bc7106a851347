// One process at a time on one name in a folder, where the file system has nothing better: a file beside it that is made
// exclusively. Who died with it in hand is passed by after a minute, by the clock of the file system.
import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export const GUARD = '.swap'

const STALE_MS = 60_000
/** Nobody takes this long between seeing that a guard is stale and replacing it. */
const SETTLE_MS = 1_000

/** Does `work` while it holds the name; undefined, and nothing done, while somebody else does. */
export async function guarded<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  const guard = `${path}${GUARD}`
  const token = randomBytes(16).toString('hex')
  if (!(await taken(guard, token))) return undefined
  try {
    return await work()
  } finally {
    if ((await readFile(guard, 'utf8').catch(() => '')) === token) await rm(guard, { force: true })
  }
}

async function taken(guard: string, token: string): Promise<boolean> {
  try {
    const handle = await open(guard, 'wx')
    try {
      await handle.writeFile(token).finally(() => handle.close())
    } catch (error) {
      // On a full disk there is room for its name alone: left there, it would keep everybody off for a minute.
      await rm(guard, { force: true })
      throw error
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const mine = `${guard}-${token}${GUARD}`
  try {
    await writeFile(mine, token, { flag: 'wx' })
    const [now, old] = await Promise.all([stat(mine), stat(guard).catch(() => undefined)])
    if (!old || now.mtimeMs - old.mtimeMs < STALE_MS) return false
    // Of several that find it stale the last one has it, once none of them can still be at it.
    await rename(mine, guard)
    await sleep(SETTLE_MS)
    return (await readFile(guard, 'utf8').catch(() => '')) === token
  } finally {
    await rm(mine, { force: true })
  }
}
