// Rows of one table in a file: PostgreSQL's own COPY text, a row a line, and the end marker behind the last, so that a
// file that was cut between two rows is seen as well.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { copyOut } from '../../../db/copy.ts'
import { identifiers } from '../../../db/identifier.ts'
import { type Seal, sealed } from '../../sealing/seal.ts'
import { named } from '../snapshot.ts'
import type { TableToCopy } from './schema.ts'

export interface CopiedTable extends TableToCopy {
  /** Below the backup: `tables/0001.copy.zst`. */
  readonly file: string
  /** A text, because it may pass 2^53. */
  readonly rows: string
  /** Of the text, before it was compressed. */
  readonly bytes: number
  readonly sha256: string
}

const NEWLINE = 10
export const END = Buffer.from('\\.\n')

/** Newlines in values are written as \n, so each byte of that kind ends a row. */
export function newlines(chunk: Buffer): number {
  let n = 0
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) n++
  return n
}

const list = (columns: readonly string[]): string => (columns.length === 0 ? '' : ` (${identifiers(columns)})`)

export const copyFrom = ({ schema, name, columns }: TableToCopy): string =>
  `copy ${named(schema, name)}${list(columns)} from stdin`

function copyTo({ schema, name, hypertable, columns }: TableToCopy): string {
  const table = named(schema, name)
  return hypertable
    ? `copy (select ${identifiers(columns)} from ${table}) to stdout`
    : `copy ${table}${list(columns)} to stdout`
}

/** Writes a table's rows as the client's snapshot sees them. */
export async function writeRows(
  client: ClientBase,
  table: TableToCopy,
  to: { readonly path: string; readonly file: string; readonly seals: readonly Seal[]; readonly signal: AbortSignal },
): Promise<CopiedTable> {
  const hash = createHash('sha256')
  let [rows, bytes] = [0n, 0]
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rows += BigInt(newlines(chunk))
      bytes += chunk.length
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      bytes += END.length
      hash.update(END)
      done(null, END)
    },
  })
  const source = copyOut(client, copyTo(table))
  source.on('error', (error) => counted.destroy(error))
  const stream = await sealed(source.pipe(counted), to.seals, undefined)
  await pipeline(stream, createWriteStream(to.path, { mode: 0o600 }), { signal: to.signal })
  return { ...table, file: to.file, rows: String(rows), bytes, sha256: hash.digest('hex') }
}

/** The rows of such a file, without the end marker. Fails at its end when it is not what was written. */
export async function* readRows(source: Readable, table: CopiedTable): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let rows = 0n
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk)
    const both = tail.length > 0 ? Buffer.concat([tail, chunk]) : chunk
    const keep = Math.min(END.length, both.length)
    tail = both.subarray(both.length - keep)
    const ready = both.subarray(0, both.length - keep)
    rows += BigInt(newlines(ready))
    if (ready.length > 0) yield ready
  }
  if (!tail.equals(END)) throw new Error('it was cut: its end marker is not there')
  if (String(rows) !== table.rows) throw new Error(`it holds ${rows} rows, and ${table.rows} were written`)
  if (hash.digest('hex') !== table.sha256) throw new Error('its rows are not those that were written')
}
