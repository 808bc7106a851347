// What a directory's statements make of its tables: which are new in a file, which are hypertables, partitioned or in
// the columnstore, and which columns their keys have. Read from the SQL alone, for lint.
import { bareName, NAME } from './shape.ts'

export interface TableFacts {
  /** Time column of a hypertable, partition key of a partitioned table. */
  readonly key?: string | undefined
  readonly hypertable?: boolean
  readonly partitioned?: boolean
  readonly columnstore?: boolean
  /** Columns of each primary key and unique constraint. */
  readonly uniques?: readonly (readonly string[])[]
}

export type Tables = Map<string, TableFacts>

/** One spelling of a name: unquoted in lower case, `public` left out. */
export const tableName = (written: string): string =>
  (written.match(/"(?:[^"]|"")+"|[^.]+/g) ?? [])
    .map(bareName)
    .join('.')
    .replace(/^public\./, '')

/** Parts between commas that stand outside parentheses. */
export function topLevel(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (const { 0: mark, index } of text.matchAll(/[(),]/g)) {
    if (mark === '(') depth++
    else if (mark === ')') depth--
    else if (depth === 0) {
      parts.push(text.slice(from, index).trim())
      from = index + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts.filter((part) => part !== '')
}

/** The text inside the parenthesis that opens at `open`. */
function inside(text: string, open: number): string {
  let depth = 0
  for (let i = open; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')' && --depth === 0) return text.slice(open + 1, i)
  }
  return text.slice(open + 1)
}

const columnNames = (list: string): string[] => topLevel(list).map((part) => bareName(part.split(' ')[0]!))

/** Column lists of keys in a table's body or in an ADD CONSTRAINT. */
export function uniqueKeys(parts: readonly string[]): string[][] {
  return parts.flatMap((part) => {
    const table = /^(?:constraint \S+ )?(?:primary key|unique)(?: nulls (?:not )?distinct)? \(/.exec(part)
    if (table) return [columnNames(inside(part, table[0].length - 1))]
    return / (primary key|unique)\b/.test(part) && !/^(check|foreign|exclude|constraint|like)\b/.test(part)
      ? [[bareName(part.split(' ')[0]!)]]
      : []
  })
}

const CREATE_TABLE = new RegExp(
  `^create (?:unlogged |temp |temporary |global |local )*table (?:if not exists )?${NAME}`,
)
const CREATE_VIEW = new RegExp(`^create materialized view (?:if not exists )?${NAME}`)
const RENAME = new RegExp(`^alter table (?:if exists )?${NAME} rename to ${NAME}$`)
const COLUMNSTORE = new RegExp(
  `^alter table ${NAME} set \\( ?timescaledb\\.(?:compress|enable_columnstore)\\b(?! ?= ?false)`,
)

function created(text: string): TableFacts {
  const open = text.indexOf('(')
  const uniques = open < 0 ? [] : uniqueKeys(topLevel(inside(text, open)))
  const key = /partition by \w+ \( ?([^ ,)]+)/.exec(text)?.[1]
  const hypertable = /\b(?:tsdb|timescaledb)\.hypertable\b/.test(text)
  const time = /\b(?:tsdb|timescaledb)\.partition_column ?= ?'([^']+)'/.exec(text)?.[1]
  return { uniques, key: time ?? key, partitioned: key !== undefined, hypertable, columnstore: hypertable }
}

/** `create_hypertable('t', 'time')` and `create_hypertable('t', by_range('time'))`. */
export function hypertableCall(text: string): { readonly table: string; readonly key: string | undefined } | undefined {
  const call =
    /\bcreate_hypertable \( ?(?:relation => )?'([^']+)'(?: :: ?regclass)?(?: , (?:\w+ => )?(?:by_range \( ?)?'([^']+)')?/.exec(
      text,
    )
  return call ? { table: tableName(call[1]!), key: call[2] } : undefined
}

/** Takes one statement into account. `fresh` gathers the tables that this file made. */
export function learn(text: string, tables: Tables, fresh: Set<string>): void {
  const made = CREATE_TABLE.exec(text)?.[1] ?? CREATE_VIEW.exec(text)?.[1]
  if (made) {
    fresh.add(tableName(made))
    tables.set(tableName(made), created(text))
  }
  const [, old, now] = RENAME.exec(text) ?? []
  if (old && now) {
    const schema = tableName(old).includes('.') ? `${tableName(old).split('.')[0]}.` : ''
    const to = `${schema}${tableName(now)}`
    tables.set(to, tables.get(tableName(old)) ?? {})
    tables.delete(tableName(old))
    if (fresh.delete(tableName(old))) fresh.add(to)
  }
  const call = hypertableCall(text)
  if (call) tables.set(call.table, { ...tables.get(call.table), hypertable: true, key: call.key })
  const stored = COLUMNSTORE.exec(text)?.[1]
  if (stored) tables.set(tableName(stored), { ...tables.get(tableName(stored)), columnstore: true })
}
