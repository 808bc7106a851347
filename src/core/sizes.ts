// What takes the room: tables, their chunks and partitions, their indexes. Sizes are the server's own; rows are estimates.
import type { Ask, Engine, Statements } from '../engines/engine.ts'
import { ArxError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { count } from '../wording.ts'
import { type Chart, type Column, type ColumnKind, echoes, info, type Note, type Result, warn } from './result.ts'

export interface SizesQuery {
  /** `prices`, `arxdb.prices`; none for every table. */
  readonly table?: string | undefined
  /** A row for each chunk or partition, newest first, instead of one for each table. */
  readonly chunks?: boolean | undefined
  /** UTC instant, ISO 8601: what has ended by then counts for growth. */
  readonly now: string
}

/** Bytes as the server measures them: all forks of a relation's files. */
interface Measured {
  readonly rows: number | null
  /** False where files are empty; null where the rows are not known. */
  readonly rows_estimated: boolean | null
  /** Heap with its free space and visibility maps: what is neither index nor TOAST. */
  readonly table_bytes: number
  readonly index_bytes: number
  readonly toast_bytes: number
  /** As hypertable_size() and pg_total_relation_size() say it. */
  readonly total_bytes: number
  /** What the compressed chunks took before; null without one, and where there is no columnstore. */
  readonly before_bytes: number | null
  /** What they took right after. */
  readonly compressed_bytes: number | null
  /** How many times smaller they got. */
  readonly ratio: number | null
  readonly bytes_per_row: number | null
  readonly definition: string
}

export interface SizesRow extends Measured {
  readonly table: string
  readonly kind: string
  /** Chunks or partitions; null for a table that is not made of such. */
  readonly chunks: number | null
  readonly compressed_chunks: number | null
  /** Of what ended in the last 30 days, else of the newest that ended; null where no range says when. */
  readonly growth_per_day: number | null
}

export interface ChunkSizesRow extends Measured {
  readonly table: string
  readonly schema_name: string | null
  readonly chunk: string | null
  readonly range_start: string | null
  readonly range_end: string | null
  readonly compressed: boolean | null
}

export interface IndexSizesRow {
  readonly index: string
  readonly table: string
  readonly bytes: number
  /** Since statistics were reset; null for what compressed chunks index by themselves. */
  readonly scans: number | null
  readonly unique: boolean
  /** On how many tables, chunks or partitions. */
  readonly parts: number | null
  readonly definition: string
}

/** Total is all forks of table, TOAST and indexes, with those of chunks, partitions and what chunks are packed into. */
const DEFINITION = 'sizes/1'

const MEASURED: Readonly<Record<string, ColumnKind>> = {
  rows_estimated: 'bool',
  table_bytes: 'bytes',
  index_bytes: 'bytes',
  toast_bytes: 'bytes',
  before_bytes: 'bytes',
  compressed_bytes: 'bytes',
}

const TABLE_COLUMNS = echoes(['kind', 'compressed_chunks', 'definition', ...Object.keys(MEASURED)], {
  table: 'text',
  kind: 'text',
  chunks: 'int',
  compressed_chunks: 'int',
  rows: 'int',
  total_bytes: 'bytes',
  bytes_per_row: 'float',
  ratio: 'float',
  growth_per_day: 'bytes',
  ...MEASURED,
  definition: 'text',
})

const CHUNK_COLUMNS = echoes(['table', 'schema_name', 'definition', ...Object.keys(MEASURED)], {
  table: 'text',
  chunk: 'text',
  range_start: 'time',
  range_end: 'time',
  compressed: 'bool',
  rows: 'int',
  total_bytes: 'bytes',
  bytes_per_row: 'float',
  ratio: 'float',
  ...MEASURED,
  schema_name: 'text',
  definition: 'text',
})

const INDEX_COLUMNS = echoes(['unique', 'parts', 'definition'], {
  index: 'text',
  table: 'text',
  bytes: 'bytes',
  scans: 'int',
  unique: 'bool',
  parts: 'int',
  definition: 'text',
})

const bars = (label: string, value: string): Chart => ({ kind: 'bars', label: [label], value })

type Found = Statements['sizes/relations']['row']

/**
 * Bytes and rows of each table, the largest first, with its chunks or partitions counted in; or of each of these.
 * One statement whatever their number, and one more to find a table by its name. Throws ArxError `no-such-table`.
 */
export function sizes(engine: Engine, query: SizesQuery): Promise<Result<SizesRow | ChunkSizesRow>> {
  const { table, chunks: each = false, now } = query
  const packs = engine.can('columnstore')
  return engine.question(async (ask) => {
    await known(ask, table)
    const found = await ask('sizes/relations', { table: table ?? null, each, now })
    const notes = notesOn(found)
    if (!each) return answer(TABLE_COLUMNS, found.map(tableRow(packs)), notes, bars('table', 'total_bytes'))
    const none = found.length === 0 ? [info('there are no chunks or partitions')] : notes
    return answer(CHUNK_COLUMNS, found.map(chunkRow(packs)), none, bars('chunk', 'total_bytes'))
  })
}

/** Bytes and scans of each index, the largest first, those of chunks and partitions counted in. Throws as `sizes` does. */
export function indexSizes(engine: Engine, query: Pick<SizesQuery, 'table'>): Promise<Result<IndexSizesRow>> {
  return engine.question(async (ask) => {
    await known(ask, query.table)
    const found = await ask('sizes/indexes', { table: query.table ?? null })
    const rows = found.map((row) => ({ ...row, definition: DEFINITION }))
    return answer(INDEX_COLUMNS, rows, [], bars('index', 'bytes'))
  })
}

const answer = <Row extends object>(
  columns: readonly Column[],
  rows: readonly Row[],
  notes: readonly Note[],
  chart: Chart,
): Result<Row> => ({ columns, rows, notes, chart })

/** Throws when there is no table of that name. */
async function known(ask: Ask, table: string | undefined): Promise<void> {
  if (table === undefined) return
  const all = await ask('sizes/names', {})
  const names = [...all.map((row) => row.table_name), ...all.map((row) => `${row.schema_name}.${row.table_name}`)]
  if (names.includes(table)) return
  const near = nearest(table, new Set(names), 3)
  throw new ArxError({
    code: 'no-such-table',
    message: `no such table "${table}"`,
    hint: near.length ? `near it: ${near.join(', ')}` : 'arxdb sizes',
  })
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

const measured = (row: Found, packs: boolean): Measured => {
  const { rows, rows_estimated, table_bytes, index_bytes, toast_bytes, total_bytes, before_bytes, packed_bytes } = row
  return {
    ...{ rows, rows_estimated, table_bytes, index_bytes, toast_bytes, total_bytes },
    before_bytes: packs ? before_bytes : null,
    compressed_bytes: packs ? packed_bytes : null,
    ratio: packs && before_bytes !== null && packed_bytes ? hundredths(before_bytes / packed_bytes) : null,
    bytes_per_row: rows ? hundredths(total_bytes / rows) : null,
    definition: DEFINITION,
  }
}

const tableRow =
  (packs: boolean) =>
  (row: Found): SizesRow => ({
    table: row.table,
    kind: row.kind,
    chunks: row.parts,
    compressed_chunks: packs && row.parts !== null ? row.packed_parts : null,
    growth_per_day: row.growth_per_day,
    ...measured(row, packs),
  })

const chunkRow =
  (packs: boolean) =>
  (row: Found): ChunkSizesRow => ({
    table: row.table,
    schema_name: row.schema_name,
    chunk: row.part,
    range_start: row.range_start,
    range_end: row.range_end,
    compressed: packs ? row.packed_parts > 0 : null,
    ...measured(row, packs),
  })

/** How many names a remark lists. */
const NAMED = 3

function notesOn(found: readonly Found[]): readonly Note[] {
  const notes: Note[] = []
  const unknown = [...new Set(found.filter((row) => row.unknown_parts > 0).map((row) => row.table))]
  const unseen = found.reduce((sum, row) => sum + row.unknown_parts, 0)
  if (unknown.length > 0) {
    const more = unknown.length > NAMED ? ` and ${count(unknown.length - NAMED, 'more table')}` : ''
    notes.push(
      warn(
        `rows are not known of ${unknown.slice(0, NAMED).join(', ')}${more}: never analysed${unseen > unknown.length ? ` (${count(unseen, 'part')})` : ''}; run ANALYZE ${unknown[0]}`,
      ),
    )
  }
  const packed = found.some((row) => row.packed_parts > 0)
  const batches = packed ? '; of compressed chunks by their batches, 1000 in each where no statistics say' : ''
  if (found.some((row) => row.rows_estimated)) notes.push(info(`rows are estimates from the last ANALYZE${batches}`))
  const foreign = found.reduce((sum, row) => sum + row.foreign_parts, 0)
  if (foreign > 0)
    notes.push(warn(`${count(foreign, 'foreign table')} among the partitions: their bytes lie elsewhere`))
  return notes
}
