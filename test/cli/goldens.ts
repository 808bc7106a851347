// Whole answers beside what they were: the line, how it ended, and both streams.
import { join } from 'node:path'
import { expect } from 'vitest'
import { displayWidth } from '../../src/render/text.ts'
import { packageRoot } from '../../src/statements/package-root.ts'
import type { Loaded } from './loaded.ts'
import type { Ended } from './session.ts'

/** Where an answer is looked at. */
export interface Place {
  /** On a terminal of this width; else in a pipe. */
  readonly terminal?: number
  readonly flags?: readonly string[]
}

/** Asks, and expects what `fixtures/golden/FILE.txt` holds, exit 0, and nothing wider than the terminal. */
export async function expectGolden(db: Loaded, argv: readonly string[], place: Place, file: string): Promise<Ended> {
  const { flags = [], ...where } = place
  const line = [...argv, ...flags]
  const ended = await db.ask(line, where)
  const { code, stdout, stderr } = ended
  const shown = `$ arxdb ${line.join(' ')}\n[exit ${code}]\n--- stderr\n${stderr}--- stdout\n${stdout}`
  await expect(shown).toMatchFileSnapshot(join(packageRoot(), 'fixtures/golden', `${file}.txt`))
  expect(code).toBe(0)
  const { terminal } = where
  if (terminal) {
    const wide = stdout.split('\n').filter((each) => displayWidth(each) > terminal)
    expect(wide, 'wider than the terminal').toEqual([])
  }
  return ended
}
