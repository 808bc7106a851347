// Hypertables as wholes, on plain PostgreSQL partitioned tables: never a series for a chunk.
import { type Sample, sample } from '../family.ts'
import { MOST, type Source } from '../source.ts'

interface Row {
  readonly name: string
  readonly kind: 'hypertable' | 'partitioned'
  readonly bytes: number
  readonly parts: number
  readonly largest_part: number | null
  readonly packed_parts: number
  readonly before_bytes: number | null
  readonly after_bytes: number | null
  readonly of: number
}

export const relations: Source = {
  name: 'relations',
  async read({ run }) {
    const rows = await run<Row>('metrics/relations', { most: MOST })
    const left = (rows[0]?.of ?? 0) - rows.length
    return [...rows.flatMap(told), sample('arxdb_metrics_left_out', Math.max(left, 0), { of: 'tables' })]
  },
}

function told(row: Row): readonly Sample[] {
  const [bytes, parts] = [Number(row.bytes), row.parts]
  if (row.kind === 'partitioned') {
    const labels = { table: row.name }
    return [sample('db_partitioned_table_size_bytes', bytes, labels), sample('db_partitions', parts, labels)]
  }
  const labels = { hypertable: row.name }
  const [before, after] = [Number(row.before_bytes ?? 0), Number(row.after_bytes ?? 0)]
  const size = (stat: string, value: number) => sample('timescaledb_chunk_size_bytes', value, { ...labels, stat })
  return [
    ...(after > 0 ? [sample('timescaledb_compression_ratio', before / after, labels)] : []),
    ...(parts > 0 ? [size('average', Math.round(bytes / parts)), size('largest', Number(row.largest_part ?? 0))] : []),
    sample('timescaledb_hypertable_size_bytes', bytes, labels),
    sample('timescaledb_chunks', parts, labels),
    sample('timescaledb_compressed_chunks', row.packed_parts, labels),
  ]
}
