// What moving and compressing will take, measured on some rows: in a table of its own that is never committed.
import { randomBytes } from 'node:crypto'
import { identifier, identifiers, literal, qualified } from '../../db/identifier.ts'
import { inTransaction } from '../../db/session.ts'
import { type Chosen, columnstoreSql, fingerprint, hypertableSql } from './plan.ts'
import type { Asking } from './survey.ts'

/** Enough for twenty full batches of the columnstore, and done within a second. */
const ROWS = 20_000
/** Of fewer, pages that are not full say more than the rows. */
const LEAST = 1_000

export interface Sample {
  readonly rows: number
  /** A row's. */
  readonly moveSeconds: number
  readonly readSeconds: number
  /** Compressed size as a share of the size now; undefined where nothing was compressed. */
  readonly bytesAfter: number | undefined
  /** The server's words, where it would not make the columnstore. */
  readonly refusedColumnstore: string | undefined
}

/** Thrown to leave the transaction; its error would be the last thing to be committed. */
class Measured extends Error {
  readonly sample: Sample
  constructor(sample: Sample) {
    super('measured')
    this.sample = sample
  }
}

/**
 * Copies the newest rows into a scratch table beside the user's, makes that a hypertable and compresses it, and rolls all of
 * it back. Locks: AccessShareLock on the user's table. A text says why it could not be measured.
 */
export async function measure(asking: Asking, chosen: Omit<Chosen, 'sample'>): Promise<Sample | string> {
  const { session, limits, signal } = asking
  const { client, connection } = session
  if (connection.readOnly) return `${connection.origin} is marked read-only`
  try {
    await inTransaction({ client, connection, limits, signal, write: true }, async (c) => {
      throw new Measured(await scratch((text) => c.query(text), chosen))
    })
    throw new Error('unreachable: measuring ends by throwing')
  } catch (error) {
    const cause = (error as Error).cause
    if (cause instanceof Measured) return cause.sample
    if (signal?.aborted) throw error
    return (error as Error).message
  }
}

type Query = (text: string) => Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>

async function scratch(query: Query, chosen: Omit<Chosen, 'sample'>): Promise<Sample> {
  const { facts, time, noColumnstore } = chosen
  const name = `arxdb_sample_${randomBytes(6).toString('hex')}`
  const relation = qualified({ schema: facts.table.schema, name })
  await query(`create table ${relation} (like ${facts.sql} including all)`)
  const columns = identifiers(facts.columns.filter(({ generated }) => !generated).map((column) => column.name))
  const copied = await query(
    `insert into ${relation} (${columns}) overriding system value select ${columns} from ${newest(chosen)}`,
  )
  const rows = copied.rowCount ?? 0
  const before = await sizeOf(query, `pg_total_relation_size(${quoted(relation)})`)
  const readSeconds = await timed(() => query(fingerprint(relation, time)))
  const moveSeconds = await timed(() => query(hypertableSql(chosen, relation)))
  const measured = { rows, moveSeconds: moveSeconds / Math.max(rows, 1), readSeconds: readSeconds / Math.max(rows, 1) }
  if (noColumnstore !== undefined) return { ...measured, bytesAfter: undefined, refusedColumnstore: undefined }
  await query('savepoint columnstore')
  try {
    await query(columnstoreSql(chosen, relation))
  } catch (error) {
    await query('rollback to savepoint columnstore')
    return { ...measured, bytesAfter: undefined, refusedColumnstore: (error as Error).message }
  }
  if (rows < LEAST) return { ...measured, bytesAfter: undefined, refusedColumnstore: undefined }
  const at = identifier(facts.table.timescaledb ?? 'public')
  await query(`select ${at}.compress_chunk(chunk) from ${at}.show_chunks(${quoted(relation)}) as chunk`)
  const after = await sizeOf(
    query,
    `(select sum(after_compression_total_bytes) from ${at}.chunk_compression_stats(${quoted(relation)}))`,
  )
  return { ...measured, bytesAfter: before > 0 ? after / before : undefined, refusedColumnstore: undefined }
}

const quoted = (relation: string): string => `${literal(relation)}::regclass`

async function sizeOf(query: Query, what: string): Promise<number> {
  return Number(((await query(`select (${what})::float8 as bytes`)).rows[0] as { bytes: number }).bytes)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** By an index on the time, else the table's last pages: rows mostly come in the order of time. */
function newest({ facts, time, seen }: Omit<Chosen, 'sample'>): string {
  const { sql, table, indexes } = facts
  const indexed = indexes.some(({ whole, columns }) => whole && columns[0] === time.name)
  if (indexed) return `${sql} order by ${identifier(time.name)} desc limit ${ROWS}`
  if (seen.rows <= ROWS) return sql
  const pages = table.heap_bytes / table.block_bytes
  const first = Math.max(0, Math.floor(pages - (ROWS / seen.rows) * pages) - 1)
  return `${sql} where ctid >= '(${first},0)'::tid limit ${ROWS}`
}
