// What is wrong with indexes, judged from their definitions and counters. Nothing here asks the server.
import type { Statements } from '../engines/engine.ts'
import { count, humanBytes, percent } from '../wording.ts'
import { queryText } from './query-text.ts'

export const INDEX_KINDS = ['unused', 'duplicate', 'redundant', 'unindexed-key', 'sequential', 'bloated'] as const
export type IndexKind = (typeof INDEX_KINDS)[number]

export interface IndexFinding {
  readonly kind: IndexKind
  readonly table: string
  /** Null where one is missing. */
  readonly index: string | null
  /** Of the index, or of the table that lacks one; of a bloated one what it would give back. */
  readonly bytes: number
  readonly finding: string
  readonly why: string
  readonly try: string
}

export type Index = Statements['indexes/usage']['row']
export type Table = Statements['indexes/tables']['row']
export type Key = Statements['indexes/keys']['row']
export type Busy = Statements['indexes/statements']['row']

/** So much of an index empty, and it is told. */
const EMPTY = 0.3
/** A table read from end to end so often, counted in rows, and it is told. */
const PASSES = 50

const partsOf = ({ parts }: Index, kind: string): string =>
  parts === null ? '' : `, on ${count(parts, kind === 'hypertable' ? 'chunk' : 'partition')}`

/** Of `partitioned`, `hypertable`, `inherited` (from by others) and `table`. */
const isWhole = (kind: string): boolean => kind === 'table' || kind === 'inherited'

/** Hypertables and partitioned tables refuse CONCURRENTLY: there the lock is taken on all at once. */
function drop({ kind, index, constraint_name, table }: Index): string {
  if (constraint_name !== null) return `alter table ${table} drop constraint ${quoted(constraint_name)}`
  return isWhole(kind) ? `drop index concurrently ${index}` : `set lock_timeout = '5s'; drop index ${index}`
}

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

function create(kind: string, table: string, columns: string): string {
  if (kind === 'hypertable') return `create index on ${table} (${columns}) with (timescaledb.transaction_per_chunk)`
  return isWhole(kind) ? `create index concurrently on ${table} (${columns})` : `create index on ${table} (${columns})`
}

/** Indexes that no query read, and that keep nothing right. `asked`: how many servers were looked at. */
export const unused = (indexes: readonly Index[], minBytes: number, days: number, asked: number): IndexFinding[] =>
  indexes
    .filter(({ scans, needed, valid, bytes }) => scans === 0 && needed === null && valid && bytes >= minBytes)
    .map((one) => ({
      ...{ kind: 'unused' as const, table: one.table, index: one.index, bytes: one.bytes },
      finding: `no scan in ${days} d${asked > 1 ? ` on ${asked} servers` : ''}, ${humanBytes(one.bytes)}${partsOf(one, one.kind)}`,
      why: 'every write pays for it, and memory holds it; an index younger than the statistics has had less time',
      try: drop(one),
    }))

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, i) => key === b[i])

/** Whatever `a` answers, `b` answers: the same keys in front, the same rows. Included columns are in `b` somewhere. */
const covers = (b: Index, a: Index): boolean =>
  a.table === b.table &&
  a.method === b.method &&
  a.predicate === b.predicate &&
  b.valid &&
  a.valid &&
  same(a.keys, b.keys.slice(0, a.keys.length)) &&
  (a.keys.length === b.keys.length || a.method === 'btree') &&
  a.included.every((column) => b.included.includes(column) || b.columns.includes(column))

/** How much stands on an index: what more depends on stays, among equals the one that is used, then by name. */
const rank = (one: Index): number =>
  one.needed === null ? 0 : one.needed === 'the primary key' ? 4 : one.constraint_name !== null ? 3 : one.unique ? 2 : 1

const stays = (a: Index, b: Index): boolean =>
  rank(a) !== rank(b) ? rank(a) > rank(b) : a.scans !== b.scans ? a.scans > b.scans : a.index < b.index

/**
 * Twice the same, and those that are the beginning of another, unless that one is `condemned`: whoever types both would have
 * none. What keeps rows unique is the beginning of nothing.
 */
