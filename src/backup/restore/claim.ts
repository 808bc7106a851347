// Whose a directory is while it is restored into: of two that find it empty in the same moment, one goes on; and what a
// killed restore left is never taken for a restored cluster.
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { isRunning, markOf, type ProcessMark, processPlace } from '../../programs/process.ts'
import { emptyFolder } from './chain.ts'

export const CLAIM = 'arxdb-restore-unfinished.json'

/** Beside the directory, where pgBackRest, which wants it empty, is to fill it. */
const beside = (into: string): string => `${into}.${CLAIM}`
const inside = (into: string): string => join(into, CLAIM)

/** A claim is touched so often, and one of another host or container that was not for so long is nobody's. */
const TOUCH_MS = 5_000
const LIVE_MS = 60_000

export interface What {
  readonly label: string
  /** Where tablespaces go that do not lie in the directory. */
  readonly outside?: readonly string[] | undefined
}

interface Claim extends ProcessMark, What {
  readonly since: string
  /** Where its process number means something. */
  readonly place?: string
}

const touching = new Map<string, NodeJS.Timeout>()

/** Makes the directory, empty but for a file that says who fills it. Refused (exit 6) where anything else is there. */
export async function claim(
  into: string,
  what: What,
  account: Account | undefined,
  where: 'in it' | 'beside',
): Promise<void> {
  await mkdir(into, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new ArxError({
      code: 'not-empty',
      message: `cannot restore into ${into}`,
      detail: `it cannot be made: ${cause.message}`,
      exit: EXIT.refused,
      cause,
    })
  })
  if (where === 'in it') await note(into, what)
  else {
    // One that is dead was looked at before.
    await rm(beside(into), { force: true }).catch(() => {})
    await put(beside(into), into, what).catch((error: unknown) => {
      // The folder above may be closed to us: then nothing tells another restore, as without arxdb.
      if (error instanceof ArxError) throw error
    })
  }
  try {
    await emptyFolder(into, CLAIM)
    if (account) await chown(into, account.uid, account.gid)
  } catch (error) {
    await release(into)
    throw error
  }
}

/** The claim in the directory, also where pgBackRest has filled it. */
export const note = (into: string, what: What): Promise<void> => put(inside(into), into, what)

async function put(file: string, into: string, what: What): Promise<void> {
  const mine: Claim = { ...markOf(process.pid), ...what, since: new Date().toISOString(), place: processPlace() }
  try {
    await writeFile(file, JSON.stringify(mine), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw taken(into)
  }
  // Written, so that the time is that of the file system's clock; and not made again where somebody removed it.
  const touch = (): void => void writeFile(file, JSON.stringify(mine), { flag: 'r+' }).catch(() => {})
  touching.set(file, setInterval(touch, TOUCH_MS).unref())
}

/** Of this process's own; what others claimed stays. */
export async function release(into: string): Promise<void> {
  for (const file of [inside(into), beside(into)]) {
    const timer = touching.get(file)
    if (!timer) continue
    clearInterval(timer)
    touching.delete(file)
    await rm(file, { force: true })
  }
}

/** What an unfinished restore left there, in words; undefined for anything else. Refused (exit 6) while it is at work. */
export async function unfinishedIn(into: string): Promise<string | undefined> {
  for (const file of [inside(into), beside(into)]) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    let found: Claim | undefined
    try {
      found = JSON.parse(text) as Claim
    } catch {}
    if (found && (await isAtWork(found, file))) throw taken(into, found)
    const outside = found?.outside?.length ? `, which put tablespaces into ${found.outside.join(', ')} too` : ''
    return found?.label
      ? `an unfinished restore of ${found.label}, begun ${found.since}${outside}`
      : 'an unfinished restore'
  }
  return undefined
}

/** Of another host or container nobody here sees the process: that it touches its claim has to tell. */
async function isAtWork(found: Claim, file: string): Promise<boolean> {
  const here = processPlace()
  const [host] = here.split(' ')
  if (found.place === undefined || found.place === here) return isRunning(found)
  // This host before it was started anew.
  if (found.place.split(' ')[0] === host && found.boot !== markOf(process.pid).boot) return false
  const { mtimeMs } = await stat(file)
  return (await fileTime(file)) - mtimeMs < LIVE_MS
}

/** Now by the clock that writes the times of files: over a network it is not ours. */
async function fileTime(file: string): Promise<number> {
  const probe = `${file}.${process.pid}`
  try {
    await writeFile(probe, '', { mode: 0o600 })
    return (await stat(probe)).mtimeMs
  } catch {
    return Date.now()
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}

const taken = (into: string, by?: Claim): ArxError => {
  const elsewhere = by?.place !== undefined && by.place !== processPlace()
  return new ArxError({
    code: 'restore-running',
    message: `another restore is at work in ${into}`,
    detail: elsewhere ? `begun ${by.since} on ${by.place!.split(' ')[0]}, process ${by.pid} there` : undefined,
    hint: elsewhere
      ? 'wait for it, or give another directory; once it is dead, a minute later this goes on'
      : 'wait for it, or give another directory',
    exit: EXIT.refused,
  })
}
