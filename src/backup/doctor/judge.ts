// What a server's settings, slots and privileges mean for backups; judged from plain facts.
import type { Kind } from '../settings.ts'
import { type Finding, ok, problem, skipped, warning } from './finding.ts'

export interface Facts {
  readonly version_num: number
  readonly recovering: boolean
  readonly superuser: boolean
  readonly may_replicate: boolean
  readonly may_mark: boolean
  readonly may_read_all: boolean
  readonly may_read_hba: boolean
  readonly database_bytes: number
  /** Tables, views, sequences and indexes of the database that are no catalog. */
  readonly lockable: number
}

export type Settings = ReadonlyMap<string, string>

export interface Slot {
  readonly name: string
  readonly active: boolean
  readonly wal_status: string | null
  readonly held_bytes: number | null
}

const isPhysical = (kind: Kind): boolean => kind === 'base' || kind === 'incremental' || kind === 'pgbackrest'
const isLogical = (kind: Kind): boolean => kind === 'dump' || kind === 'copy'

/** Settings that a server's own safety, and that of its backups, rests on. */
export function judgeSettings(settings: Settings, { version_num }: Facts, kind: Kind): readonly Finding[] {
  const off = (name: string): boolean => settings.get(name) === 'off'
  const level = settings.get('wal_level') ?? ''
  const senders = Number(settings.get('max_wal_senders') ?? 0)
  return [
    level !== 'minimal'
      ? ok('wal_level', level)
      : (isPhysical(kind) ? problem : warning)(
          'wal_level',
          'minimal: no base backup can be made, and no WAL of it recovered',
          'arxdb wal setup --apply, and a restart of the server',
        ),
    off('fsync')
      ? problem(
          'fsync',
          'off: after a crash of the machine the data may be beyond repair, and so may what is archived',
          'alter system set fsync = on',
        )
      : ok('fsync', 'on'),
    off('full_page_writes')
      ? problem(
          'full_page_writes',
          'off: after a crash pages may be torn, and backups of them are',
          'alter system set full_page_writes = on',
        )
      : ok('full_page_writes', 'on'),
    off('data_checksums')
      ? warning(
          'data_checksums',
          'off: a page that the disk has changed is backed up as it is, without a word',
          'pg_checksums --enable, with the server stopped',
        )
      : ok('data_checksums', 'on'),
    ...(isPhysical(kind) && senders < 2
      ? [
          problem(
            'max_wal_senders',
            `${senders}: a base backup with its WAL takes two`,
            'alter system set max_wal_senders = 10',
          ),
        ]
      : []),
    ...judgeSummaries(settings, version_num, kind),
  ]
}

function judgeSummaries(settings: Settings, version: number, kind: Kind): readonly Finding[] {
  if (kind !== 'incremental') return []
  const check = 'summarize_wal'
  if (version < 170_000)
    return [problem(check, 'incremental backups came with PostgreSQL 17', 'kind base, or pgbackrest')]
  return settings.get(check) === 'on'
    ? [ok(check, 'on')]
    : [problem(check, 'off: no incremental backup can be made', 'alter system set summarize_wal = on')]
}

const GB = 1 << 30

/** Slots that nobody reads from hold WAL back until the disk is full. */
export function judgeSlots(slots: readonly Slot[], settings: Settings): readonly Finding[] {
  const check = 'replication slots'
  const limited = Number(settings.get('max_slot_wal_keep_size') ?? -1) >= 0
  const found = slots
    .filter(({ active, wal_status }) => !active || wal_status === 'lost' || wal_status === 'unreserved')
    .map(({ name, wal_status, held_bytes }) => {
      const held = `${name} is not read from, and holds ${((held_bytes ?? 0) / GB).toFixed(1)} GB of WAL`
      const drop = `select pg_drop_replication_slot('${name}'), when nobody will come back to it`
      if (wal_status === 'lost') return problem(check, `${name} has lost WAL that its reader still needs`, drop)
      if ((held_bytes ?? 0) >= GB && !limited)
        return problem(check, `${held}; max_slot_wal_keep_size sets no limit`, drop)
      return warning(check, held, drop)
    })
  return found.length > 0 ? found : [ok(check, `${slots.length}, none of them idle`)]
}

/** What the role of this connection may do. */
export function judgePrivileges(facts: Facts, kind: Kind): readonly Finding[] {
  const check = 'privileges'
  if (kind === 'pgbackrest') return [skipped(check, 'pgBackRest connects as itself')]
  const told: Finding[] = []
  if (!isLogical(kind) && !facts.may_replicate)
    told.push(
      problem(check, 'the role has no REPLICATION: pg_basebackup will be refused', 'alter role NAME replication'),
    )
  if (isLogical(kind) && !facts.may_read_all)
    told.push(
      warning(
        check,
        'the role cannot read every table by right: a dump fails at the first that is closed to it',
        'grant pg_read_all_data to NAME',
      ),
    )
  if (!isLogical(kind) && !facts.may_mark && !facts.recovering)
    told.push(
      warning(
        check,
        'the role may not make restore points: drills compare without an exact moment',
        'grant execute on function pg_create_restore_point(text) to NAME',
      ),
    )
  return told.length > 0 ? told : [ok(check, facts.superuser ? 'superuser' : `enough for kind ${kind}`)]
}

/**
 * Whether a dump finds room in the lock table: it locks every relation in one transaction, and the table has
 * max_locks_per_transaction places for each connection and prepared transaction (PostgreSQL's documentation of that
 * setting). An estimate: sessions beside it take places too.
 */
export function judgeLocks(settings: Settings, { lockable }: Facts, kind: Kind): readonly Finding[] {
  if (!isLogical(kind)) return []
  const check = 'lock table'
  const of = (name: string): number => Number(settings.get(name) ?? 0)
  const sessions = of('max_connections') + of('max_prepared_transactions')
  const room = of('max_locks_per_transaction') * sessions
  const said = `${lockable} relations and indexes, room for about ${room}`
  const needed = Math.ceil((lockable * 1.2) / sessions)
  const more = `alter system set max_locks_per_transaction = ${needed}, and a restart`
  if (lockable > room) return [problem(check, `a dump runs out of shared memory: ${said}`, more)]
  if (lockable > room * 0.8) return [warning(check, `a dump takes nearly all of it: ${said}`, more)]
  return [ok(check, said)]
}
