// One process at a time on one name in a folder, where the file system has nothing better: a file beside it that is made
// exclusively, and says who made it. Who died with it in hand is passed by: on this host at once, elsewhere after a minute,
// by the clock of the file system.
import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, markOf, type ProcessMark, processPlace } from '../../programs/process.ts'
import { step } from '../../steps.ts'

export const GUARD = '.swap'

const STALE_MS = 60_000
/** Nobody takes this long between seeing that a guard is stale and replacing it. */
const SETTLE_MS = 1_000

/**
 * Does `work` while it holds the name; undefined, and nothing done, while somebody else does. `drafts` is a folder of the
 * same file system, for what is temporary.
 */
export async function guarded<T>(path: string, drafts: string, work: () => Promise<T>): Promise<T | undefined> {
  const guard = `${path}${GUARD}`
  const holder: Holder = { id: randomBytes(16).toString('hex'), place: processPlace(), ...markOf(process.pid) }
  const token = JSON.stringify(holder)
  if (!(await taken(guard, token, join(drafts, `${process.pid}-${holder.id}`)))) return undefined
  step('guarded', path.slice(path.lastIndexOf('/') + 1))
  try {
    return await work()
  } finally {
    if ((await readFile(guard, 'utf8').catch(() => '')) === token) await rm(guard, { force: true })
  }
}

interface Holder extends ProcessMark {
  readonly id: string
  readonly place: string
}

/** Whether it was made by a process of this host that is no more. */
function isDead(token: string): boolean {
  try {
    const holder = JSON.parse(token) as Holder
    return holder.place === processPlace() && !isRunning(holder)
  } catch {
    return false
  }
}

async function taken(guard: string, token: string, mine: string): Promise<boolean> {
  try {
    await writeFile(mine, token, { flag: 'wx' })
    step('guard written')
    if (await placed(mine, guard, token)) return true
    const [now, old] = await Promise.all([stat(mine), stat(guard).catch(() => undefined)])
    if (!old) return false
    const dead = isDead(await readFile(guard, 'utf8').catch(() => ''))
    if (!dead && now.mtimeMs - old.mtimeMs < STALE_MS) return false
    // Of several that find it stale the last one has it, once none of them can still be at it.
    await rename(mine, guard)
    await sleep(SETTLE_MS)
    return (await readFile(guard, 'utf8').catch(() => '')) === token
  } finally {
    await rm(mine, { force: true })
  }
}

/** Under its name at once with its content, where the file system can do that; false where there is one. */
async function placed(mine: string, guard: string, token: string): Promise<boolean> {
  try {
    await link(mine, guard)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
  }
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
    return false
  }
}
