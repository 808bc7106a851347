// The same work done twice: in a database whose chunks are compressed, and in one whose chunks are not.
import { candles } from '../../src/core/candles.ts'
import { coverage } from '../../src/core/coverage.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { twap } from '../../src/core/twap.ts'
import { vwap } from '../../src/core/vwap.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import type { Tier } from '../servers/databases.ts'
import { type Bench, bench, MINUTE } from './ingest-files.ts'

export interface Twin extends Bench {
  readonly engine: Engine
}

export async function twin(tier: Tier): Promise<Twin> {
  const made = await bench(tier)
  const engine = await openEngine({ connection: made.db.connection, limits: DEFAULT_LIMITS })
  return {
    ...made,
    engine,
    async close() {
      await engine.close()
      await made.close()
    },
  }
}

/** Candles are kept like this from now on, in chunks of 30 days. */
export const columnstore = async ({ client }: Bench, mergeTo?: string): Promise<void> => {
  await client.query("select set_chunk_time_interval('arxdb.candles', interval '30 days')")
  await client.query(
    `alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id',
       timescaledb.compress_orderby = 'timestamp'${mergeTo ? `, timescaledb.compress_chunk_time_interval = '${mergeTo}'` : ''})`,
  )
}

/** One after the other, as a job does: a chunk may go into the one before it. */
export async function compressAll({ client }: Bench): Promise<void> {
  for (;;) {
    const { rows } = await client.query(
      `select format('%I.%I', c.chunk_schema, c.chunk_name) as chunk
         from timescaledb_information.chunks c
         join _timescaledb_catalog.chunk k on k.table_name = c.chunk_name
        where c.hypertable_name = 'candles' and k.status <> 1 order by c.range_start limit 1`,
    )
    if (rows.length === 0) return
    await client.query('select compress_chunk($1::regclass, if_not_compressed => true)', [rows[0].chunk])
  }
}

export interface Chunk {
  readonly compressed: boolean
  /** Has rows that came after it was compressed, and lie uncompressed beside the rest. */
  readonly partial: boolean
  readonly days: number
}

export const chunksOf = (b: Bench): Promise<Chunk[]> =>
  b.rows(
    `select c.is_compressed as compressed, (k.status & 8) = 8 as partial,
            (extract(epoch from c.range_end - c.range_start) / 86400)::int as days
       from timescaledb_information.chunks c join _timescaledb_catalog.chunk k on k.table_name = c.chunk_name
      where c.hypertable_name = 'candles' order by c.range_start`,
  )

/** All rows, and how many an index alone counts. */
export const rowsOf = (b: Bench) =>
  b.rows(
    `select count(*)::int as rows, count(distinct (market_id, timestamp))::int as keys,
            md5(string_agg(c::text, '|' order by market_id, timestamp)) as md5
       from (select market_id, timestamp, open, high, low, close, volume, observed_at, import_id from arxdb.candles) c`,
  )

/** What questions answer, from rollups and from rows alone. */
export async function answersOf({ engine }: Twin, start: number, minutes: number, rollup: boolean) {
  const window = {
    from: new Date(start).toISOString(),
    to: new Date(start + minutes * MINUTE).toISOString(),
    now: new Date(start + 2 * minutes * MINUTE).toISOString(),
  }
  const query = { coin: 'BTC', ...window, basis: 'candles', rollup } as const
  return [
    ...(await twap(engine, { ...query, every: parseEvery('1d') })).rows,
    ...(await vwap(engine, { ...query, every: undefined })).rows,
    ...(await candles(engine, { ...query, every: parseEvery('1d'), tz: 'UTC', fill: 'none' })).rows,
    ...(await coverage(engine, { coins: ['BTC'], rollup })).rows,
  ]
}
