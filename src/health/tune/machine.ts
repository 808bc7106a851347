// What the server may use: the machine's memory and processors, and of those what its control groups leave it. Read of
// the server's own process, which has to be here; never of another machine, and never guessed.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { GB } from './units.ts'

export interface Machine {
  /** Bytes. */
  readonly memory: number
  readonly cpus: number
  /** Where the figures come from, for a remark. */
  readonly origin: string
}

/** Where Linux tells it; tests put other folders in their place. */
export interface Places {
  readonly proc: string
  readonly cgroup: string
}

export const LINUX: Places = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

function read(...path: readonly string[]): string | undefined {
  try {
    return readFileSync(join(...path), 'utf8')
  } catch {
    return undefined
  }
}

export interface Backend {
  readonly pid: number
  readonly role_name: string
  readonly database: string
}

/** Whether that server process runs here: its title names role and database. In another container its number is another one. */
export function runsHere({ pid, role_name, database }: Backend, { proc }: Places = LINUX): boolean {
  const title = read(proc, String(pid), 'cmdline')?.replaceAll('\0', ' ') ?? ''
  return title.startsWith('postgres: ') && title.includes(` ${role_name} ${database} `)
}

/** What the process may use; undefined where the system does not tell. */
export function machineOf(pid: number, places: Places = LINUX): Machine | undefined {
  const [, total] = /^MemTotal:\s+(\d+) kB/m.exec(read(places.proc, 'meminfo') ?? '') ?? []
  const online = read(places.proc, 'stat')?.match(/^cpu\d+/gm)?.length
  if (total === undefined || online === undefined) return undefined
  const groups = groupsOf(pid, places)
  const memory = Math.min(Number(total) * 1024, ...groups.flatMap(memoryLimit))
  const cpus = Math.min(online, allowed(pid, places) ?? online, ...groups.flatMap(cpuLimit))
  const limits = [
    ...(memory < Number(total) * 1024 ? [`${(Number(total) / 1024 ** 2).toFixed(1)} GB of memory`] : []),
    ...(cpus < online ? [`${online} processors`] : []),
  ]
  const origin =
    limits.length > 0 ? `this machine, whose limits leave it that of ${limits.join(' and ')}` : 'this machine'
  return { memory, cpus: Math.max(1, Math.round(cpus)), origin }
}

/** How many processors a process may run on: `0-3,8`. */
function allowed(pid: number, { proc }: Places): number | undefined {
  const [, list] = /^Cpus_allowed_list:\s+(\S+)/m.exec(read(proc, String(pid), 'status') ?? '') ?? []
  return list?.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-')
    return sum + Number(last) - Number(first) + 1
  }, 0)
}

/** The folders of the groups that a process is in, with all above them: each of them limits. Of both generations. */
function groupsOf(pid: number, { proc, cgroup }: Places): readonly string[] {
  const lines = (read(proc, String(pid), 'cgroup') ?? '').split('\n')
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined) return []
    const names = controllers!.split(',')
    if (controllers !== '' && !names.includes('memory') && !names.includes('cpu')) return []
    const roots = controllers === '' ? ['', 'unified'] : [controllers!, ...names]
    return roots.flatMap((root) => ancestors(path).map((group) => join(cgroup, root, group)))
  })
}

function ancestors(path: string): readonly string[] {
  const all = [path]
  for (let at = path; at !== '/'; ) {
    at = posix.dirname(at)
    all.push(at)
  }
  return all
}

const memoryLimit = (group: string): readonly number[] =>
  [read(group, 'memory.max'), read(group, 'memory.limit_in_bytes')].flatMap((text) => {
    const limit = Number(text)
    return text !== undefined && limit > 0 ? [limit] : []
  })

function cpuLimit(group: string): readonly number[] {
  const [quota, period] =
    read(group, 'cpu.max')?.trim().split(' ') ??
    [read(group, 'cpu.cfs_quota_us'), read(group, 'cpu.cfs_period_us')].map((text) => text?.trim())
  const share = Number(quota) / Number(period)
  return share > 0 && Number.isFinite(share) ? [share] : []
}

/** `2 processors and 23.4 GB`. */
export const described = ({ memory, cpus }: Machine): string =>
  `${cpus} processor${cpus === 1 ? '' : 's'} and ${Number((memory / GB).toFixed(1))} GB of memory`
