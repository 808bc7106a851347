// Which backups stay. Pure: the plan that is shown and the one that is carried out come from this one function.
import { kindOf, momentOf } from '../label.ts'
import type { Retention } from '../settings.ts'

/** What the rules know of a backup; good ones count, the others are only not in the way. */
export interface Candidate {
  readonly label: string
  readonly parent: string | null
  /** Its manifest is what was signed; one that is not is never removed. */
  readonly trusted: boolean
  /** Trusted, whole as far as the list shows, no verification failed since, and so is all that it stands on. */
  readonly good: boolean
  /** Good, and decoded in full at least once: level 2 or higher. */
  readonly verified: boolean
  /** Not good for no other reason than what it stands on: put that right, and it is good again. */
  readonly waits?: boolean | undefined
  /** What it is of: a cluster, or a database of one. */
  readonly of?: string | undefined
  /** Who reads it in this moment. */
  readonly reader?: string | undefined
}

export interface Decision {
  readonly label: string
  readonly keep: boolean
  /** Every rule that keeps it, or why nothing does. */
  readonly reasons: readonly string[]
}

const DAY_MS = 86_400_000
/** The newest of a database stays so long, whatever other ones in the same repository are backed up since. */
const LAST_DAYS = 366

type Period = 'daily' | 'weekly' | 'monthly' | 'yearly'
const PERIODS: Readonly<Record<Period, (moment: Date) => string>> = {
  daily: (moment) => moment.toISOString().slice(0, 10),
  weekly: isoWeek,
  monthly: (moment) => moment.toISOString().slice(0, 7),
  yearly: (moment) => moment.toISOString().slice(0, 4),
}

/** `2020-W53`: the week belongs to the year of its Thursday (ISO 8601). */
export function isoWeek(moment: Date): string {
  const thursday = new Date(moment.getTime() + (3 - ((moment.getUTCDay() + 6) % 7)) * DAY_MS)
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  const week = Math.floor((thursday.getTime() - first) / (7 * DAY_MS)) + 1
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`
}

/** How many of the newest good ones stay in any case: one at least, more than `count` as long as too few are verified. */
export function floorOf(candidates: readonly Candidate[], { count, keepVerified }: Retention): number {
  const verified = candidates.filter((one) => one.verified).length
  return Math.max(1, verified < keepVerified ? Math.max(count, keepVerified) : count)
}

/**
 * Decides about every backup, newest first. Order is by the time in the labels and never by WAL names, which begin anew
 * with a new cluster. Seeing fewer backups never removes more, but for children: who acts makes sure of the list. Days are
 * counted from the newest good one: where backups stopped, or a clock ran ahead, what there is does not grow old; and
 * where none is good, nothing goes.
 */
export function decide(candidates: readonly Candidate[], retention: Retention, now: number): readonly Decision[] {
  const newest = [...candidates].sort((a, b) => (a.label < b.label ? 1 : -1))
  const reasons = new Map<string, string[]>(newest.map(({ label }) => [label, []]))
  const keep = (label: string, reason: string) => void reasons.get(label)?.push(reason)
  const good = newest.filter((one) => one.good)
  const verified = newest.filter((one) => one.verified)

  for (const { label, trusted } of newest) if (!trusted) keep(label, 'not to be trusted: left for a human')
  for (const { label, reader } of newest) if (reader !== undefined) keep(label, `being read by ${reader}`)
  for (const { label } of verified.slice(0, retention.keepVerified)) keep(label, 'one of the newest verified')
  const floor = floorOf(newest, retention)
  for (const { label } of good.slice(0, floor)) keep(label, `one of the newest ${floor}`)
  const last = good[0] ? Math.min(now, momentOf(good[0].label)) : now
  for (const { label } of newest) {
    const moment = momentOf(label)
    if (moment > now - retention.days * DAY_MS) keep(label, `younger than ${retention.days} d`)
    else if (moment > last - retention.days * DAY_MS) keep(label, `within ${retention.days} d of the newest good one`)
    if (good.length === 0) keep(label, 'none is good: nothing goes')
  }
  keepLast(good, last, keep)
  for (const [name, of] of Object.entries(PERIODS)) {
    const firsts = new Map<string, string>()
    for (const { label } of good) {
      const period = of(new Date(momentOf(label)))
      if (!firsts.has(period)) firsts.set(period, label)
    }
    for (const [period, label] of [...firsts].slice(0, retention[name as Period])) keep(label, `${name}: ${period}`)
  }
  keepBelowUnknown(newest, keep)
  keepAncestors(newest, reasons)
  keepWaiting(newest, reasons)
  return newest.map(({ label, good: isGood }) => {
    const found = reasons.get(label)!
    const why = isGood ? `older than ${retention.days} d, and no rule keeps it` : 'not good, and its days are over'
    return { label, keep: found.length > 0, reasons: found.length > 0 ? found : [why] }
  })
}

/** Of several databases in one repository each keeps its newest good one, and its newest verified one. */
function keepLast(good: readonly Candidate[], now: number, keep: (label: string, reason: string) => void): void {
  const seen = new Set<string>()
  for (const { label, of, verified } of good) {
    if (of === undefined || momentOf(label) <= now - LAST_DAYS * DAY_MS) continue
    if (!seen.has(of)) keep(label, `the newest of ${of}`)
    if (verified && !seen.has(`verified ${of}`)) keep(label, `the newest verified of ${of}`)
    seen.add(of)
    if (verified) seen.add(`verified ${of}`)
  }
}

/** Kinds that add to others, and the kinds to which they add. */
const ADDS_TO: Readonly<Record<string, readonly string[]>> = {
  incremental: ['base', 'incremental'],
  pgbackrest: ['pgbackrest'],
}

/** One whose manifest cannot be read does not say what it stands on: any older one of these kinds, until somebody looks. */
function keepBelowUnknown(newest: readonly Candidate[], keep: (label: string, reason: string) => void): void {
  const there = new Set(newest.map(({ label }) => label))
  for (const { label, trusted, parent } of newest) {
    if (trusted || (parent !== null && there.has(parent))) continue
    const kinds = ADDS_TO[kindOf(label)] ?? []
    for (const older of newest) {
      if (older.label < label && kinds.includes(kindOf(older.label))) keep(older.label, `${label} may stand on it`)
    }
  }
}

/** What would be good if its parent were, stays as long as that one does: either may be put right. */
function keepWaiting(newest: readonly Candidate[], reasons: ReadonlyMap<string, string[]>): void {
  const bad = new Set(newest.filter(({ good }) => !good).map(({ label }) => label))
  for (const { label, waits, parent } of [...newest].reverse()) {
    const found = reasons.get(label)!
    if (waits && found.length === 0 && bad.has(parent!) && reasons.get(parent!)!.length > 0)
      found.push(`waits for ${parent}, which stays`)
  }
}

/** Whatever a kept one stands on stays, down to the full backup. */
function keepAncestors(newest: readonly Candidate[], reasons: ReadonlyMap<string, string[]>): void {
  const parents = new Map(newest.map(({ label, parent }) => [label, parent]))
  for (const { label } of newest) {
    if (reasons.get(label)!.length === 0) continue
    const seen = new Set([label])
    for (let at = parents.get(label); at && !seen.has(at); at = parents.get(at)) {
      seen.add(at)
      const found = reasons.get(at)
      const text = `${label} stands on it`
      if (found && !found.includes(text)) found.push(text)
    }
  }
}
