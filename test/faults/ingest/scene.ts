// What the tests of faults begin with: a file that was loaded once in peace, and the program that will load it in trouble.
import { type Bench, bench } from '../../engines/ingest-files.ts'
import type { Tier } from '../../servers/databases.ts'
import { FLAGS } from './awkward-file.ts'
import { type Picture, pictureOf } from './picture.ts'
import { makeProgram, type Program } from './program.ts'

export interface Scene {
  readonly b: Bench
  readonly program: Program
  readonly file: string
  /** What the peaceful load left, which is still there. */
  readonly clean: Picture
  close(): Promise<void>
}

export async function openScene(tier: Tier, name: string, text: string): Promise<Scene> {
  const [b, program] = await Promise.all([bench(tier), makeProgram()])
  const file = b.file(name, text)
  await b.load(file, FLAGS)
  const clean = await pictureOf(b, file)
  const close = async (): Promise<void> => {
    program.remove()
    await b.close()
  }
  return { b, program, file, clean, close }
}
