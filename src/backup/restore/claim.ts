// Whose a directory is while it is restored into: of two that find it empty in the same moment, one goes on; and what a
// killed restore left is never taken for a restored cluster.
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { isRunning, markOf, type ProcessMark } from '../../programs/process.ts'
import { emptyFolder } from './chain.ts'

export const CLAIM = 'arxdb-restore-unfinished.json'

interface Claim extends ProcessMark {
  readonly label: string
  readonly since: string
}

/** Makes the directory, empty but for a file that says who fills it. Refused (exit 6) where anything else is there. */
export async function claim(into: string, label: string, account: Account | undefined): Promise<void> {
  await mkdir(into, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new ArxError({
      code: 'not-empty',
      message: `cannot restore into ${into}`,
      detail: `it cannot be made: ${cause.message}`,
      exit: EXIT.refused,
      cause,
    })
  })
  await note(into, label)
  try {
    await emptyFolder(into, CLAIM)
    if (account) await chown(into, account.uid, account.gid)
  } catch (error) {
    await release(into)
    throw error
  }
}

/** The claim alone, in a directory that pgBackRest, which wants it empty, has filled. */
export async function note(into: string, label: string): Promise<void> {
  const mine: Claim = { ...markOf(process.pid), label, since: new Date().toISOString() }
  try {
    await writeFile(join(into, CLAIM), JSON.stringify(mine), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw taken(into)
  }
}

export const release = (into: string): Promise<void> => rm(join(into, CLAIM), { force: true })

/** What an unfinished restore left there, in words; undefined for anything else. Refused (exit 6) while it is at work. */
export async function unfinishedIn(into: string): Promise<string | undefined> {
  const text = await readFile(join(into, CLAIM), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  let found: Claim | undefined
  try {
    found = JSON.parse(text) as Claim
  } catch {}
  if (found && isRunning(found)) throw taken(into)
  return found?.label ? `an unfinished restore of ${found.label}, begun ${found.since}` : 'an unfinished restore'
}

const taken = (into: string): ArxError =>
  new ArxError({
    code: 'restore-running',
    message: `another restore is at work in ${into}`,
    hint: 'wait for it, or give another directory',
    exit: EXIT.refused,
  })
