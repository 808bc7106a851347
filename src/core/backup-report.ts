// What backup commands answer with.
import { columns } from './result.ts'

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

/** What `wal status` lists: segments without a gap between them. */
export const walRanges = columns({
  system_id: 'text',
  timeline: 'int',
  first: 'text',
  last: 'text',
  segments: 'int',
  stored: 'time',
})

/** What `wal setup` lists. */
export const walSettings = columns({ name: 'text', value: 'text', current: 'text', needs: 'text', why: 'text' })