export function repeated(
  indexes: readonly Index[],
  minBytes: number,
  condemned: readonly IndexFinding[],
): IndexFinding[] {
  const byTable = new Map<string, Index[]>()
  for (const one of indexes) byTable.set(one.table, [...(byTable.get(one.table) ?? []), one])
  return indexes.flatMap((one): IndexFinding[] => {
    if (one.bytes < minBytes) return []
    const others = (byTable.get(one.table) ?? []).filter((other) => other !== one && covers(other, one))
    const twin = others.find(
      (other) => other.keys.length === one.keys.length && (other.unique || !one.unique) && !equalLoses(one, other),
    )
    const base = { table: one.table, index: one.index, bytes: one.bytes, try: drop(one) }
    if (twin) {
      const finding = `the same as ${twin.index}${one.needed === null ? '' : ` (and ${one.needed})`}, ${humanBytes(one.bytes)}${partsOf(one, one.kind)}`
      return [{ ...base, kind: 'duplicate', finding, why: 'one of the two is written and kept in memory for nothing' }]
    }
    const longer =
      one.needed === null &&
      others.find(({ keys, index }) => keys.length > one.keys.length && !condemned.some((bad) => bad.index === index))
    if (!longer) return []
    const finding = `the beginning of ${longer.index}, ${humanBytes(one.bytes)}${partsOf(one, one.kind)}`
    const why = `what it finds, the longer one finds; being ${times(longer.bytes, one.bytes)} as large, that one reads more pages for it`
    return [{ ...base, kind: 'redundant', finding, why }]
  })
}

/** Of two that cover each other one stays. */
const equalLoses = (one: Index, other: Index): boolean =>
  covers(one, other) && (one.unique || !other.unique) && stays(one, other)

const times = (a: number, b: number): string => `${Math.max(1, Math.round((10 * a) / Math.max(1, b)) / 10)} times`

/** Foreign keys that no index begins with: in any order, as all are compared for equality. */
export function unindexedKeys(
  keys: readonly Key[],
  indexes: readonly Index[],
  tables: readonly Table[],
  minBytes: number,
): IndexFinding[] {
  const table = new Map(tables.map((one) => [one.table, one]))
  return keys
    .filter(({ columns, table: of }) => !indexes.some((one) => one.table === of && serves(one, columns)))
    .flatMap((key): IndexFinding[] => {
      const of = table.get(key.table)
      if (!of || of.bytes < minBytes) return []
      return [
        {
          ...{ kind: 'unindexed-key', table: key.table, index: null, bytes: of.bytes },
          finding: `${key.constraint_name} (${key.columns.join(', ')}) references ${key.referenced}, and no index begins with it`,
          why: `each row deleted from ${key.referenced}, or whose key changes, reads all of ${key.table}${key.action ? ', to delete or change there too' : ''}`,
          try: create(of.kind, key.table, key.columns.join(', ')),
        },
      ]
    })
}

function serves({ valid, columns, predicate, method }: Index, wanted: readonly string[]): boolean {
  const front = columns.slice(0, wanted.length)
  const whole = predicate === null || /^\(?"?\w+"? IS NOT NULL\)?$/.test(predicate)
  return valid && whole && (method === 'btree' || method === 'hash') && wanted.every((column) => front.includes(column))
}

/** Large tables that are read from end to end again and again. */
export const sequential = (tables: readonly Table[], minBytes: number, busy: readonly Busy[]): IndexFinding[] =>
  tables
    .filter(({ bytes, rows, sequential_rows }) => bytes >= minBytes && rows > 0 && sequential_rows / rows >= PASSES)
    .map(({ table, name, bytes, rows, sequential_rows, sequential_scans }) => {
      const most = busy.find((one) => one.name === name)
      return {
        ...{ kind: 'sequential', table, index: null, bytes },
        finding: `read from end to end about ${Math.round(sequential_rows / rows).toLocaleString('en-US')} times (${count(sequential_scans, 'scan')}), ${humanBytes(bytes)}`,
        why: most
          ? `most time of what names it went to: ${queryText(most.query, 120)} (${count(most.calls, 'call')})`
          : 'an index on what is filtered by would read less; where all rows are wanted none helps',
        try: most
          ? `arxdb slow; explain (analyze, buffers) of that one, then an index on ${table} for its where`
          : 'arxdb slow',
      }
    })

/** B-trees that are emptier than they are built, by an estimate. */
export const bloated = (indexes: readonly Index[], minBytes: number): IndexFinding[] =>
  indexes
    .filter(
      ({ wasted_bytes, judged_bytes, valid }) =>
        valid && (wasted_bytes ?? 0) >= Math.max(1, minBytes) && wasted_bytes! / judged_bytes >= EMPTY,
    )
    .map((one) => ({
      ...{ kind: 'bloated' as const, table: one.table, index: one.index, bytes: one.wasted_bytes! },
      finding: `about ${percent(Math.round((100 * one.wasted_bytes!) / one.judged_bytes) / 100)} empty by estimate: ${humanBytes(one.wasted_bytes!)} of ${humanBytes(one.judged_bytes)}${partsOf(one, one.kind)}`,
      why: 'more pages are read and kept in memory than its rows need; an estimate from the widths that ANALYZE saw',
      try:
        one.kind === 'hypertable'
          ? `arxdb maintain, chunk by chunk; or, while nobody writes: reindex table ${one.table}`
          : `reindex index concurrently ${one.index}`,
    }))
