// Plans of small files that the tests make up, and what they say in short.
import { ArxError } from '../../src/errors.ts'
import type { Plan, PlanFlags } from '../../src/ingest/plan/plan.ts'
import { makePlan } from '../../src/ingest/plan/planner.ts'
import { sniff } from '../../src/ingest/plan/sniff.ts'

export const seenIn = (text: string | Buffer, name = 'file.csv') => sniff(name, Buffer.from(text), true)

export const planOf = async (name: string, text: string, flags: PlanFlags = {}): Promise<Plan> =>
  makePlan(name, await seenIn(text, name), flags)

export async function refused(name: string, text: string | Buffer, flags: PlanFlags = {}): Promise<ArxError> {
  const error = await seenIn(text, name)
    .then((seen) => makePlan(name, seen, flags))
    .catch((e: unknown) => e)
  if (error instanceof ArxError) return error
  throw new Error(`not refused: ${JSON.stringify(error)}`)
}

export const lines = (...rows: string[]): string => rows.map((row) => `${row}\n`).join('')
export const START = Date.UTC(2024, 2, 1) / 1000
/** `count` rows `step` seconds apart; `@` is the epoch in seconds. */
export const series = (row: string, step: number, count = 25): string[] =>
  Array.from({ length: count }, (_, i) => row.replaceAll('@', String(START + i * step)))

/** `close: price (#4)`, and the view's own identity. */
export function shown({ views, format, target }: Plan) {
  const [{ columns, identity }] = views as [Plan['views'][number]]
  return {
    format,
    table: target.table,
    columns: columns.map(
      ({ name, field, from }) => `${name}=${field < 0 ? '' : field}${field < 0 && from === name ? '' : ` ${from}`}`,
    ),
    fixed: identity.fixed,
    parts: identity.fields.map(({ part, field }) => `${part}=${field}`),
  }
}
