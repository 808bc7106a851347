// What one call notes for the next ones: small files below a folder of this user's own, which hold for minutes.
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const VALID_MS = 10 * 60_000

export interface Notes {
  /** Undefined for none, for an old one, and for one that somebody else may have written. */
  read(name: string): Promise<string | undefined>
  /** Without notes everything is done again, which is slower and as safe: no failure is told. */
  write(name: string, text: string): Promise<void>
}

export const notesIn = (place: string): Notes => ({
  async read(name) {
    try {
      const { mtimeMs } = await stat(join(place, name))
      const young = Math.abs(Date.now() - mtimeMs) < VALID_MS
      return young && (await isOurs(place)) ? await readFile(join(place, name), 'utf8') : undefined
    } catch {
      return undefined
    }
  },
  async write(name, text) {
    try {
      await mkdir(place, { recursive: true, mode: 0o700 })
      if (!(await isOurs(place))) return
      const draft = join(place, `${name}.${process.pid}`)
      await writeFile(draft, text, { mode: 0o600 })
      await rename(draft, join(place, name))
      await forget(place)
    } catch {}
  },
})

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
