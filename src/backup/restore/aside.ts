// What stands where something is restored to is moved aside, never deleted; and back, where the restore came to nothing.
import { lchown, lstat, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'

const STAMPED = /\.before-\d{8}T\d{6}Z$/

/** A rename: nothing is deleted, and it fails where the directory is a mount point. */
export async function moveAside(into: string): Promise<string> {
  const to = `${into}.before-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`
  try {
    await rename(into, to)
  } catch (error) {
    throw new ArxError({
      code: 'not-moved',
      message: `cannot move ${into} aside`,
      detail: (error as Error).message,
      hint: `restore into another directory of ${dirname(into)}`,
      exit: EXIT.refused,
      cause: error,
    })
  }
  await relink(to, into, to)
  return to
}

/** The other way round. What is in `into` goes. */
export async function moveBack(moved: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true })
  await rename(moved, into)
  await relink(into, moved, into)
}

/**
 * What earlier restores moved aside. One that was killed had no time to say so, nor to have the tablespaces follow, which
 * is done here: before `into` is filled.
 */
export async function movedBefore(into: string): Promise<readonly string[]> {
  const names = await readdir(dirname(into)).catch((): string[] => [])
  const before = names
    .filter((name) => name.startsWith(`${basename(into)}.before-`))
    .map((name) => join(dirname(into), name))
  for (const path of before) if (STAMPED.test(path)) await relink(path, into, path)
  return before
}

/**
 * Tablespaces below the directory went along, and the links to them say the old path: there the next restore puts its own,
 * and a server on what was moved aside would write into them.
 */
async function relink(dataDir: string, from: string, to: string): Promise<void> {
  const folder = join(dataDir, 'pg_tblspc')
  for (const oid of await readdir(folder).catch((): string[] => [])) {
    const link = join(folder, oid)
    const leads = await readlink(link).catch(() => undefined)
    if (!leads?.startsWith(`${from}${sep}`)) continue
    const place = join(to, leads.slice(from.length))
    const there = await lstat(place).catch(() => undefined)
    if (!there) continue
    const { uid, gid } = await lstat(link)
    const fresh = `${link}.arxdb-new`
    await rm(fresh, { force: true })
    await symlink(place, fresh)
    await lchown(fresh, uid, gid)
    await rename(fresh, link)
  }
}
