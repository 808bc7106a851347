// The rows in tables of other types, laid out as arxdb's own usually are: loaded by COPY, asked by plain SQL.
import type pg from 'pg'
import { copyIn } from '../../../src/db/copy.ts'
import type { BenchDatabase } from '../database.ts'
import { compress, measure, type Sample, setLayout, timed } from './hypertable.ts'
import type { Layout } from './layouts.ts'
import type { Column, Encoded, RawType } from './raw-types.ts'

const TABLE = 'bench_raw'
const AT_ONCE = 20_000

/** The numeric columns that hold something; arxdb's rows are in `database`, and not compressed. */
export async function columnsOf({ client }: BenchDatabase, facts: string): Promise<readonly Column[]> {
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and atttypid in ('numeric'::regtype, 'bigint'::regtype)
       and attnum > 0 and not attisdropped order by attnum`,
    [`arxdb.${facts}`],
  )
  const columns: Column[] = []
  for (const { name } of rows) {
    const found = await client.query<{ n: number; scale: number; most: number }>(
      `select count(${name})::int as n, max(scale(${name}::numeric)) as scale, max(abs(${name}))::float8 as most
         from arxdb.${facts}`,
    )
    const { n, scale, most } = found.rows[0]!
    if (n > 0) columns.push({ name, scale, most })
  }
  return columns
}

export interface Source {
  readonly database: BenchDatabase
  readonly facts: string
  readonly columns: readonly Column[]
}

interface Lines {
  readonly whole: readonly Buffer[]
  readonly most: readonly Buffer[]
  readonly late: readonly Buffer[]
}

export type RawSample = Sample & {
  /** Rows that do not come out as they went in. */
  readonly changed: number
}

export async function sampleRaw(source: Source, type: RawType, usual: Layout): Promise<RawSample> {
  const { client } = source.database
  const encoded = new Map(source.columns.map((column) => [column.name, type.encode(column, source.columns)]))
  const layout = { ...usual, ...type.layout }
  const lines = await linesOf(source, encoded)
  const copy = (chunks: readonly Buffer[]) =>
    copyIn(client, `copy ${TABLE} (market_id, timestamp, ${[...encoded.keys()].join(', ')}) from stdin`, chunks)
  const hours = await hoursOf(client, source, encoded)
  if (type.setUp) await client.query(type.setUp)
  try {
    await create(client, encoded, layout)
    const loadMs = await timed(() => copy(lines.whole))
    await client.query(`vacuum (analyze) ${TABLE}`)
    const loaded = await measure(client, TABLE)
    const queryBeforeMs = await timed(hours)
    const compressMs = await compress(client, TABLE)
    const packed = await measure(client, TABLE)
    await hours()
    const queryAfterMs = await timed(hours)
    const changed = await changedRows(client, source, encoded)
    await create(client, encoded, layout)
    await copy(lines.most)
    await compress(client, TABLE)
    await client.query('set timescaledb.max_tuples_decompressed_per_dml_transaction = 0')
    const ms = await timed(() => copy(lines.late))
    return {
      ...{ rows: loaded.rows, chunks: packed.chunks, before: loaded.bytes / loaded.rows },
      ...{ after: packed.bytes / loaded.rows, compressMs, queryBeforeMs, queryAfterMs, loadMs, changed },
      late: { rows: Math.floor(loaded.rows / 10), ms },
    }
  } finally {
    await client.query(`drop table if exists ${TABLE}`)
    if (type.setUp) await client.query('drop domain if exists bench_money')
    await client.query('reset all')
  }
}

async function create(client: pg.Client, encoded: ReadonlyMap<string, Encoded>, layout: Layout): Promise<void> {
  const columns = [...encoded].map(([name, { type }]) => `${name} ${type}`)
  await client.query(`drop table if exists ${TABLE}`)
  await client.query(`create table ${TABLE} (market_id int not null, timestamp timestamptz not null,
    ${columns.join(', ')}, primary key (market_id, timestamp))`)
  await client.query(`select create_hypertable('${TABLE}', by_range('timestamp'), create_default_indexes => false)`)
  await setLayout(client, TABLE, layout)
}

/** What COPY takes, made before anything is timed. */
async function linesOf({ database, facts }: Source, encoded: ReadonlyMap<string, Encoded>): Promise<Lines> {
  const { client } = database
  const values = [...encoded.values()].map(({ put }) => `coalesce((${put})::text, '\\N')`)
  await client.query('begin')
  await client.query(`declare rows no scroll cursor for
    select concat_ws(E'\\t', market_id, timestamp, ${values.join(', ')}) as line
      from arxdb.${facts} order by market_id, timestamp`)
  const parts: { whole: Buffer[]; most: Buffer[]; late: Buffer[] } = { whole: [], most: [], late: [] }
  const buffer = (lines: readonly { line: string }[]) => Buffer.from(lines.map(({ line }) => `${line}\n`).join(''))
  for (;;) {
    const { rows } = await client.query<{ line: string }>(`fetch ${AT_ONCE} from rows`)
    if (rows.length === 0) break
    parts.whole.push(buffer(rows))
    parts.most.push(buffer(rows.filter((_, i) => i % 10 !== 9)))
    parts.late.push(buffer(rows.filter((_, i) => i % 10 === 9)))
  }
  await client.query('commit')
  return parts
}

/** Hourly candles of every market. */
async function hoursOf(client: pg.Client, { columns }: Source, encoded: ReadonlyMap<string, Encoded>) {
  const get = (name: string) => encoded.get(name)!.ask ?? encoded.get(name)!.get
  const isBars = columns.some(({ name }) => name === 'open')
  const [open, high, low, close] = isBars ? ['open', 'high', 'low', 'close'] : ['price', 'price', 'price', 'price']
  const sql = `select market_id, time_bucket('1 hour', timestamp) as bucket, first(${get(open!)}, timestamp) as open,
      max(${get(high!)}) as high, min(${get(low!)}) as low, last(${get(close!)}, timestamp) as close,
      ${isBars ? `sum(${get('volume')})` : 'count(*)'} as volume
    from ${TABLE} group by market_id, bucket order by market_id, bucket`
  return () => client.query(sql)
}

async function changedRows(
  client: pg.Client,
  { facts, columns }: Source,
  encoded: ReadonlyMap<string, Encoded>,
): Promise<number> {
  const names = columns.map(({ name }) => name)
  const decoded = names.map((name) => `${encoded.get(name)!.get} as ${name}`)
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n from arxdb.${facts} f
       full join (select market_id, timestamp, ${decoded.join(', ')} from ${TABLE}) r using (market_id, timestamp)
       where (${names.map((name) => `f.${name}`).join(', ')}) is distinct from (${names.map((name) => `r.${name}`).join(', ')})`,
  )
  return rows[0]!.n
}
