// Tables and their columns, sequences and types, as statements that make them again.
import { identifier, literal } from '../../../db/identifier.ts'
import { named } from '../snapshot.ts'
import { type Edge, type Node, RANK, type Statement } from './order.ts'

export interface Column {
  readonly name: string
  readonly type: string
  readonly not_null: boolean
  /** Of PostgreSQL 18: NOT NULL has a name there. */
  readonly null_name: string | null
  /** `a` always, `d` by default, or empty. */
  readonly identity: string
  /** `s` stored, `v` virtual, or empty. */
  readonly generated: string
  readonly default_id: number | null
  readonly default: string | null
  readonly collation: string | null
  readonly storage: string | null
  readonly compression: string | null
  readonly statistics: number | null
  readonly options: readonly string[] | null
}

export interface Table {
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly unlogged: boolean
  readonly options: readonly string[]
  readonly access_method: string | null
  readonly partition_key: string | null
  readonly parent_schema: string | null
  readonly parent_name: string | null
  readonly bound: string | null
  readonly row_security: boolean
  readonly force_row_security: boolean
  readonly replica_identity: string
  readonly columns: readonly Column[]
}

export interface Sequence {
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly type: string
  readonly start: string
  readonly min: string
  readonly max: string
  readonly increment: string
  readonly cache: string
  readonly cycle: boolean
  readonly identity: boolean
  readonly unlogged: boolean
  readonly owner_schema: string | null
  readonly owner_table: string | null
  readonly owner_column: string | null
}

const STORAGE: Readonly<Record<string, string>> = { p: 'plain', e: 'external', m: 'main', x: 'extended' }
const COMPRESSION: Readonly<Record<string, string>> = { p: 'pglz', l: 'lz4' }

const numbers = (s: Sequence): string =>
  `start with ${s.start} increment by ${s.increment} minvalue ${s.min} maxvalue ${s.max} cache ${s.cache} ${s.cycle ? 'cycle' : 'no cycle'}`

export function sequenceNode(s: Sequence): Node {
  const name = named(s.schema, s.name)
  const what = `sequence ${name}`
  const statements = [
    { what, sql: `create ${s.unlogged ? 'unlogged ' : ''}sequence ${name} as ${s.type} ${numbers(s)}` },
    ...(s.owner_table === null
      ? []
      : [
          {
            what,
            sql: `alter sequence ${name} owned by ${named(s.owner_schema!, s.owner_table)}.${identifier(s.owner_column!)}`,
          },
        ]),
  ]
  return { id: s.id, rank: RANK.sequence, what, statements }
}

/** `a=b` of reloptions, as WITH takes them. */
export function options(list: readonly string[]): string {
  const parts = list.map((one) => {
    const at = one.indexOf('=')
    return `${one.slice(0, at)} = ${literal(one.slice(at + 1))}`
  })
  return parts.length === 0 ? '' : ` with (${parts.join(', ')})`
}

function column(table: Table, c: Column, sequences: readonly Sequence[]): string {
  const parts = [identifier(c.name), c.type]
  if (c.collation) parts.push(`collate ${c.collation}`)
  if (c.generated) parts.push(`generated always as (${c.default}) ${c.generated === 'v' ? 'virtual' : 'stored'}`)
  if (c.identity && table.parent_name === null) {
    const own = sequences.find(
      (s) => s.identity && s.owner_schema === table.schema && s.owner_table === table.name && s.owner_column === c.name,
    )
    const how = own ? ` (sequence name ${named(own.schema, own.name)} ${numbers(own)})` : ''
    parts.push(`generated ${c.identity === 'a' ? 'always' : 'by default'} as identity${how}`)
  }
  if (c.not_null) parts.push(`${c.null_name ? `constraint ${identifier(c.null_name)} ` : ''}not null`)
  return parts.join(' ')
}

