// Why a table cannot become a hypertable, and what would cure it: all reasons at once.
import { identifier, identifiers, writtenName } from '../../db/identifier.ts'
import { ArxError } from '../../errors.ts'
import { count } from '../../wording.ts'
import type { Column, Facts, Index } from './facts.ts'
import type { Survey } from './survey.ts'

interface Reason {
  readonly why: string
  readonly cure?: string | undefined
}

/** Throws all reasons that the catalog gives; `time` is not chosen yet. */
export function refuseTable(facts: Facts): void {
  const own = kind(facts)
  throwAny(facts, own ? [own] : [...state(facts), ...triggers(facts), ...references(facts)])
}

/** Throws what speaks against `time` as the hypertable's column. */
export function refuseTime(facts: Facts, time: Column, seen: Pick<Survey, 'nulls' | 'infinite'>): void {
  const reasons: Reason[] = facts.indexes
    .filter((index) => (index.is_unique || index.exclusion) && !index.columns.includes(time.name))
    .map((index) => withoutTime(facts, index, time))
  const { nulls = 0, infinite } = seen
  if (nulls > 0)
    reasons.push({
      why: `${nulls > 1000 ? 'more than 1,000 rows have' : nulls === 1 ? 'one row has' : `${count(nulls, 'row')} have`} no ${time.name}`,
      cure: `give them one, or: delete from ${facts.sql} where ${identifier(time.name)} is null`,
    })
  if (infinite)
    reasons.push({
      why: `there are rows whose ${time.name} is infinity, which no chunk can hold`,
      cure: `select * from ${facts.sql} where not isfinite(${identifier(time.name)})`,
    })
  throwAny(facts, reasons)
}

const KINDS: Readonly<Record<string, string>> = {
  p: 'a partitioned table: its rows are in partitions, which would have to be copied into a plain table first',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table: its rows are on another server',
}

/** What it is, where that alone decides. */
function kind({ table, hypertable }: Facts): Reason | undefined {
  if (table.schema === 'arxdb') return { why: 'it is one of arxdb, which has its chunks already' }
  if (/^(_timescaledb_|pg_catalog$|information_schema$)/.test(table.schema)) return { why: 'it belongs to the server' }
  if (hypertable) {
    const why = `it is a hypertable already; to have it managed, it is enough to name it in arxdb.json`
    return { why, cure: `"policy": {${JSON.stringify(writtenName(table))}: {}}` }
  }
  if (table.partition) return { why: 'it is a partition of another table' }
  if (table.kind !== 'r') return { why: `it is ${KINDS[table.kind] ?? 'no table'}` }
  if (table.extension !== null) return { why: `it belongs to the extension ${table.extension}` }
  if (table.persistence === 't') return { why: 'it is temporary, and hypertables cannot be' }
  return undefined
}

function state({ table, sql }: Facts): readonly Reason[] {
  const reasons: Reason[] = []
  if (!table.owned) reasons.push({ why: 'it is owned by a role that you are not in', cure: 'connect as its owner' })
  if (table.persistence === 'u')
    reasons.push({ why: 'it is unlogged: a crash would empty it', cure: `alter table ${sql} set logged` })
  if (table.inherits) reasons.push({ why: 'it inherits, or is inherited from' })
  if (table.rules) reasons.push({ why: 'it has rules, which hypertables cannot have', cure: 'drop rule' })
  if (table.published)
    reasons.push({ why: 'it is named in a publication', cure: `alter publication ... drop table ${sql}` })
  return reasons
}

/**
 * Measured: with 2.28 chunks get every trigger as an enabled one, whatever it is on the table; 2.19 lets none be switched.
 */
function triggers(facts: Facts): readonly Reason[] {
  return facts.triggers.flatMap(({ name, each_row, transition, enabled }) => {
    const cure = `drop trigger ${identifier(name)} on ${facts.sql}`
    if (each_row && transition)
      return [
        { why: `its trigger ${name} is for each row with a transition table, which hypertables cannot have`, cure },
      ]
    const state = SWITCHED[enabled]
    return state === undefined
      ? []
      : [{ why: `its trigger ${name} is ${state}: on chunks it would be an ordinary one`, cure }]
  })
}

const SWITCHED: Readonly<Record<string, string>> = {
  D: 'disabled',
  R: 'enabled for replicas only',
  A: 'enabled always, for replicas too',
}

function references({ references, sql }: Facts): readonly Reason[] {
  return references.flatMap(({ name, from_table, to_schema, to_name, incoming, to_hypertable }) => {
    const cure = `alter table ${incoming ? from_table : sql} drop constraint ${identifier(name)}`
    if (incoming)
      return [{ why: `${from_table} refers to it by ${name}: rows cannot be moved from under a foreign key`, cure }]
    if (!to_hypertable) return []
    const to = writtenName({ schema: to_schema, name: to_name })
    return [{ why: `it refers by ${name} to ${to}, and a hypertable cannot refer to a hypertable`, cure }]
  })
}

function withoutTime({ sql }: Facts, index: Index, time: Column): Reason {
  const columns = `(${identifiers([...index.columns, time.name])})`
  const what = index.is_primary ? 'primary key' : index.exclusion ? 'exclusion constraint' : 'unique index'
  const why = `its ${what} ${index.name} lacks ${time.name}: uniqueness can only be kept within a chunk`
  if (index.exclusion) return { why, cure: `alter table ${sql} drop constraint ${identifier(index.name)}` }
  if (index.constraint_name !== null) {
    const key = index.is_primary ? 'primary key' : 'unique'
    return {
      why,
      cure: `alter table ${sql} drop constraint ${identifier(index.constraint_name)}, add ${key} ${columns}`,
    }
  }
  if (!index.whole) return { why, cure: `drop the index, and make it again with ${time.name}` }
  const made = `create unique index ${identifier(index.name)} on ${sql} ${columns}`
  return { why, cure: `begin; drop index ${identifier(index.name)}; ${made}; commit` }
}

function throwAny({ table }: Facts, reasons: readonly Reason[]): void {
  if (reasons.length === 0) return
  const cures = reasons.flatMap(({ cure }) => (cure === undefined ? [] : [cure]))
  throw new ArxError({
    code: 'not-adoptable',
    message: `${writtenName(table)} cannot be made a hypertable`,
    detail: reasons.map(({ why }) => why).join('\n       '),
    hint: cures.length > 0 ? cures.join('\n       ') : undefined,
  })
}
