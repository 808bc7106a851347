// What the catalog says of a table that is to become a hypertable.
import { qualified, type TableName, writtenName } from '../../db/identifier.ts'
import { detect } from '../../engines/detect.ts'
import type { Tier } from '../../engines/engine.ts'
import { ArxError, unsupportedError } from '../../errors.ts'
import { nearest } from '../../nearest.ts'
import type { Target } from '../../statements/load.ts'
import { type Client, type Run, runner } from '../../storage/session.ts'

export interface Relation {
  readonly schema: string
  readonly name: string
  /** pg_class.relkind */
  readonly kind: string
  /** pg_class.relpersistence */
  readonly persistence: string
  readonly partition: boolean
  readonly inherits: boolean
  readonly extension: string | null
  readonly owned: boolean
  readonly rules: boolean
  readonly row_security: boolean
  readonly published: boolean
  /** With indexes and TOAST. */
  readonly bytes: number
  readonly heap_bytes: number
  readonly block_bytes: number
  readonly shared_bytes: number
  readonly cache_bytes: number
  /** Locks that the server can hold at once. */
  readonly lock_slots: number
  /** The schema that TimescaleDB's functions are in. */
  readonly timescaledb: string | null
}

export interface Column {
  readonly name: string
  readonly type: string
  /** pg_type.typcategory */
  readonly kind: string
  readonly nullable: boolean
  readonly generated: boolean
  /** Filled from a sequence. */
  readonly counted: boolean
  /** As pg_stats has it: below zero it is a share of the rows. */
  readonly distinct_values: number | null
}

export interface Index {
  readonly name: string
  /** Of the key, without expressions. */
  readonly columns: readonly string[]
  readonly is_primary: boolean
  readonly is_unique: boolean
  readonly exclusion: boolean
  /** Valid, of all rows, without expressions. */
  readonly whole: boolean
  readonly constraint_name: string | null
}

export interface Trigger {
  readonly name: string
  readonly definition: string
  /** pg_trigger.tgenabled */
  readonly enabled: string
  readonly each_row: boolean
  readonly transition: boolean
  readonly comment: string | null
}

export interface Reference {
  readonly name: string
  readonly from_table: string
  readonly to_schema: string
  readonly to_name: string
  readonly incoming: boolean
  readonly to_hypertable: boolean
}

export interface Facts {
  /** What this database could do: its own schema's tier does not count for a table of the user's. */
  readonly tier: Tier
  readonly target: Target
  readonly table: Relation
  /** Quoted, with its schema. */
  readonly sql: string
  readonly columns: readonly Column[]
  readonly indexes: readonly Index[]
  readonly triggers: readonly Trigger[]
  readonly references: readonly Reference[]
  readonly hypertable: boolean
}

const PLAIN: Target = { engine: 'postgres', server: 150_000 }

/** Reads everything about `table` in the transaction that `client` is in. Throws where there is no such table, or no TimescaleDB. */
export async function readFacts(client: Client, table: TableName): Promise<Facts> {
  const found = await detect((name) => runner(client, PLAIN)(name))
  if (found.offered === 'plain') throw withoutTimescale(table)
  const target: Target = { engine: 'timescaledb', server: found.version.server }
  const run = runner(client, target)
  const [row] = await run<Relation>('policy/adopt-table', { relation: qualified(table) })
  if (!row) throw await unknown(run, table)
  const { schema, name } = row
  const relation = qualified(row)
  // Definitions of triggers are to hold whatever the search path is when they are made again.
  await client.query('set local search_path = pg_catalog')
  const references = await run<Omit<Reference, 'to_hypertable'>>('policy/adopt-references', { relation })
  const hypertable = await isHypertable(run, { schema, name })
  const facts = {
    ...{ tier: found.offered, target, table: row, sql: relation, hypertable },
    columns: await run<Column>('policy/adopt-columns', { relation }),
    indexes: await run<Index>('policy/adopt-indexes', { relation }),
    triggers: await run<Trigger>('policy/adopt-triggers', { relation }),
    references: [] as Reference[],
  }
  for (const one of references)
    facts.references.push({
      ...one,
      to_hypertable: !one.incoming && (await isHypertable(run, { schema: one.to_schema, name: one.to_name })),
    })
  await client.query('set local search_path to default')
  return facts
}

/** Chunks of a hypertable; undefined for a table that is none. */
export async function chunksOf(run: Run, { schema, name }: TableName): Promise<number | undefined> {
  const [row] = await run<{ hypertable: boolean; chunks: number }>('policy/adopt-hypertable', { schema, name })
  return row?.hypertable ? row.chunks : undefined
}

const isHypertable = async (run: Run, table: TableName): Promise<boolean> => (await chunksOf(run, table)) !== undefined

async function unknown(run: Run, table: TableName): Promise<ArxError> {
  const names = await run<{ schema: string; name: string }>('policy/adopt-names')
  const spelled = new Map(names.map((one) => [one.name, writtenName(one)]))
  const close = nearest(table.name, spelled.keys()).map((name) => spelled.get(name))
  return new ArxError({
    code: 'unknown-table',
    message: `no such table ${qualified(table)}`,
    detail: close.length > 0 ? `there is ${close.join(', ')}` : undefined,
    hint: close.length > 0 ? `arxdb policy adopt ${close[0]} --dry-run` : 'write schema.table; letter case counts',
  })
}

const withoutTimescale = (table: TableName): ArxError =>
  unsupportedError(
    `${qualified(table)} cannot become a hypertable: this database has no TimescaleDB`,
    'with it (create extension timescaledb; either edition) the table gets chunks by time, dropped as a whole when old, and in the Community edition compression; tables of arxdb have partitions here already',
  )
