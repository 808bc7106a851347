// One backup as a row of the list.
import { momentOf } from '../label.ts'
import { provenLevel } from '../proofs.ts'
import type { Shelved } from '../prune/shelf.ts'

export interface ListedBackup {
  readonly label: string
  readonly kind: string | null
  readonly status: string
  readonly database: string | null
  readonly ended: string | null
  /** Seconds. */
  readonly age: number
  /** Of its objects in the repository; null where they lie elsewhere (pgBackRest). */
  readonly bytes: number | null
  /** 0 to 5; null for never. */
  readonly proven_level: number | null
  readonly proven_at: string | null
  /** Seconds. */
  readonly proven_age: number | null
  readonly trust: string
  readonly parent: string | null
  readonly wal_start: string | null
  readonly wal_end: string | null
  readonly timeline: number | null
}

/** The row of one backup. A manifest that was changed is quoted as it is, with `forged` beside it. */
export function listed({ entry, status, proofs, bytes }: Shelved, now: Date): ListedBackup {
  const { label, trust, manifest } = entry
  const level = provenLevel(proofs)
  const proven = proofs.findLast((one) => one.passed && one.level === level)
  const ended = manifest?.ended ?? null
  return {
    ...{ label, kind: manifest?.kind ?? null, status },
    ...{ database: manifest?.server.database ?? null, ended, age: secondsFrom(ended ?? momentOf(label), now) },
    bytes: manifest === null || manifest.kind === 'pgbackrest' ? null : bytes,
    proven_level: level < 0 ? null : level,
    proven_at: level < 0 ? null : (proven?.at ?? null),
    proven_age: level < 0 || !proven ? null : secondsFrom(proven.at, now),
    ...{ trust, parent: manifest?.parent ?? null },
    ...{ wal_start: manifest?.wal?.start ?? null, wal_end: manifest?.wal?.end ?? null },
    timeline: manifest?.wal?.timeline ?? null,
  }
}

const secondsFrom = (moment: string | number, now: Date): number =>
  Math.max(0, Math.round((now.getTime() - new Date(moment).getTime()) / 1000))