/** A table with its columns alone; a partition stands by itself until its rows are in. */
export function tableNodes(table: Table, sequences: readonly Sequence[]): readonly Node[] {
  const name = named(table.schema, table.name)
  const what = `table ${name}`
  const columns = table.columns.map((c) => column(table, c, sequences)).join(', ')
  const by = table.partition_key === null ? '' : ` partition by ${table.partition_key}`
  const using = table.access_method === null ? '' : ` using ${identifier(table.access_method)}`
  const unlogged = table.unlogged ? 'unlogged ' : ''
  const alter = (sql: string): Statement => ({ what, sql: `alter table ${name} ${sql}` })
  const statements: Statement[] = [
    { what, sql: `create ${unlogged}table ${name} (${columns})${by}${using}${options(table.options)}` },
  ]
  for (const c of table.columns) {
    const on = `alter column ${identifier(c.name)}`
    if (c.storage) statements.push(alter(`${on} set storage ${STORAGE[c.storage]}`))
    if (c.compression) statements.push(alter(`${on} set compression ${COMPRESSION[c.compression] ?? 'default'}`))
    if (c.statistics !== null) statements.push(alter(`${on} set statistics ${c.statistics}`))
    if (c.options?.length) statements.push(alter(`${on} set${options(c.options).replace(' with', '')}`))
  }
  if (table.row_security) statements.push(alter('enable row level security'))
  if (table.force_row_security) statements.push(alter('force row level security'))
  if (table.replica_identity === 'f') statements.push(alter('replica identity full'))
  if (table.replica_identity === 'n') statements.push(alter('replica identity nothing'))
  const defaults = table.columns
    .filter((c) => c.default !== null && !c.generated)
    .map((c): Node => {
      const told = `default of ${name}.${identifier(c.name)}`
      const sql = `alter table ${name} alter column ${identifier(c.name)} set default ${c.default}`
      return { id: `pg_attrdef:${c.default_id}`, rank: RANK.default, what: told, statements: [{ what: told, sql }] }
    })
  return [{ id: table.id, rank: RANK.table, what, statements }, ...defaults]
}

/** A partition becomes part of its table when its rows, keys and indexes are there: then those of the table find them. */
export function attachNode(table: Table): Node {
  const name = named(table.schema, table.name)
  const what = `partition ${name}`
  const sql = `alter table ${named(table.parent_schema!, table.parent_name!)} attach partition ${name} ${table.bound}`
  return { id: `attach:${table.id}`, rank: RANK.attach, what, statements: [{ what, sql }] }
}

export interface TypeRow {
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly labels: readonly string[]
  readonly base: string | null
  readonly not_null: boolean
  readonly default_value: string | null
  readonly collation: string | null
  readonly checks: readonly { readonly name: string; readonly definition: string }[]
  readonly attributes: readonly { readonly name: string; readonly type: string; readonly collation: string | null }[]
}

export function typeNode(t: TypeRow): Node {
  const name = named(t.schema, t.name)
  const what = `type ${name}`
  const collate = (collation: string | null): string => (collation ? ` collate ${collation}` : '')
  const domain = (): string =>
    [
      `create domain ${name} as ${t.base}${collate(t.collation)}`,
      t.default_value === null ? '' : `default ${t.default_value}`,
      t.not_null ? 'not null' : '',
      ...t.checks.map((c) => `constraint ${identifier(c.name)} ${c.definition}`),
    ].join(' ')
  const attributes = t.attributes.map((a) => `${identifier(a.name)} ${a.type}${collate(a.collation)}`).join(', ')
  const sql =
    t.kind === 'e'
      ? `create type ${name} as enum (${t.labels.map(literal).join(', ')})`
      : t.kind === 'd'
        ? domain()
        : `create type ${name} as (${attributes})`
  return { id: t.id, rank: RANK.type, what, statements: [{ what, sql }] }
}

/** Edges that pg_depend does not hold, because a partition is made apart from its table. */
export const partitionEdges = (tables: readonly Table[]): readonly Edge[] =>
  tables
    .filter(({ parent_name }) => parent_name !== null)
    .flatMap((table) => {
      const own = `attach:${table.id}`
      const parent = tables.find(({ schema, name }) => schema === table.parent_schema && name === table.parent_name)
      return [
        { id: own, needs: table.id },
        ...(parent
          ? [
              { id: own, needs: parent.id },
              { id: `attach:${parent.id}`, needs: own },
            ]
          : []),
      ]
    })
