// Counters of statements that only ever grow, until somebody resets them: what they grew by since they were last looked at.

export const COUNTED = ['calls', 'seconds', 'rows', 'hit', 'read', 'temporary', 'wal', 'io_seconds'] as const

/** What a statement came to; seconds and bytes. */
export type Counters = Readonly<Record<(typeof COUNTED)[number], number>>

export interface Snapshot {
  /** When it was taken, by the clock of who asked. */
  readonly at: string
  /** Null where the extension is too old to tell. */
  readonly statsReset: string | null
  readonly evictions: number | null
  /** By queryid. */
  readonly statements: Readonly<Record<string, Counters>>
}

export interface Counted extends Counters {
  readonly queryid: string | null
  /** When the server began to count it; null where it does not say. */
  readonly since: string | null
}

export interface Growth<Row extends Counted> {
  /** What was called since, with its growth. */
  readonly rows: readonly Row[]
  /** All counters were reset meanwhile: they are growth themselves. */
  readonly reset: boolean
  /** So many began anew: reset one by one, or thrown out and seen again. */
  readonly anew: number
}

/** Growth since `before`. A counter that fell, or that began since, counts from its new start: never less than nothing. */
export function grown<Row extends Counted>(
  rows: readonly Row[],
  before: Snapshot,
  statsReset: string | null,
): Growth<Row> {
  const reset = statsReset !== before.statsReset
  let anew = 0
  const told = rows.map((row) => {
    const old = row.queryid === null || reset ? undefined : before.statements[row.queryid]
    if (!old) return row
    const fell = COUNTED.some((name) => row[name] < old[name])
    if (fell || (row.since !== null && Date.parse(row.since) > Date.parse(before.at))) {
      anew++
      return row
    }
    return { ...row, ...Object.fromEntries(COUNTED.map((name) => [name, row[name] - old[name]])) }
  })
  return { rows: told.filter(({ calls }) => calls > 0), reset, anew }
}

/** What to remember for the next time. */
export const snapshotOf = (
  rows: readonly Counted[],
  { at, statsReset, evictions }: Omit<Snapshot, 'statements'>,
): Snapshot => ({
  ...{ at, statsReset, evictions },
  statements: Object.fromEntries(
    rows.flatMap((row) =>
      row.queryid === null
        ? []
        : [[row.queryid, Object.fromEntries(COUNTED.map((name) => [name, row[name]])) as unknown as Counters]],
    ),
  ),
})
