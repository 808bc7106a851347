// A plan as a person reads it: what goes where, and the first rows as they would be stored.
import { count } from '../wording.ts'
import type { Plan } from './plan/plan.ts'
import { tryOut } from './preflight.ts'
import { remarks } from './remarks.ts'
import { decodeRow, told } from './rows/batch.ts'
import type { Source } from './sources/source.ts'

const ROWS = 5

export interface Preview {
  readonly file: string
  readonly table: string
  readonly format: string
  /** Names of the columns of `rows`, and what they hold. */
  readonly columns: readonly { readonly name: string; readonly kind: 'time' | 'decimal' | 'int' }[]
  readonly rows: readonly Readonly<Record<string, string | null>>[]
  /** Of the whole file with `check`, else of its head. */
  readonly rows_read: number
  readonly rejected: number
  readonly notes: readonly string[]
  /** What may need a correction. */
  readonly warnings: readonly string[]
}

const SHOWN_REJECTS = 10

/** Converts a file's first rows, or with `check` all of them, without touching a database. */
export async function preview(source: Source, plan: Plan, now: Date, check: boolean): Promise<Preview> {
  const { batches, rejects, rewriter, markets } = await tryOut(source, plan, now, check)
  // As the table has them, whatever order the file's are in.
  const place = new Map(plan.target.columns.map(({ name }, i) => [name, i]))
  const columns = [...plan.views[0]!.columns].sort((a, b) => place.get(a.name)! - place.get(b.name)!)
  const first = batches[0]
  const rows = first ? Array.from({ length: Math.min(ROWS, first.rows) }, (_, i) => decodeRow(first, i + 1, plan)) : []
  const mapped = columns.filter(({ field, constant }) => field >= 0 || constant !== undefined)
  const counts = { rows_read: rewriter.rows, rejected: rejects.length, duplicates: 0, skipped: 0, merged: 0 }
  const fates = { ...counts, inserted: 0, updated: 0, unchanged: 0 }
  const path = '--dry-run writes none'
  const course = rewriter.course()
  const checked = check ? remarks({ plan, counts: fates, course, rewriter, path }) : { notes: plan.notes, warnings: [] }
  return {
    file: source.name,
    table: plan.target.table,
    format: plan.format,
    columns: columns.map(({ name, kind }) => ({ name, kind: kind === 'bigint' ? 'int' : kind })),
    rows,
    rows_read: rewriter.rows,
    rejected: rejects.length,
    notes: [
      `${source.name}: format ${plan.format}, to table ${plan.target.table}; ${shape(source, plan)}`,
      `columns: ${mapped.map((column) => `${column.constant ?? column.from} -> ${column.name} (${column.kind})`).join(', ')}`,
      `of: ${markets.join(', ')}; source ${plan.source}, attribution ${plan.attribution}`,
      `times without a zone are ${plan.times.zone}; conflicts: ${plan.onConflict}`,
      ...(!check && plan.ignored.length > 0 ? [`columns not used: ${plan.ignored.join(', ')}`] : []),
      ...checked.notes,
      ...(check
        ? [`read to its end: ${count(rewriter.rows, 'row')}, ${rejects.length} of them would be rejected`]
        : []),
    ],
    warnings: [
      ...checked.warnings,
      ...rejects.slice(0, SHOWN_REJECTS).map(told),
      ...(rejects.length > SHOWN_REJECTS ? [`and ${rejects.length - SHOWN_REJECTS} more`] : []),
    ],
  }
}

const DELIMITERS: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }

function shape(source: Source, plan: Plan): string {
  const banner = plan.skip - (plan.header ? 1 : 0)
  return [
    `${plan.fields} fields by ${DELIMITERS[plan.delimiter] ?? plan.delimiter}`,
    plan.header ? 'with a header' : 'no header',
    banner > 0 && `behind ${banner} banner ${banner === 1 ? 'line' : 'lines'}`,
    plan.bom > 0 && 'byte order mark',
    source.compressed,
  ]
    .filter(Boolean)
    .join(', ')
}
