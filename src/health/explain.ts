// The plan of one of arxdb's own statements, on this server and this data.
import type { Connection } from '../connect/connection.ts'
import { inTransaction } from '../db/session.ts'
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { inlined } from '../statements/inline.ts'
import { applies, type Statement, statement, statementNames } from '../statements/load.ts'
import { openSession } from '../storage/session.ts'

export interface Explaining {
  /** As `arxdb sql list` names it. */
  readonly name: string
  /** `name=value`, as PostgreSQL writes values: `markets={1,2}`. */
  readonly params: readonly string[]
  /** Run it, read-only, and measure. */
  readonly analyze: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface Explained {
  readonly plan: string
  /** Parameters that were left open. */
  readonly open: readonly string[]
  /** The plan is the one for any parameters. */
  readonly generic: boolean
}

/**
 * Plans it for the parameters given; for any parameters where none is given. Nothing is run unless `analyze`, and then in a
 * read-only transaction. Usage errors for names that are none.
 */
export async function explain(connection: Connection, wish: Explaining): Promise<Explained> {
  const names = statementNames()
  if (!names.includes(wish.name)) {
    const near = nearest(wish.name, names, 3)
    throw usageError(`no statement "${wish.name}"`, near.length > 0 ? `near it: ${near.join(', ')}` : 'arxdb sql list')
  }
  const limits = { statementTimeoutMs: wish.timeoutMs, lockTimeoutMs: 5_000, command: 'slow' }
  const session = await openSession(connection, limits)
  try {
    if (!applies(wish.name, session.target)) throw usageError(`${wish.name} is asked of TimescaleDB alone`)
    const found = statement(wish.name, session.target)
    if (/^\s*create /im.test(found.text)) throw usageError(`${wish.name} changes the schema: it has no plan`)
    const given = valuesOf(found, wish.params)
    const open = found.header.params.map(({ name }) => name).filter((name) => !given.has(name))
    const generic = given.size === 0 && open.length > 0 && !wish.analyze
    const { client } = session
    const rows = await inTransaction({ client, limits, connection, signal: wish.signal }, async () => {
      if (!generic) return (await client.query(custom(found, given, wish.analyze))).rows
      await client.query(`set local plan_cache_mode = force_generic_plan; prepare arxdb_explained as ${found.text}`)
      const nothing = found.header.params.map(() => 'null').join(', ')
      const planned = await client.query(`explain (settings) execute arxdb_explained(${nothing})`)
      await client.query('deallocate arxdb_explained')
      return planned.rows
    })
    const lines = rows.map((row: Record<string, string>) => row['QUERY PLAN'])
    return { plan: `-- ${found.header.title}\n${lines.join('\n')}\n`, open, generic }
  } finally {
    await session.close()
  }
}

const custom = (found: Statement, given: ReadonlyMap<string, string>, analyze: boolean): string => {
  const values = found.header.params.map(({ name }) => given.get(name) ?? null)
  return `explain (settings${analyze ? ', analyze, buffers' : ''}) ${inlined(found, values)}`
}

function valuesOf({ name, header }: Statement, params: readonly string[]): ReadonlyMap<string, string> {
  const known = header.params.map((param) => param.name)
  return new Map(
    params.map((text) => {
      const [, key, value] = /^(\w+)=([\s\S]*)$/.exec(text) ?? []
      if (key !== undefined && known.includes(key)) return [key, value!] as const
      const takes = header.params.map((param) => `${param.name}=${param.type}`).join(', ')
      throw usageError(
        `--param ${text}: ${name} has no such parameter`,
        takes === '' ? 'it takes none' : `it takes ${takes}`,
      )
    }),
  )
}
