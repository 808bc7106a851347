// Which lock a statement takes, by its kind; from PostgreSQL's "Explicit Locking" and the ALTER TABLE page.
import { NAME } from './shape.ts'

export interface LockUse {
  /** Strongest lock, and what it keeps out; null where it only reads catalogs or rows. */
  readonly lock: string | null
  /** Table it is taken on, as written. */
  readonly relation: string | null
}

const EXCLUSIVE = 'AccessExclusiveLock: blocks reads and writes'
const SHARE = 'ShareLock: blocks writes'
const SHARE_ROW = 'ShareRowExclusiveLock: blocks writes'
const UPDATE = 'ShareUpdateExclusiveLock: blocks other DDL and vacuum'
const ROW = 'RowExclusiveLock: blocks DDL'
const NEW = 'AccessExclusiveLock on what it makes: blocks nobody'

const on = (before: string): RegExp => new RegExp(`^${before}${NAME}`)
const TABLE = '(?:table )?(?:if exists )?(?:only )?'

/** The first that matches decides; the last group of a pattern is the relation. */
const KINDS: readonly (readonly [RegExp, string | null])[] = [
  [new RegExp(`^create (?:unique )?index concurrently .*?\\bon (?:only )?${NAME}`), UPDATE],
  [new RegExp(`^create (?:unique )?index .*?\\bon (?:only )?${NAME}`), SHARE],
  [on('drop index concurrently (?:if exists )?'), UPDATE],
  [on('drop index (?:if exists )?'), EXCLUSIVE],
  [on('(?:drop|truncate) (?:table|materialized view|view) (?:if exists )?'), EXCLUSIVE],
  [on('truncate (?:only )?'), EXCLUSIVE],
  [
    new RegExp(`^alter table ${TABLE}${NAME} (?:validate constraint|alter (?:column )?\\S+ set (?:statistics|\\( ))`),
    UPDATE,
  ],
  [new RegExp(`^alter table ${TABLE}${NAME} attach partition`), UPDATE],
  [new RegExp(`^alter table ${TABLE}${NAME} detach partition .*concurrently$`), UPDATE],
  [new RegExp(`^alter table ${TABLE}${NAME} add (?:constraint \\S+ )?foreign key`), SHARE_ROW],
  [on(`alter table ${TABLE}`), EXCLUSIVE],
  [on('alter (?:materialized view|view|index|sequence) (?:if exists )?'), EXCLUSIVE],
  [new RegExp(`^create (?:or replace )?(?:constraint )?trigger .*?\\bon ${NAME}`), SHARE_ROW],
  [new RegExp(`^drop (?:trigger|rule|policy) .*?\\bon ${NAME}`), EXCLUSIVE],
  [on('(?:insert into|delete from(?: only)?|update(?: only)?|copy) '), ROW],
  [on('lock (?:table )?(?:only )?'), 'as it says'],
  [on('refresh materialized view concurrently '), 'ExclusiveLock: blocks writes'],
  [on('(?:refresh materialized view|cluster|vacuum \\( ?full ?\\)|vacuum full) '), EXCLUSIVE],
  [on('(?:vacuum|analyze)(?: \\([^)]*\\))? '), UPDATE],
  [/create_hypertable \( ?'([^']+)'/, EXCLUSIVE],
  [
    /^create (?:unlogged |temp |temporary |global |local |or replace |recursive )*(?:table|view|materialized view|schema|type|domain|sequence|function|procedure|extension)\b/,
    NEW,
  ],
]

/** From a statement's shape. */
export function lockOf(text: string): LockUse {
  for (const [pattern, lock] of KINDS) {
    const found = pattern.exec(text)
    if (found) return { lock, relation: found[1] ?? null }
  }
  return { lock: null, relation: null }
}
