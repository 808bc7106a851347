// The few statements whose columns vary, composed by kysely: it compiles, and pg runs.
import {
  DummyDriver,
  Kysely,
  type OrderByDirection,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import type { TableName } from './identifier.ts'

type AnyTable = Record<string, Record<string, unknown>>

const compiler = new Kysely<AnyTable>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

export interface Composed {
  readonly text: string
  readonly values: readonly unknown[]
}

export interface TimeRange {
  readonly table: TableName
  readonly timeColumn: string
  /** Inclusive, anything PostgreSQL reads as timestamptz. */
  readonly from: string
  /** Exclusive. */
  readonly to: string
  /** All, when none are named. */
  readonly columns?: readonly string[] | undefined
  readonly order?: OrderByDirection | undefined
  readonly limit?: number | undefined
}

/** Rows of [from, to), ordered by time. Names go through `sql.id`, which takes them literally: no dots, no aliases. */
export function timeRange(range: TimeRange): Composed {
  const { schema, name } = range.table
  const time = sql.id(range.timeColumn)
  let query = compiler
    .selectFrom(sql<AnyTable[string]>`${schema === undefined ? sql.id(name) : sql.id(schema, name)}`.as('t'))
    .where(sql<boolean>`${time} >= ${range.from}::timestamptz and ${time} < ${range.to}::timestamptz`)
    .orderBy(time, range.order ?? 'asc')
  if (range.limit !== undefined) query = query.limit(sql<number>`${range.limit}::bigint`)
  const chosen = range.columns?.length ? query.select(range.columns.map((c) => sql.id(c).as(c))) : query.selectAll()
  const { sql: text, parameters } = chosen.compile()
  return { text, values: parameters }
}
