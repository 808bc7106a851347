// Hears what is sent to a server while something is done: the statements, how long each took, and the locks that a
// transaction holds when it ends.
import { pg } from '../../src/db/pg.ts'

export interface Heard {
  readonly text: string
  readonly values: readonly unknown[]
  readonly ms: number
}

export interface Transaction {
  readonly statements: readonly Heard[]
  /** Modes of all locks on tables, indexes and the like, and of advisory ones. */
  readonly modes: readonly string[]
}

type Query = (this: pg.Client, text: unknown, values?: readonly unknown[]) => Promise<{ rows: { mode: string }[] }>

const LOCKS = `
  select distinct mode from pg_locks
    where pid = pg_backend_pid() and locktype in ('relation', 'object', 'tuple', 'page', 'extend', 'advisory')`

/** Runs `body` and resolves to the transactions of all clients meanwhile; one at a time. */
export async function listening(body: () => Promise<unknown>): Promise<readonly Transaction[]> {
  const prototype = pg.Client.prototype as unknown as { query: Query }
  const { query } = prototype
  const heard: Transaction[] = []
  let statements: Heard[] = []
  prototype.query = async function (text, values) {
    if (text === 'commit') {
      const { rows } = await query.call(this, LOCKS)
      heard.push({ statements, modes: rows.map(({ mode }) => mode) })
      statements = []
    }
    const began = performance.now()
    const answer = await query.call(this, text, values)
    const control = text === 'commit' || text === 'rollback' || String(text).startsWith('begin ')
    if (!control) statements.push({ text: String(text), values: values ?? [], ms: performance.now() - began })
    return answer
  }
  try {
    await body()
  } finally {
    prototype.query = query
  }
  return heard
}
