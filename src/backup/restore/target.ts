// Up to where a restore goes: what `--to` says, and how PostgreSQL is told.
import { usageError } from '../../errors.ts'
import { fromLocal, offsetAt } from '../../zone.ts'

export type RecoveryTarget =
  /** All WAL there is. */
  | { readonly kind: 'latest' }
  /** The end of the backup itself. */
  | { readonly kind: 'backup' }
  /** ISO 8601 in UTC, with up to six digits of a second; a commit of exactly then is brought back. */
  | { readonly kind: 'time'; readonly at: string }
  | { readonly kind: 'xid'; readonly xid: string }
  /** Everything that was written before that position, and nothing that begins there or behind it. */
  | { readonly kind: 'lsn'; readonly lsn: string }
  /** A restore point. */
  | { readonly kind: 'name'; readonly name: string }

const FORMS = '--to 2026-01-02T03:04:05Z, latest, backup, xid:123, name:before-deploy or lsn:0/3000000'
const STAMP = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i

/** Reads `--to`. A time has to say its zone, or `tz` says it; one that comes twice there, or never, is refused: exit 2. */
export function readTarget(text: string, tz: string | undefined): RecoveryTarget {
  const said = text.trim()
  if (said === 'latest' || said === 'backup') return { kind: said }
  const [, kind, value] = /^(xid|name|lsn):(.+)$/s.exec(said) ?? []
  if (kind === 'xid') {
    if (!/^[1-9]\d{0,9}$/.test(value!)) throw usageError(`"${value}" is no transaction id`, 'write digits: xid:123')
    return { kind, xid: value! }
  }
  if (kind === 'lsn') {
    if (!/^[0-9a-f]{1,8}\/[0-9a-f]{1,8}$/i.test(value!)) throw usageError(`"${value}" is no LSN`, 'lsn:0/3000000')
    return { kind, lsn: value!.toUpperCase() }
  }
  if (kind === 'name') {
    // PostgreSQL cuts the names of restore points at 63 bytes, and one cut in silence is never found.
    if (Buffer.byteLength(value!) > 63 || value!.includes('\0')) throw usageError('no restore point has such a name')
    return { kind, name: value! }
  }
  return { kind: 'time', at: readTime(said, tz) }
}

function readTime(text: string, tz: string | undefined): string {
  const match = STAMP.exec(text)
  if (!match) throw usageError(`"${text}" is nothing to restore to`, FORMS)
  const [year, month, day, hour, minute, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0))
  const local = Date.UTC(year!, month! - 1, day!, hour!, minute!, second)
  if (hour! > 23 || minute! > 59 || second > 59 || new Date(local).toISOString().slice(0, 10) !== text.slice(0, 10)) {
    throw usageError(`the time "${text}" does not exist`, FORMS)
  }
  const fraction = (match[7] ?? '').padEnd(6, '0').replace(/0+$/, '')
  const iso = (utc: number): string =>
    `${new Date(utc).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
  const zone = match[8]
  if (zone) return iso(local - offsetOf(zone))
  if (tz === undefined) {
    throw usageError(
      `"${text}" does not say its zone, and a restore to the wrong hour looks like a good one`,
      `--to ${iso(local)}, or --tz Europe/Berlin with it`,
    )
  }
  const { utc, kind } = fromLocal(local, tz)
  if (kind === 'twice') {
    throw usageError(
      `${text} comes twice in ${tz}`,
      `--to ${iso(utc)} for the first, ${iso(local - offsetAt(utc + 86_400_000, tz))} for the second`,
    )
  }
  if (kind === 'gap')
    throw usageError(`${text} does not exist in ${tz}: the clocks skip it`, `in UTC: --to ${iso(utc)}`)
  return iso(utc)
}

function offsetOf(written: string): number {
  if (/^z$/i.test(written)) return 0
  const hours = Number(written.slice(1, 3))
  const minutes = Number(written.slice(3).replace(':', ''))
  if (hours > 15 || minutes > 59) throw usageError(`the offset ${written} does not exist`, FORMS)
  return (written.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** PostgreSQL's settings for it. Only the one: telling the others, even as empty, is a second target to the server. */
export function targetSettings(target: RecoveryTarget): Readonly<Record<string, string>> {
  switch (target.kind) {
    case 'latest':
      return {}
    case 'backup':
      return { recovery_target: 'immediate' }
    case 'time':
      return { recovery_target_time: target.at.replace('T', ' ').replace(/Z$/, '+00') }
    case 'xid':
      return { recovery_target_xid: target.xid }
    case 'lsn':
      // PostgreSQL's default replays one record more: asked for a position before a commit, it brings the commit back.
      return { recovery_target_lsn: target.lsn, recovery_target_inclusive: 'off' }
    case 'name':
      return { recovery_target_name: target.name }
  }
}

/** The same as a person types it. */
export function targetText(target: RecoveryTarget): string {
  switch (target.kind) {
    case 'latest':
    case 'backup':
      return target.kind
    case 'time':
      return target.at
    case 'xid':
      return `xid:${target.xid}`
    case 'lsn':
      return `lsn:${target.lsn}`
    case 'name':
      return `name:${target.name}`
  }
}
