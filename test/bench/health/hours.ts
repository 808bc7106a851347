// Candles in chunks of an hour, as many as asked for, the newest now.
import type pg from 'pg'

/** How many are compressed, where the edition can. */
const COMPRESSED = 300

export async function makeHours(client: pg.Client, chunks: number): Promise<void> {
  await client.query('set client_min_messages = error')
  await client.query("select set_chunk_time_interval('arxdb.candles', interval '1 hour')")
  await client.query(
    `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
       select arxdb.market('bitcoin', 'BTC', 'alpha', 'USD', '1h'), date_trunc('hour', now()) - i * interval '1 hour', 1, 1, 1, 1
         from generate_series($1::int - 1, 0, -1) i`,
    [chunks],
  )
  const { rows } = await client.query("select current_setting('timescaledb.license') = 'timescale' as community")
  if (rows[0].community) {
    await client.query(
      "alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id', timescaledb.compress_orderby = 'timestamp')",
    )
    await client.query(
      "select count(compress_chunk(c)) from (select c from show_chunks('arxdb.candles') c order by 1 limit $1) x",
      [Math.min(COMPRESSED, chunks)],
    )
  }
  await client.query('vacuum analyze')
}
