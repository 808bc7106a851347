// Parquet for programs: every value with its type, exactly. What a type cannot hold whole is text, and said.
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { Column, Value } from '../core/result.ts'
import { usageError } from '../errors.ts'
import { fieldOf, rawText } from './machine.ts'
import { isMisfit, type Storage, storageOf, TEXT } from './parquet-types.ts'
import type { View } from './view.ts'

/** Rows written, and handed on, at a time. */
const GROUP = 65_536

interface Stored {
  readonly column: Column
  readonly storage: Storage
}

/**
 * The bytes of a Parquet file, one piece a group of rows and one for the end. Types are settled over all rows before
 * the first piece; a column that has to be text is named in `view.note`. A column twice is a usage error: readers find
 * columns by name.
 */
export function parquetBytes(view: View): Iterable<Uint8Array> {
  const names = view.columns.map((column) => column.name)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice !== undefined) {
    throw usageError(`a Parquet file has a column once: "${twice}"`, `--columns ${[...new Set(names)].join(',')}`)
  }
  return written(
    view,
    view.columns.map((column) => stored(column, view)),
  )
}

function* written(view: View, columns: readonly Stored[]): Generator<Uint8Array> {
  const writer = new ByteWriter()
  const file = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(({ storage }) => storage.element)],
    createdBy: view.createdBy,
    kvMetadata: metadata(view),
  })
  for (let start = 0; start < view.rows.length; start += GROUP) {
    const rows = view.rows.slice(start, start + GROUP)
    const columnData = columns.map(({ column, storage }) => ({
      name: column.name,
      data: rows.map((row) => {
        const value = fieldOf(row, column) ?? null
        return value === null ? null : storage.physical(value)
      }),
    }))
    // Into memory and without a codec of its own, nothing is left to wait for.
    void file.write({ columnData, rowGroupSize: GROUP })
    yield taken(writer)
  }
  void file.finish()
  yield taken(writer)
}

/** A copy: the writer goes on in the same memory, whoever still holds the piece. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice()
  writer.index = 0
  return bytes
}

function stored(column: Column, { rows, note }: View): Stored {
  const found = storageOf(column, valuesOf(column, rows))
  if (!isMisfit(found)) return { column, storage: found }
  note(`column ${column.name} is text in this Parquet file: ${found.misfit}`)
  return { column, storage: TEXT(column.name) }
}

function* valuesOf(column: Column, rows: readonly object[]): Generator<Value> {
  for (const row of rows) {
    const value = fieldOf(row, column) ?? null
    if (value !== null) yield value
  }
}

/** What stderr says is lost with the terminal; the file keeps it. */
function metadata({ rows, notes }: View): { key: string; value: string }[] {
  const definition: Column = { name: 'definition', kind: 'text' }
  const definitions = [...new Set([...valuesOf(definition, rows)].map(rawText))]
  return [
    { key: 'arxdb.notes', value: JSON.stringify(notes) },
    ...(definitions.length > 0 ? [{ key: 'arxdb.definition', value: definitions.join('\n') }] : []),
  ]
}
