// A row the server refused: found by the line that COPY names, taken out of its batch, and put into words.
import { ArxError } from '../../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { type Batch, decodeRow, lineOf, offsetOf, removeRow } from '../rows/batch.ts'
import { violation } from '../rows/checks.ts'
import { newRow, scanRow, withoutEnd } from '../rows/scan.ts'
import { contentBetween, type Place } from '../sources/source.ts'

interface ServerError {
  readonly code?: string
  readonly message: string
  readonly where?: string
  readonly constraint?: string
  readonly column?: string
}

/**
 * Moves the row behind the server's error from the batch's rows to its rejects; false when it was no row's fault. The
 * rest can be sent again: one COPY for each bad row, never one for each row.
 */
export async function rejectOf(error: unknown, batch: Batch, plan: Plan, source: Place): Promise<boolean> {
  const cause = (error instanceof ArxError ? error.cause : error) as ServerError | undefined
  if (!/^(22|23514$|23502$)/.test(cause?.code ?? '')) return false
  const found = /^COPY \w+, line (\d+)/m.exec(cause?.where ?? '')?.[1]
  const row = Number(found)
  if (found === undefined || row < 1 || row > batch.rows) return false
  const broken = violation(plan.target.relation, decodeRow(batch, row, plan))
  const name = broken?.column ?? cause?.column
  batch.rejects.push({
    line: lineOf(batch, row),
    byteOffset: offsetOf(batch, row),
    column: plan.views[0]!.columns.find((column) => column.name === name)?.from ?? name,
    code: cause?.constraint ?? cause!.code!,
    reason: broken?.reason ?? cause!.message,
    raw: await recordAt(batch, offsetOf(batch, row), plan, source),
  })
  removeRow(batch, row)
  return true
}

/** The record's bytes as they stand in the file, without the line end. Few batches need theirs: it is read again. */
async function recordAt(batch: Batch, offset: number, plan: Plan, source: Place): Promise<Buffer> {
  batch.content ??= await contentBetween(source, batch.byteFrom, batch.byteTo)
  const { content, byteFrom } = batch
  const from = offset - byteFrom
  const next = scanRow(content, from, content.length, true, plan.delimiter.charCodeAt(0), newRow(plan.fields))
  return withoutEnd(content, from, next < 0 ? content.length : next)
}
