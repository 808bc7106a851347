// Wishes beside what the server has: what differs, by how much, and what stands in the way of changing it.
import type { Machine } from './machine.ts'
import type { GroupedWish } from './rules.ts'
import { SEEDS } from './seeds.ts'
import { canonical, ratio, spelled } from './units.ts'

/** A row of pg_settings. */
export interface Setting {
  readonly name: string
  readonly setting: string
  readonly unit: string | null
  readonly vartype: string
  readonly context: string
  readonly source: string
  readonly min_val: string | null
  readonly max_val: string | null
  readonly enumvals: readonly string[] | null
  readonly pending_restart: boolean
  readonly may_set: boolean
}

export interface TuneRow {
  readonly group: string
  readonly setting: string
  readonly current: string
  readonly recommended: string
  readonly differs: boolean
  /** How far from one to the other: `4x`, `off -> on`; null where nothing is to be done. */
  readonly diff: string | null
  /** What makes a change take effect. */
  readonly needs: 'restart' | 'reload' | null
  /** What the documents wrote that arxdb was asked for by. */
  readonly seed: string | null
  /** Why --apply leaves it alone. */
  readonly obstacle: string | null
  readonly reason: string
  /** Where the current value comes from. */
  readonly source: string
  readonly unit: string | null
}

export interface Server {
  readonly role_name: string
  readonly settings: ReadonlyMap<string, Setting>
  /** What the files hold for settings that wait for a restart. */
  readonly waiting: ReadonlyMap<string, string>
}

/** One row; undefined for a setting that this server does not know. */
export function compared({ group, setting, value, enough, reason }: GroupedWish, server: Server): TuneRow | undefined {
  const found = server.settings.get(setting)
  if (!found) return undefined
  const { unit, vartype, source } = found
  const current = canonical(found.setting, unit, vartype)
  const recommended = spelled(value, unit)
  const same = current === value || suffices(current, value, enough)
  const seed = SEEDS[setting]
  return {
    ...{ group, setting, unit, source, reason },
    current: spelled(current, unit),
    recommended: same ? spelled(current, unit) : recommended,
    differs: !same,
    diff: same ? null : distance(current, value, unit),
    needs: same ? null : found.context === 'postmaster' ? 'restart' : 'reload',
    seed: seed === undefined ? null : spelled(canonical(seed, unit, vartype), unit),
    obstacle: same ? null : (obstacle(found, value, current, server) ?? null),
  }
}

/** Of numbers that say how much, whatever unit they were written in, how many times; else both. */
const distance = (from: number | string, to: number | string, unit: string | null): string =>
  typeof from === 'number' && typeof to === 'number' && from > 0 && to > 0
    ? ratio(from, to)
    : `${spelled(from, unit)} -> ${spelled(to, unit)}`

function suffices(current: number | string, value: number | string, enough: GroupedWish['enough']): boolean {
  if (enough === undefined) return false
  if (typeof enough !== 'string') return enough.includes(String(current))
  if (typeof current === 'string' || typeof value === 'string') return false
  return enough === 'more' ? current >= value : current > 0 && current <= value
}

/** They make the memory bigger that the server asks the system for when it starts. */
const SHARED = ['shared_buffers', 'wal_buffers', 'max_connections', 'max_locks_per_transaction', 'max_worker_processes']

function obstacle(
  found: Setting,
  value: number | string,
  current: number | string,
  { role_name, settings, waiting }: Server,
): string | undefined {
  const { name, source, unit } = found
  if (settings.get('allow_alter_system')?.setting === 'off')
    return 'allow_alter_system is off: it has to be written into a file (arxdb tune --conf)'
  if (found.context === 'internal') return 'it is fixed when the server is built'
  if (source === 'command line') return "it stands on the server's command line, which no file can overrule"
  if (source === 'database' || source === 'user' || source === 'database user')
    return 'it is set for this database or role (alter database, alter role), which stands over it'
  if (typeof value === 'number') {
    const [least, most] = [found.min_val, found.max_val].map((text) =>
      text === null ? undefined : canonical(text, unit, found.vartype),
    ) as [number | undefined, number | undefined]
    if ((least !== undefined && value < least) || (most !== undefined && value > most && most > 0))
      return `this server takes it from ${found.min_val} to ${found.max_val}`
  } else if (found.enumvals && !found.enumvals.includes(value)) {
    return `this server was built without it: ${found.enumvals.join(', ')}`
  }
  const grows = SHARED.includes(name) && typeof value === 'number' && value > Number(current)
  if (grows && settings.get('huge_pages')?.setting === 'on')
    return 'huge_pages is on: the server would not start with more than what is reserved (shared_memory_size_in_huge_pages)'
  if (grows && settings.get('shared_memory_type')?.setting === 'sysv')
    return "shared_memory_type is sysv: the server would not start beyond the kernel's shmmax"
  const filed = waiting.get(name)
  if (filed !== undefined && canonical(filed, unit, found.vartype) === value)
    return 'it is set already, and waits for a restart of the server'
  if (!found.may_set) return `grant alter system on parameter ${name} to ${role_name}`
  return undefined
}

/** What is dangerous, or dear, as it is now. */
export function warnings({ settings }: Server, { memory }: Machine): readonly string[] {
  const is = (name: string, ...values: readonly string[]): boolean => values.includes(settings.get(name)?.setting ?? '')
  const connections = Number(settings.get('max_connections')?.setting)
  const taken = connections * Number(settings.get('work_mem')?.setting) * 1024
  return [
    ...(is('fsync', 'off') ? ['fsync is off: a power cut can destroy the whole cluster'] : []),
    ...(is('full_page_writes', 'off') ? ['full_page_writes is off: a power cut can leave torn pages'] : []),
    ...(is('synchronous_commit', 'off') ? ['synchronous_commit is off: the last commits can be lost in a crash'] : []),
    ...(is('autovacuum', 'off') ? ['autovacuum is off'] : []),
    ...(is('log_statement', 'all', 'mod')
      ? [`log_statement = ${settings.get('log_statement')!.setting}: statements, and the values in them, fill the log`]
      : []),
    ...(taken > memory
      ? [
          `work_mem for each of ${connections} sessions is ${spelled(taken, 'kB')}, more than there is: the system may end the server`,
        ]
      : []),
    ...(connections > 300
      ? [`max_connections = ${connections}: a pooler serves them with fewer (arxdb tune pgbouncer)`]
      : []),
  ]
}
