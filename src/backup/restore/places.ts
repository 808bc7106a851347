// Directories that nothing is restored into, whatever is typed: what other things live by would be moved or filled.
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'

/** The path behind links, as far as it is there. */
export function realPlace(path: string): string {
  for (let at = path, rest = ''; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), rest)
    } catch {
      if (at === dirname(at)) return path
      rest = join(at.slice(dirname(at).length).replace(sep, ''), rest)
    }
  }
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}${sep}`)

/** Refuses (exit 6) a place in the repository or above it, inside of a data directory, or above one that a server runs on. */
export function refuseSpecial(into: string, repo: string): void {
  const place = realPlace(into)
  const store = repo.startsWith('s3://') ? undefined : realPlace(repo)
  if (store !== undefined && (isBelow(place, store) || isBelow(store, place))) {
    throw refused(into, `the repository is ${repo}`)
  }
  for (let at = dirname(place); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'PG_VERSION')) && existsSync(join(at, 'global'))) {
      throw refused(into, `it lies in ${at}, which is a data directory`)
    }
  }
  if (!existsSync(place)) return
  // One that runs on this very directory has words of its own.
  const other = serversBelow(place).find(({ folder }) => folder !== place)
  if (other) throw refused(into, `a server runs in ${other.folder} (process ${other.pid})`)
}

/** Servers of this machine by the directory that they work in, as far as this account may see it. */
function serversBelow(place: string): readonly { pid: number; folder: string }[] {
  let pids: readonly string[]
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
  return pids.flatMap((pid) => {
    try {
      const folder = readlinkSync(`/proc/${pid}/cwd`)
      if (!isBelow(folder, place) || !existsSync(join(folder, 'PG_VERSION'))) return []
      return /postgres|postmaster/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        ? [{ pid: Number(pid), folder }]
        : []
    } catch {
      return []
    }
  })
}

const refused = (into: string, detail: string): ArxError =>
  new ArxError({
    code: 'place-in-use',
    message: `nothing is restored into ${into}`,
    detail,
    hint: 'give a directory that is not there yet, on a disk with room',
    exit: EXIT.refused,
  })
