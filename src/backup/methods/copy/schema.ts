// A database's schema, read from its catalogue within a snapshot: what is made before its rows, and what after them. What
// cannot be made again is refused, or named.
import { identifier, literal } from '../../../db/identifier.ts'
import { unsupportedError } from '../../../errors.ts'
import { named, type Snapshot } from '../snapshot.ts'
import { columnstoreNode, type Hypertable, hypertableNode, type Job, jobNode } from './hypertables.ts'
import { DATA, type Edge, inOrder, type Node, RANK, type Statement } from './order.ts'
import { type CommentRow, commentSql, type OwnerRow, type RoleStatement, roleStatements } from './owners.ts'
import {
  attachNode,
  options,
  partitionEdges,
  type Sequence,
  sequenceNode,
  type Table,
  type TypeRow,
  tableNodes,
  typeNode,
} from './tables.ts'

export interface TableToCopy {
  readonly schema: string
  readonly name: string
  /** Its rows lie in chunks: they are selected, where those of others are copied as they lie. */
  readonly hypertable: boolean
  /** Those that hold rows of their own: generated ones are worked out again. */
  readonly columns: readonly string[]
}

export interface CopySchema {
  readonly before: readonly Statement[]
  readonly tables: readonly TableToCopy[]
  /** As they stand in the snapshot's moment; sequences know no snapshot. */
  readonly sequences: readonly { readonly schema: string; readonly name: string }[]
  readonly after: readonly Statement[]
  readonly roles: readonly RoleStatement[]
  readonly warnings: readonly string[]
}

/** Keys and indexes are there, and partitions can find their table's; partitions are part of their tables. */
const [BUILT, ATTACHED] = ['built', 'attached']

