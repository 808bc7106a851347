// What `maintain` shows, and what it has to say of the whole.
import { columns, info, type Note, warn } from './result.ts'

export const maintainColumns = columns({
  ...({ step: 'text', table: 'text', outcome: 'text', due: 'int', done: 'int', left: 'int' } as const),
  ...({ bytes: 'bytes', seconds: 'duration', detail: 'text' } as const),
})

interface Row {
  readonly step: string
  readonly table: string
  readonly outcome: string
  readonly due: number
  readonly done: number
  readonly detail: string | null
}

const UNDONE = ['failed', 'locked']

/** Whether something that was due and could be done was not. */
export const isUndone = ({ outcome }: Pick<Row, 'outcome'>): boolean => UNDONE.includes(outcome)

export function maintainNotes(rows: readonly Row[], overBudget: number): readonly Note[] {
  const done = rows.reduce((sum, row) => sum + row.done, 0)
  const due = rows.reduce((sum, row) => sum + row.due, 0)
  return [
    info(due === 0 ? 'nothing is due' : `${done} of ${due} steps done`),
    ...(overBudget > 0 ? [warn(`the budget is used up: ${overBudget} left to the next arxdb maintain`)] : []),
    ...rows
      .filter((row) => isUndone(row) || row.outcome === 'skipped')
      .map(({ step, table, detail }) => warn(`${step} ${table}: ${detail}`)),
  ]
}
