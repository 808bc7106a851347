// What is written beside a file until it is whole, under the writing process's id; and what became of processes that were
// killed at it: recovery ends by killing its restore_command, and nobody else would remove 16 MB from pg_wal.
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { walFile } from './names.ts'

const DRAFT = /^(.+)\.arxdb-(\d+)$/
/** What PostgreSQL has files brought back as. */
export const RECOVERY: readonly string[] = ['RECOVERYXLOG', 'RECOVERYHISTORY']

/** The name of this process's draft of `target`. */
export const draftOf = (target: string): string => `${target}.arxdb-${process.pid}`

/** Removes the drafts beside `target` whose processes are no more. What cannot be removed stays: a file is waited for. */
export async function sweepDrafts(target: string): Promise<void> {
  const folder = dirname(target)
  for (const found of await readdir(folder).catch(() => [])) {
    const [, of = '', pid] = DRAFT.exec(found) ?? []
    const name = basename(target)
    const ours = of === name || of.startsWith(`${name}.`) || RECOVERY.includes(of) || walFile(of) !== undefined
    if (ours && !isAlive(Number(pid))) await rm(join(folder, found), { force: true }).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
