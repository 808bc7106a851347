// The one thing that arxdb writes into a config file: what is to be kept of a table.
import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { ArxError, EXIT } from '../errors.ts'
import { invalid } from './find.ts'
import type { FilePolicy } from './schema.ts'

/**
 * Merges `policy` into the file's entry of `table`; a file that is not there is made. The file is written beside the old one
 * and renamed over it, so a reader sees one or the other, and is read back.
 */
export async function addPolicy(path: string, table: string, policy: FilePolicy): Promise<void> {
  // A link stays one: what it points at is replaced.
  const target = await realpath(path).catch(() => path)
  const before = await readFile(target, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  const config = JSON.parse(before.replace(/^\uFEFF/, '')) as Record<string, unknown>
  const policies = (config.policy ?? {}) as Record<string, FilePolicy>
  const after = { ...config, policy: { ...policies, [table]: { ...policies[table], ...policy } } }
  const { validate } = await import('./validate.ts')
  const problems = validate(after, path)
  if (Array.isArray(problems)) throw invalid(problems, EXIT.usage)
  const text = `${JSON.stringify(after, undefined, 2)}\n`
  await replace(target, text)
  if ((await readFile(target, 'utf8')) !== text)
    throw new ArxError({ code: 'config-not-written', message: `${path} does not hold what was written to it` })
}

async function replace(target: string, text: string): Promise<void> {
  const mode = (await stat(target).catch(() => undefined))?.mode
  const draft = `${target}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(draft, 'wx', mode === undefined ? 0o644 : mode & 0o777)
    try {
      // The umask may have taken what the file had.
      if (mode !== undefined) await file.chmod(mode & 0o777)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
