// A hypertable laid out, compressed and measured: arxdb's own and the raw ones alike.
import type pg from 'pg'
import type { Layout } from './layouts.ts'

/** What one round tells of one way to keep the rows. Times are milliseconds. */
export interface Sample {
  readonly rows: number
  readonly chunks: number
  /** Bytes a row, indexes and all. */
  readonly before: number
  readonly after: number
  readonly compressMs: number
  readonly queryBeforeMs: number
  readonly queryAfterMs: number
  readonly loadMs: number
  /** Every tenth row, into compressed chunks. */
  readonly late: { readonly rows: number; readonly ms: number }
}

export const timed = async (body: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await body()
  return performance.now() - start
}

/** Before the first row: chunks that are there keep their width. What is set is the session's that compresses. */
export async function setLayout(client: pg.Client, table: string, layout: Layout): Promise<void> {
  const { interval, merge, orderBy, segmentBy, batch, toast } = layout
  await client.query(`select set_chunk_time_interval('${table}', interval '${interval} days')`)
  const options = [
    'timescaledb.compress',
    `timescaledb.compress_orderby = '${orderBy}'`,
    ...(segmentBy === '' ? [] : [`timescaledb.compress_segmentby = '${segmentBy}'`]),
    ...(merge === undefined ? [] : [`timescaledb.compress_chunk_time_interval = '${merge} days'`]),
  ]
  await client.query(`alter table ${table} set (${options.join(', ')})`)
  if (batch === undefined) await client.query('reset timescaledb.compression_batch_size_limit')
  else await client.query(`set timescaledb.compression_batch_size_limit = ${batch}`)
  await client.query(`set default_toast_compression = ${toast ?? 'pglz'}`)
}

/** Chunk after chunk, oldest first, as a policy would; one that is merged into its neighbour is gone then. */
export async function compress(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ chunk: string }>(
    `select format('%I.%I', chunk_schema, chunk_name) as chunk from timescaledb_information.chunks
       where format('%I.%I', hypertable_schema, hypertable_name)::regclass = $1::regclass order by range_start`,
    [table],
  )
  const ms = await timed(async () => {
    for (const { chunk } of rows) await client.query('select compress_chunk($1::regclass)', [chunk])
  })
  await client.query(`vacuum (analyze) ${table}`)
  return ms
}

export async function measure(client: pg.Client, table: string) {
  const { rows } = await client.query<{ rows: number; bytes: number; chunks: number }>(
    `select (select count(*) from ${table})::float8 as rows, hypertable_size($1::regclass)::float8 as bytes,
            (select count(*) from show_chunks($1::regclass))::int as chunks`,
    [table],
  )
  return rows[0]!
}
