// What this host has stored a moment ago, so that the call after a batch need not ask the store for each file again. A note
// is written only when the store has confirmed, holds for minutes, and names the file's content and the repository by the
// id that it has now: a bucket that was emptied, or made anew, has not got what was stored in the one before.
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FoundFile } from './segment-file.ts'

const VALID_MS = 10 * 60_000

export interface Acknowledged {
  has(found: FoundFile): Promise<boolean>
  note(found: FoundFile): Promise<void>
}

/**
 * Notes for one repository below `folder`, which nobody else may write. Without such a folder there are none. `address`
 * is where it lies, `id` what it calls itself.
 */
export function acknowledgements(folder: string, address: string, id: string): Acknowledged {
  const place = join(folder, createHash('sha256').update(`${id} ${address}`).digest('hex').slice(0, 16))
  const fileOf = ({ systemId, file }: FoundFile): string => join(place, `${systemId}-${file.name}`)
  return {
    async has(found) {
      try {
        const { mtimeMs } = await stat(fileOf(found))
        const young = Math.abs(Date.now() - mtimeMs) < VALID_MS
        return young && (await isOurs(place)) && (await readFile(fileOf(found), 'utf8')) === found.sha256
      } catch {
        return false
      }
    },
    async note(found) {
      try {
        await mkdir(place, { recursive: true, mode: 0o700 })
        if (!(await isOurs(place))) return
        const draft = `${fileOf(found)}.${process.pid}`
        await writeFile(draft, found.sha256, { mode: 0o600 })
        await rename(draft, fileOf(found))
        await forget(place)
      } catch {
        // Without notes everything is asked again, which is slower and as safe.
      }
    },
  }
}

/** A folder in /tmp may be somebody else's, who would have us report success for what is not stored. */
async function isOurs(place: string): Promise<boolean> {
  const found = await lstat(place)
  return found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0
}

async function forget(place: string): Promise<void> {
  const names = await readdir(place)
  if (names.length < 64) return
  for (const name of names) {
    const { mtimeMs } = await stat(join(place, name))
    if (Date.now() - mtimeMs > VALID_MS) await rm(join(place, name), { force: true })
  }
}
