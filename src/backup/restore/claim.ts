// Whose a directory is while it is restored into: of two that find it empty in the same moment, one goes on.
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { isRunning, markOf, type ProcessMark } from '../../programs/process.ts'
import { emptyFolder } from './chain.ts'

export const CLAIM = 'arxdb-restoring.json'

/** Makes the directory, empty but for a file that says who fills it. Refused (exit 6) where anything else is there. */
export async function claim(into: string, account: Account | undefined): Promise<void> {
  const file = join(into, CLAIM)
  await mkdir(into, { recursive: true, mode: 0o700 }).catch((cause: NodeJS.ErrnoException) => {
    throw new ArxError({
      code: 'not-empty',
      message: `cannot restore into ${into}`,
      detail: `it cannot be made: ${cause.message}`,
      exit: EXIT.refused,
      cause,
    })
  })
  try {
    await writeFile(file, JSON.stringify(markOf(process.pid)), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw taken(into)
  }
  try {
    await emptyFolder(into, CLAIM)
    if (account) await chown(into, account.uid, account.gid)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

export const release = (into: string): Promise<void> => rm(join(into, CLAIM), { force: true })

/** What an earlier restore says that was killed; refused (exit 6) while it is still at work. */
export async function unfinished(into: string): Promise<boolean> {
  const text = await readFile(join(into, CLAIM), 'utf8').catch(() => undefined)
  if (text === undefined) return false
  let mark: ProcessMark | undefined
  try {
    mark = JSON.parse(text) as ProcessMark
  } catch {}
  if (mark && isRunning(mark)) throw taken(into)
  return true
}

const taken = (into: string): ArxError =>
  new ArxError({
    code: 'restore-running',
    message: `another restore is at work in ${into}`,
    hint: 'wait for it, or give another directory',
    exit: EXIT.refused,
  })
