// What the catalog says of a table: its columns, its key, its time column.
import type pg from 'pg'
import { qualified, type TableName, tableName } from '../db/identifier.ts'
import { ArxError, usageError } from '../errors.ts'
import { statement, type Target } from '../statements/load.ts'
import type { Shape } from './encode.ts'

/** The client's own statements have no variants. */
export const ANY_SERVER: Target = { engine: 'postgres', server: 150_000 }

export interface Column {
  readonly name: string
  readonly type: string
  readonly shape: Shape
  readonly nullable: boolean
  readonly comparable: boolean
}

export interface Relation {
  /** As found on the search path, with its schema. */
  readonly table: TableName
  /** Quoted, for SQL. */
  readonly sql: string
  readonly isView: boolean
  readonly columns: readonly Column[]
  /** Columns of the primary key in its order; empty without one. */
  readonly key: readonly string[]
}

interface ColumnRow extends Column {
  readonly schema: string
  readonly relation: string
  readonly kind: string
  readonly key: number | null
}

/** Reads a table's or view's columns. Throws when nothing of that name exists. */
export async function relation(client: pg.ClientBase, name: string): Promise<Relation> {
  const asked = qualified(tableName(name))
  const { rows } = await client.query<ColumnRow>(statement('client/columns', ANY_SERVER).text, [asked])
  const [first] = rows
  if (!first) {
    throw new ArxError({
      code: 'unknown-table',
      message: `no table or view ${asked}`,
      hint: 'name the schema too: arxdb.candles; letter case counts',
    })
  }
  const table = { schema: first.schema, name: first.relation }
  return {
    table,
    sql: qualified(table),
    isView: first.kind === 'v' || first.kind === 'm',
    columns: rows.map(({ name, type, shape, nullable, comparable }) => ({ name, type, shape, nullable, comparable })),
    key: rows
      .filter((row) => row.key !== null)
      .sort((a, b) => a.key! - b.key!)
      .map((row) => row.name),
  }
}

/** The columns of these names, in their order. Throws naming the first that the relation lacks. */
export function chosenColumns(of: Relation, names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = of.columns.find((c) => c.name === name)
    if (column) return column
    throw usageError(`${of.sql} has no column "${name}"`, `it has: ${of.columns.map((c) => c.name).join(', ')}`)
  })
}

const isInstant = (column: Column): boolean => column.type === 'timestamp with time zone'

/** The first timestamptz of the primary key, else the only one of the table. Throws when that leaves a choice. */
export function timeColumnOf(of: Relation): string {
  const instants = of.columns.filter(isInstant).map((c) => c.name)
  const inKey = of.key.find((name) => instants.includes(name))
  const guess = inKey ?? (instants.length === 1 ? instants[0] : undefined)
  if (guess !== undefined) return guess
  const choice = instants.length > 0 ? `candidates: ${instants.join(', ')}` : 'it has no timestamptz column'
  throw usageError(`cannot tell the time column of ${of.sql}: ${choice}`, 'name it with timeColumn')
}
