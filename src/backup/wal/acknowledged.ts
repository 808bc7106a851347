// What this host has stored a moment ago, so that the call after a batch need not ask the store for each file again. A note
// is written only when the store has confirmed, holds for minutes, and names the file's content and the repository by the
// id that it has now: a bucket that was emptied, or made anew, has not got what was stored in the one before.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { notesIn } from './notes.ts'
import type { FoundFile } from './segment-file.ts'

export interface Acknowledged {
  has(found: FoundFile): Promise<boolean>
  note(found: FoundFile): Promise<void>
}

/**
 * Notes for one repository below `folder`, which nobody else may write. Without such a folder there are none. `address`
 * is where it lies, `id` what it calls itself.
 */
export function acknowledgements(folder: string, address: string, id: string): Acknowledged {
  const notes = notesIn(join(folder, createHash('sha256').update(`${id} ${address}`).digest('hex').slice(0, 16)))
  const nameOf = ({ systemId, file }: FoundFile): string => `${systemId}-${file.name}`
  return {
    has: async (found) => (await notes.read(nameOf(found))) === found.sha256,
    note: (found) => notes.write(nameOf(found), found.sha256),
  }
}
