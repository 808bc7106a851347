// What advice needs to know of the tables: a constant number of statements, none of which reads a table whole.

import { qualified, tableName, writtenName } from '../../db/identifier.ts'
import type { Run } from '../../storage/session.ts'
import { factsOf } from '../names.ts'
import type { Arrival } from './lateness.ts'
import { distinctOf, type SampleOf, type SampleRow, sampledShare } from './sample.ts'

/** Partitions of a table that are looked at; imports that are. */
export const NEWEST = 8
const IMPORTS = 2_000
/** Partitions of a table that are sampled. */
const SAMPLED = 3

interface FoundTable {
  /** As SQL writes it. */
  readonly relation: string
  readonly schema_name: string
  readonly relation_name: string
  /** Whether this role may look at its rows. */
  readonly readable: boolean
  readonly time_column: string
  readonly numbered: boolean
  readonly chunk_interval: number | null
  readonly segment_by: readonly string[] | null
  readonly order_by: readonly string[] | null
  readonly compress_after: number | null
  readonly indexes: number
  readonly leading: readonly string[]
}

export interface TableRow extends FoundTable {
  /** As a config names it. */
  readonly table_name: string
}

export interface PartRow {
  readonly relation: string
  readonly lower: number
  readonly upper: number
  readonly rows: number | null
  readonly bytes: number
  readonly blocks: number
  readonly compressed: boolean
  readonly parts: number
  readonly span: number
}

interface DistinctRow {
  readonly relation: string
  readonly column_name: string
  readonly whole: boolean
  readonly n_distinct: number
  readonly upper: number | null
}

interface ArrivalRow extends Arrival {
  readonly target: string
}

/** Columns whose values have to be known, by relation. */
export type Columns = ReadonlyMap<string, readonly string[]>

/** Of the tables that are named, as a config names them; where there are hypertables, all of those. */
export async function readTables(run: Run, named: readonly string[]): Promise<readonly TableRow[]> {
  const tables = named.map((name) => qualified(tableName(name)))
  const found = await run<FoundTable>('policy/advise-tables', { tables })
  return found.map((row) => ({
    ...row,
    table_name: writtenName({ schema: row.schema_name, name: row.relation_name }),
  }))
}

export const readArrivals = (run: Run) => run<ArrivalRow>('policy/advise-arrivals', { most: IMPORTS })

export function readDistinct(run: Run, parts: readonly PartRow[], columns: Columns): Promise<readonly DistinctRow[]> {
  const asked = [...columns].flatMap(([table, names]) => names.map((name) => [table, name] as const))
  const oldest = (table: string) =>
    Math.min(...parts.filter((part) => part.relation === table).map(({ upper }) => upper), 8e9)
  return run<DistinctRow>('policy/advise-distinct', {
    tables: asked.map(([table]) => table),
    columns: asked.map(([, name]) => name),
    since: asked.map(([table]) => oldest(table)),
  })
}

/** The newest partitions of each table that can be sampled: a compressed one would be unpacked whole. */
export function toSample(
  tables: readonly TableRow[],
  parts: readonly PartRow[],
  columns: Columns,
): readonly SampleOf[] {
  return tables.flatMap(({ relation, schema_name: schema, relation_name: name, table_name, time_column, readable }) => {
    if (!readable) return []
    const newest = parts.filter((part) => part.relation === relation).slice(0, SAMPLED)
    return newest
      .filter(({ compressed, blocks }) => !compressed && blocks > 0)
      .map(({ lower, upper, blocks }) => ({
        ...{ relation, schema, name, time: time_column, lower, upper, blocks },
        seen: factsOf(table_name) !== undefined,
        columns: columns.get(relation) ?? [],
      }))
  })
}

export interface Sampled extends SampleRow {
  readonly of: SampleOf
}

/** A part's rows: as estimated, else as many as a sample of its blocks makes likely. */
export function rowsOf(part: PartRow, sample: Sampled | undefined): number | null {
  if (part.rows !== null) return part.rows
  return sample ? (sample.rows * 100) / sampledShare(part.blocks) : null
}

/** Values of a column in a partition: of the newest that has statistics, of the table, else of a sample. */
export function valuesOf(
  column: string,
  known: readonly DistinctRow[],
  sampled: readonly { readonly sample: Sampled; readonly rows: number }[],
  rows: number,
): { readonly values: number; readonly guessed: boolean } | undefined {
  const statistic = known.find(({ whole }) => !whole) ?? known[0]
  if (statistic) {
    const { n_distinct } = statistic
    return { values: n_distinct > 0 ? n_distinct : -n_distinct * rows, guessed: false }
  }
  const [first] = sampled
  if (!first) return undefined
  const { sample } = first
  const at = sample.of.columns.indexOf(column)
  const values = distinctOf(sample.rows, sample.kinds[at]!, sample.singles[at]!, first.rows)
  return { values, guessed: sampledShare(sample.of.blocks) < 100 }
}
