// A statement reduced to what patterns can match: lower-case words, no comments, no bodies.
import type { Token } from './lex.ts'
import type { Statement } from './split.ts'

const part = (token: Token): string => {
  if (token.kind === 'dollar') return '$$'
  return token.kind === 'word' || token.kind === 'number' ? token.text.toLowerCase() : token.text
}

/** Tokens joined by single spaces, names tight around their dots: `create index i on arxdb.t ( a )`. */
export const shape = (statement: Pick<Statement, 'tokens'>): string =>
  statement.tokens.map(part).join(' ').replaceAll(' . ', '.')

/** A name inside a shape, possibly qualified and quoted. */
export const NAME = String.raw`((?:"(?:[^"]|"")+"|[^\s"(),.;']+)(?:\.(?:"(?:[^"]|"")+"|[^\s"(),.;']+))*)`

/** `Foo` to foo, `"Foo"` to Foo. */
export const bareName = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()

const TRANSACTION_CONTROL =
  /^(begin|start transaction|commit|end|abort|prepare transaction|rollback(?! (work |transaction )?to\b))\b/

/** Ends or begins a transaction, so that the runner's own boundaries would not hold. Savepoints do not. */
export const isTransactionControl = (statement: Statement): boolean => TRANSACTION_CONTROL.test(shape(statement))

const OUTSIDE_ONLY: readonly RegExp[] = [
  /^create (unique )?index concurrently\b/,
  /^drop index concurrently\b/,
  /^reindex\b.* concurrently\b/,
  /^(vacuum|create database|drop database|create tablespace|drop tablespace|alter system)\b/,
  /^alter table .* detach partition .* concurrently$/,
]

/** PostgreSQL refuses it inside a transaction block. */
export const needsNoTransaction = (text: string): boolean => OUTSIDE_ONLY.some((pattern) => pattern.test(text))

const BUILD = new RegExp(
  `^create (unique )?index (concurrently )?(?:if not exists )?(?:(?!on )${NAME} )?on (?:only )?${NAME}`,
)

export interface IndexBuild {
  readonly unique: boolean
  readonly concurrent: boolean
  /** Undefined where PostgreSQL is to choose it. */
  readonly name: string | undefined
  /** As written; quoting kept. */
  readonly table: string
  /** TimescaleDB builds it chunk by chunk, each in its own transaction. */
  readonly perChunk: boolean
}

/** Reads CREATE INDEX from a shape. */
export function indexBuild(text: string): IndexBuild | undefined {
  const found = BUILD.exec(text)
  if (!found) return undefined
  const [, unique, concurrent, name, table] = found
  return {
    unique: unique !== undefined,
    concurrent: concurrent !== undefined,
    name: name === undefined ? undefined : bareName(name),
    table: table!,
    perChunk: /\btimescaledb\.transaction_per_chunk\b/.test(text),
  }
}
