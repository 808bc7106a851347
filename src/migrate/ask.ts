// Runs the runner's own statements of sql/migrate by name, on whatever connection and transaction the caller holds.
import type { Transaction } from '../db/session.ts'
import { statement, type Target } from '../statements/load.ts'

export type Client = Transaction['client']

/** The runner's statements have no variants: they run before the tier is known. */
const TARGET: Target = { engine: 'postgres', server: 150_000 }

/** The rows of `sql/<name>.sql`; parameters left out are null. */
export async function ask<Row = never>(
  client: Client,
  name: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<readonly Row[]> {
  const { text, header } = statement(name, TARGET)
  const { rows } = await client.query(
    text,
    header.params.map((p) => params[p.name] ?? null),
  )
  return rows as Row[]
}
