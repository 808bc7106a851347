// What `up` would do: every statement as it will be sent, the transactions around it, the locks it takes and on how much.
import { ask, type Client } from './ask.ts'
import { isToDo } from './compare.ts'
import { label, type MigrationFile } from './files.ts'
import { lockOf } from './locks.ts'
import { shape } from './shape.ts'
import { type SurveyWish, survey } from './survey.ts'
import { withWorker } from './worker.ts'

export interface PlanStep {
  readonly source: string
  readonly version: string
  readonly name: string
  readonly file: string
  readonly line: number
  /** `one`: with the rest of its file and the ledger row. `own`: outside a transaction, progress recorded after it. */
  readonly transaction: 'one' | 'own'
  readonly lock: string | null
  readonly relation: string | null
  /** Of the relation as it stands; null when it does not exist yet. */
  readonly bytes: number | null
  readonly estimated_rows: number | null
  readonly sql: string
}

interface Size {
  readonly bytes: number
  readonly estimated_rows: number
}

const sizeOf = async (client: Client, relation: string | null): Promise<Size | undefined> =>
  relation === null ? undefined : (await ask<Size>(client, 'migrate/relation-size', { relation }).catch(() => []))[0]

async function steps(client: Client, file: MigrationFile, done: number): Promise<readonly PlanStep[]> {
  const result: PlanStep[] = []
  for (const statement of file.up.slice(done)) {
    const { lock, relation } = lockOf(shape(statement))
    const size = await sizeOf(client, relation)
    result.push({
      source: file.source,
      version: file.version,
      name: file.name,
      file: file.file,
      line: statement.line,
      transaction: file.directives.transaction && done === 0 ? 'one' : 'own',
      lock,
      relation,
      bytes: size?.bytes ?? null,
      estimated_rows: size?.estimated_rows ?? null,
      sql: statement.text,
    })
  }
  return result
}

/** Steps of all pending and partial migrations, in order; nothing is run. */
export const plan = (wish: SurveyWish): Promise<readonly PlanStep[]> =>
  withWorker(wish.connection, async ({ client }) => {
    const { entries } = await survey(client, wish)
    const all: PlanStep[] = []
    for (const { file, row } of entries.filter(isToDo))
      all.push(...(await steps(client, file!, row?.statements_done ?? 0)))
    return all
  })

const comment = ({ lock, relation, bytes, estimated_rows }: PlanStep): string => {
  if (lock === null) return ''
  const size = bytes === null ? ', not there yet' : `, now ${bytes} bytes, about ${estimated_rows} rows`
  return `-- ${lock}${relation ? ` (${relation}${size})` : ''}\n`
}

/** The plan as SQL that psql could run; the ledger's own rows are left to arxdb. */
export function planText(all: readonly PlanStep[]): string {
  const parts: string[] = []
  for (const [i, step] of all.entries()) {
    const before = all[i - 1]
    const opens = before?.file !== step.file || before.source !== step.source
    const next = all[i + 1]
    const closes = next?.file !== step.file || next.source !== step.source
    if (opens) {
      const how =
        step.transaction === 'one' ? 'one transaction with its ledger row' : 'no transaction: each statement commits'
      parts.push(`-- ${label(step)}: ${how}\n${step.transaction === 'one' ? 'begin;\n' : ''}`)
    }
    parts.push(`${comment(step)}${step.sql};\n`)
    if (closes) parts.push(step.transaction === 'one' ? 'commit;\n\n' : '\n')
  }
  return parts.join('')
}
