// Names and texts into SQL: the only way an identifier gets into a statement's text.
import { usageError } from '../errors.ts'

export interface TableName {
  readonly schema?: string | undefined
  readonly name: string
}

/** PostgreSQL cuts longer names without an error, and the cut one may be somebody else's table. */
const MAX_BYTES = 63

/** Quotes one identifier, exactly as written: `coin"id` becomes `"coin""id"`. Throws on what no identifier can be. */
export function identifier(name: string): string {
  if (name === '' || name.includes('\0')) throw usageError('an identifier cannot be empty or hold a zero byte')
  if (Buffer.byteLength(name) > MAX_BYTES)
    throw usageError(`the identifier "${name}" is longer than ${MAX_BYTES} bytes`)
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a text as a literal, for statements that take no parameters: DDL, and what is shown before it runs. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Quotes a list of identifiers: `"a", "b"`. */
export const identifiers = (names: readonly string[]): string => names.map(identifier).join(', ')

const PART = /(?:"((?:[^"]|"")+)"|([^".]+))(?:\.(?=.)|$)/suy

/**
 * Reads `table`, `schema.table` or the quoted forms of either (`"my.schema"."Table"`). Letter case is kept: what was
 * created unquoted is lower case in PostgreSQL.
 */
export function tableName(text: string): TableName {
  const parts: string[] = []
  PART.lastIndex = 0
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    const match = PART.exec(text)
    if (!match) throw unreadable(text)
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
  }
  const [first, second] = parts
  if (first === undefined || parts.length > 2) throw unreadable(text)
  return second === undefined ? { name: first } : { schema: first, name: second }
}

const unreadable = (text: string) =>
  usageError(`"${text}" does not name a table`, 'write: table, schema.table or "Quoted"."Name"')

/** Quotes a table's name with its schema, when it has one. */
export const qualified = ({ schema, name }: TableName): string =>
  schema === undefined ? identifier(name) : `${identifier(schema)}.${identifier(name)}`

const part = (name: string): string => (/^[^".]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)

/** As tableName reads it, and as a config file names it: quoted only where it has to be. */
export const writtenName = ({ schema, name }: TableName): string =>
  schema === undefined ? part(name) : `${part(schema)}.${part(name)}`
