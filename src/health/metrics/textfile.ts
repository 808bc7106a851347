// For node_exporter's textfile collector: the file is there whole, or is the one from before.
import { open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ArxError } from '../../errors.ts'

/** A draft that nobody has touched for so long belongs to a run that was killed. */
const LEFT_MS = 60_000

/** Writes beside the file, on the disk, and takes its name: who reads meanwhile has the old one, as after a SIGKILL. */
export async function writeTextfile(file: string, text: string, cwd: string, now: Date): Promise<void> {
  try {
    const named = resolve(cwd, file)
    const target = await realpath(named).catch(() => named)
    await sweep(target, now)
    // Does not end in .prom: the collector reads whatever does.
    const draft = join(dirname(target), `${prefixOf(target)}${process.pid}.part`)
    try {
      // Its reader is another user.
      const mode = (await stat(target).catch(() => undefined))?.mode ?? 0o644
      const handle = await open(draft, 'w', mode)
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(draft, target)
    } finally {
      await rm(draft, { force: true })
    }
  } catch (error) {
    const detail = (error as Error).message
    throw new ArxError({ code: 'cannot-write', message: `cannot write ${file}`, detail, cause: error })
  }
}

const prefixOf = (target: string): string => `.${basename(target)}.`

async function sweep(target: string, now: Date): Promise<void> {
  const prefix = prefixOf(target)
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix) || !/^\d+\.part$/.test(name.slice(prefix.length))) continue
    const draft = join(dirname(target), name)
    const written = (await stat(draft).catch(() => undefined))?.mtimeMs
    if (written !== undefined && now.getTime() - written > LEFT_MS) await rm(draft, { force: true })
  }
}
