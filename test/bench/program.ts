// The program as a user has it: bin/arxdb.js with what was built last.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const PROGRAM = 'dist/main.js'

/** Whether a source is newer than what was built. */
export function isStale(): boolean {
  const built = statSync(PROGRAM).mtimeMs
  return readdirSync('src', { recursive: true, encoding: 'utf8' }).some(
    (name) => statSync(join('src', name)).mtimeMs > built,
  )
}
