// What backup commands answer with.
import { columns, echoes } from './result.ts'

export const madeColumns = columns({
  label: 'text',
  kind: 'text',
  ended: 'time',
  seconds: 'duration',
  bytes: 'bytes',
  objects: 'int',
  relations: 'int',
  rows: 'decimal',
  exact: 'bool',
  wal_start: 'text',
  wal_end: 'text',
})

/** Of a manifest, what its report needs. */
export interface MadeBackup {
  readonly label: string
  readonly kind: string
  readonly ended: string
  readonly objects: readonly { readonly bytes: number }[]
  readonly evidence: { readonly exact: boolean; readonly relations: readonly { readonly rows: string }[] } | null
  readonly wal: { readonly start: string; readonly end: string } | null
}

/** The row of `backup run`: rows are those of the evidence, exact where it is. */
export const madeRow = ({ label, kind, ended, objects, evidence, wal }: MadeBackup, seconds: number) => ({
  ...{ label, kind, ended, seconds },
  bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
  objects: objects.length,
  relations: evidence?.relations.length ?? null,
  rows: evidence ? String(evidence.relations.reduce((sum, { rows }) => sum + BigInt(rows), 0n)) : null,
  exact: evidence?.exact ?? null,
  wal_start: wal?.start ?? null,
  wal_end: wal?.end ?? null,
})

/** What `wal status` lists: windows, what lies there without a gap, gaps, files that are no good. */
export const walRows = echoes(['system_id'], {
  what: 'text',
  state: 'text',
  system_id: 'text',
  timeline: 'int',
  label: 'text',
  first: 'text',
  last: 'text',
  segments: 'int',
  from: 'time',
  to: 'time',
  detail: 'text',
})

/** What `backup doctor` lists. */
export const doctorColumns = columns({ check: 'text', state: 'text', detail: 'text', try: 'text' })

/** What `wal setup` lists. */
export const walSettings = columns({ name: 'text', value: 'text', current: 'text', needs: 'text', why: 'text' })

export const drillColumns = columns({
  label: 'text',
  kind: 'text',
  target: 'text',
  passed: 'bool',
  level: 'int',
  rto_seconds: 'duration',
  checked_seconds: 'duration',
  rpo_seconds: 'duration',
  relations: 'int',
  rows: 'decimal',
  problems: 'text',
})

/** Of a drill, what its report needs. */
export interface DrillFacts {
  readonly label: string
  readonly kind: string
  readonly target: string
  readonly passed: boolean
  readonly level: number
  readonly restoredSeconds: number
  readonly checkedSeconds: number
  readonly rpoSeconds: number
  readonly relations: readonly {
    readonly name: string
    readonly kind: string
    readonly rows: string | null
    readonly restored: string | null
  }[]
  readonly problems: readonly string[]
}

/** A drill in one row, or with a row for each table. Seconds are those of a clock; rows those that were restored. */
export const drillRow = {
  summary: (done: DrillFacts) => ({
    ...{ label: done.label, kind: done.kind, target: done.target, passed: done.passed, level: done.level },
    rto_seconds: done.restoredSeconds,
    checked_seconds: done.checkedSeconds,
    rpo_seconds: done.rpoSeconds,
    relations: done.relations.length,
    rows: String(done.relations.reduce((sum, { restored }) => sum + BigInt(restored ?? '0'), 0n)),
    problems: done.problems.join('; ') || null,
  }),
  relations: (done: DrillFacts) => ({
    columns: columns({
      label: 'text',
      relation: 'text',
      kind: 'text',
      rows: 'decimal',
      restored: 'decimal',
      passed: 'bool',
    }),
    rows: done.relations.map(({ name, kind, rows, restored }) => ({
      ...{ label: done.label, relation: name, kind, rows, restored, passed: done.passed },
    })),
  }),
}

/** What `restore run` answers with. */
export const restoredColumns = columns({
  label: 'text',
  into: 'text',
  target: 'text',
  reached_time: 'time',
  reached_lsn: 'text',
  seconds: 'duration',
})