/** Reads all of it. Exit 5 names what a copy cannot hold. */
export async function readSchema({ run }: Snapshot): Promise<CopySchema> {
  const lacking = await run<{ what: string; refuse: boolean }>('backup/copy/unsupported')
  const continuous = await run<{ name: string }>('backup/copy/continuous')
  const refused = [
    ...lacking.filter(({ refuse }) => refuse).map(({ what }) => what),
    ...continuous.map(({ name }) => `continuous aggregate ${name}`),
  ]
  if (refused.length > 0) throw cannotCopy(refused)
  const warnings = lacking.filter(({ refuse }) => !refuse).map(({ what }) => `not in the copy: ${what}`)

  const chunks = (await run<{ name: string }>('backup/copy/chunks')).map(({ name }) => name)
  const tables = await run<Table>('backup/copy/tables', { chunks })
  const sequences = await run<Sequence>('backup/copy/sequences')
  const hypertables = await run<Hypertable>('backup/copy/hypertables')
  const extensions = await run<ExtensionRow>('backup/copy/extensions')
  const functions = await run<{ id: string; name: string; definition: string }>('backup/copy/functions')
  const ext = extensions.find(({ name }) => name === 'timescaledb')?.schema ?? 'public'
  const edges: Edge[] = [...(await run<Edge>('backup/copy/depends')), ...partitionEdges(tables)]
  const nodes: Node[] = [
    { id: DATA, rank: RANK.data, what: 'rows', statements: [] },
    { id: BUILT, rank: RANK.attach, what: '', statements: [] },
    { id: ATTACHED, rank: RANK.attach, what: '', statements: [] },
  ]
  edges.push({ id: BUILT, needs: DATA }, { id: ATTACHED, needs: BUILT })

  for (const { id, name } of await run<{ id: string; name: string }>('backup/copy/schemas')) {
    nodes.push(simple(id, RANK.schema, `schema ${name}`, `create schema ${identifier(name)}`))
  }
  nodes.push(...extensions.map(extensionNode))
  nodes.push(...(await run<TypeRow>('backup/copy/types')).map(typeNode))
  nodes.push(...functions.map(({ id, name, definition }) => simple(id, RANK.function, `function ${name}`, definition)))
  nodes.push(...sequences.filter(({ identity }) => !identity).map(sequenceNode))
  for (const table of tables) {
    nodes.push(...tableNodes(table, sequences))
    edges.push({ id: DATA, needs: table.id })
    if (table.parent_name !== null) {
      nodes.push(attachNode(table))
      edges.push({ id: `attach:${table.id}`, needs: BUILT }, { id: ATTACHED, needs: `attach:${table.id}` })
    }
  }
  for (const h of hypertables) {
    const table = tables.find(({ schema, name }) => schema === h.schema && name === h.name)!
    const id = `hypertable:${table.id}`
    const named_ = (name: string): string | undefined =>
      functions.map((one) => one.name.replace(/\(.*$/s, '')).find((one) => one === name || one.endsWith(`.${name}`))
    nodes.push(hypertableNode(h, ext, id, named_))
    edges.push({ id, needs: table.id }, { id: DATA, needs: id })
    const extension = extensions.find(({ name }) => name === 'timescaledb')
    if (extension) edges.push({ id, needs: extension.id })
    for (const f of h.dimensions[0]!.now ? functions : []) edges.push({ id, needs: f.id })
    const store = columnstoreNode(h, ext)
    if (store) nodes.push(store)
  }
  await readLater(run, chunks, nodes, edges)
  for (const job of await run<Job>('backup/copy/jobs')) {
    const node = jobNode(job, ext)
    if (node) nodes.push(node)
    else warnings.push(`not in the copy: job ${job.job_id} (${job.proc_schema}.${job.proc_name})`)
  }

  const ordered = inOrder(nodes, edges)
  const at = ordered.findIndex(({ id }) => id === DATA)
  const comments = await run<CommentRow>('backup/copy/comments', { chunks })
  return {
    before: ordered.slice(0, at).flatMap(({ statements }) => statements),
    after: [
      ...ordered.slice(at + 1).flatMap(({ statements }) => statements),
      ...comments.map((row) => ({ what: `comment on ${row.kind} ${row.identity}`, sql: commentSql(row) })),
    ],
    tables: tables
      .filter(({ kind }) => kind === 'r')
      .map(({ schema, name, columns }) => ({
        ...{ schema, name, hypertable: hypertables.some((h) => h.schema === schema && h.name === name) },
        columns: columns.filter(({ generated }) => !generated).map((column) => column.name),
      })),
    sequences: sequences.map(({ schema, name }) => ({ schema, name })),
    roles: (await run<OwnerRow>('backup/copy/owners', { chunks })).flatMap(roleStatements),
    warnings,
  }
}

const simple = (id: string, rank: number, what: string, sql: string): Node => ({
  id,
  rank,
  what,
  statements: [{ what, sql }],
})

interface ExtensionRow {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly schema: string | null
}

function extensionNode({ id, name, version, schema }: ExtensionRow): Node {
  const what = `extension ${name}`
  const into = schema === null ? '' : ` with schema ${identifier(schema)}`
  const sql = `create extension if not exists ${identifier(name)}${into}`
  return { id, rank: RANK.extension, what, statements: [{ what, sql, extension: { name, version } }] }
}

type Reader = Snapshot['run']
interface OnTable {
  readonly id: string
  readonly table_id: string
  readonly schema: string
  readonly table_name: string
  readonly name: string
  readonly definition: string
}

/** What is made when the rows are in: keys, indexes, views, triggers, policies. */
async function readLater(run: Reader, chunks: readonly string[], nodes: Node[], edges: Edge[]): Promise<void> {
  const made = new Set(nodes.map(({ id }) => id))
  for (const k of await run<OnTable & { type: string }>('backup/copy/constraints', { chunks })) {
    const on = named(k.schema, k.table_name)
    const rank = k.type === 'f' ? RANK.foreignKey : RANK.constraint
    const sql = `alter table ${on} add constraint ${identifier(k.name)} ${k.definition}`
    nodes.push(simple(k.id, rank, `constraint ${k.name} of ${on}`, sql))
    if (k.type === 'f') edges.push({ id: k.id, needs: ATTACHED })
    else edges.push({ id: k.id, needs: DATA }, { id: BUILT, needs: k.id })
  }
  type Index = OnTable & { clustered: boolean; replica_identity: boolean; constraint_id: string | null; valid: boolean }
  for (const i of await run<Index>('backup/copy/indexes', { chunks })) {
    const on = named(i.schema, i.table_name)
    const what = `index ${i.name} of ${on}`
    const more: Statement[] = [
      ...(i.clustered ? [{ what, sql: `alter table ${on} cluster on ${identifier(i.name)}` }] : []),
      ...(i.replica_identity
        ? [{ what, sql: `alter table ${on} replica identity using index ${identifier(i.name)}` }]
        : []),
    ]
    if (i.constraint_id !== null) {
      const [owner] = nodes.filter(({ id }) => id === i.constraint_id)
      if (owner && more.length > 0)
        nodes[nodes.indexOf(owner)] = { ...owner, statements: [...owner.statements, ...more] }
      continue
    }
    // What was left invalid, half-made, is made whole.
    nodes.push({ id: i.id, rank: RANK.index, what, statements: [{ what, sql: i.definition }, ...more] })
    edges.push({ id: i.id, needs: DATA })
    // Those of materialized views come with their view, after all partitions.
    if (made.has(i.table_id)) edges.push({ id: BUILT, needs: i.id })
  }
  for (const s of await run<{ id: string; name: string; definition: string }>('backup/copy/statistics')) {
    nodes.push(simple(s.id, RANK.statistics, `statistics ${s.name}`, s.definition))
  }
  type View = {
    id: string
    schema: string
    name: string
    kind: string
    options: string[]
    definition: string
    populated: boolean
    columns: string[]
  }
  for (const v of await run<View>('backup/copy/views')) {
    const [name, stored] = [named(v.schema, v.name), v.kind === 'm']
    const columns = v.columns.length > 0 ? ` (${v.columns.map(identifier).join(', ')})` : ''
    const body = v.definition.trim().replace(/;$/, '')
    const tail = stored && !v.populated ? ' with no data' : ''
    const sql = `create ${stored ? 'materialized ' : ''}view ${name}${columns}${options(v.options)} as ${body}${tail}`
    nodes.push(simple(v.id, RANK.view, `view ${name}`, sql))
    if (stored) edges.push({ id: v.id, needs: ATTACHED })
  }
  const enable: Readonly<Record<string, string>> = { D: 'disable', R: 'enable replica', A: 'enable always' }
  type Trigger = Omit<OnTable, 'table_id'> & { enabled: string; view: boolean }
  for (const t of await run<Trigger>('backup/copy/triggers', { chunks })) {
    const on = named(t.schema, t.table_name)
    const what = `trigger ${t.name} of ${on}`
    const state = enable[t.enabled]
    const more = state ? [{ what, sql: `alter table ${on} ${state} trigger ${identifier(t.name)}` }] : []
    nodes.push({ id: t.id, rank: RANK.trigger, what, statements: [{ what, sql: t.definition }, ...more] })
    edges.push({ id: t.id, needs: t.view ? DATA : ATTACHED })
  }
  const commands: Readonly<Record<string, string>> = { r: 'select', a: 'insert', w: 'update', d: 'delete', '*': 'all' }
  type Policy = {
    id: string
    schema: string
    table_name: string
    name: string
    command: string
    permissive: boolean
    roles: string[]
    using_clause: string | null
    check_clause: string | null
  }
  for (const p of await run<Policy>('backup/copy/policies')) {
    const on = named(p.schema, p.table_name)
    const roles = p.roles.length > 0 ? p.roles.map(identifier).join(', ') : 'public'
    const using = p.using_clause === null ? '' : ` using (${p.using_clause})`
    const check = p.check_clause === null ? '' : ` with check (${p.check_clause})`
    const kind = p.permissive ? 'permissive' : 'restrictive'
    const sql = `create policy ${identifier(p.name)} on ${on} as ${kind} for ${commands[p.command]} to ${roles}${using}${check}`
    nodes.push(simple(p.id, RANK.policy, `policy ${p.name} of ${on}`, sql))
    edges.push({ id: p.id, needs: DATA })
  }
}

const cannotCopy = (what: readonly string[]) =>
  unsupportedError(
    `a copy cannot hold ${what.slice(0, 5).join(', ')}${what.length > 5 ? ` and ${what.length - 5} more` : ''}`,
    'arxdb backup run --kind dump, which needs pg_dump; or --kind base',
  )

/** Where a sequence stands; to be asked of the sequence itself. */
export const sequenceState = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `select ${literal(schema)} as schema, ${literal(name)} as name, last_value::text as last, is_called as called from ${named(schema, name)}`
