// arxdb's own table in a layout: loaded by arxdb's ingest, asked by its own question from raw rows.
import type pg from 'pg'
import { candles } from '../../../src/core/candles.ts'
import { parseEvery } from '../../../src/core/interval.ts'
import { DEFAULT_LIMITS } from '../../../src/db/session.ts'
import { openEngine } from '../../../src/engines/timescaledb/engine.ts'
import { ingestFiles } from '../../../src/ingest/service.ts'
import { type BenchDatabase, openDatabase } from '../database.ts'
import type { DataSet } from './data-sets.ts'
import { compress, measure, type Sample, setLayout, timed } from './hypertable.ts'
import type { Layout } from './layouts.ts'

/** A database of its own each time: a layout leaves nothing behind for the next one. */
export async function withDatabase<T>(
  name: string,
  server: string,
  body: (database: BenchDatabase) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(`compression_${name}`, 'hypertable', server)
  if (typeof database === 'string') throw new Error(database)
  try {
    return await body(database)
  } finally {
    await database.drop()
  }
}

export const ingest = ({ connection }: BenchDatabase, { flags }: DataSet, files: readonly string[]) =>
  ingestFiles({
    ...{ connection, files, ...flags },
    // The rows alone; node test/bench/run.js analytics tells what rolling up takes.
    rollup: false,
    signal: new AbortController().signal,
    now: () => new Date(),
  })

export function sampleOwn(server: string, data: DataSet, layout: Layout): Promise<Sample> {
  const table = `arxdb.${data.facts}`
  return withDatabase('own', server, async (database) => {
    const { client } = database
    await setLayout(client, table, layout)
    const loadMs = await timed(() => ingest(database, data, data.whole))
    await client.query(`vacuum (analyze) ${table}`)
    const loaded = await measure(client, table)
    const queryBeforeMs = await hours(database, data)
    const compressMs = await compress(client, table)
    const packed = await measure(client, table)
    if (packed.rows !== loaded.rows) throw new Error(`${layout.name}: ${loaded.rows} rows are ${packed.rows}`)
    const queryAfterMs = await hours(database, data)
    return {
      ...{ rows: loaded.rows, chunks: packed.chunks, before: loaded.bytes / loaded.rows },
      ...{ after: packed.bytes / loaded.rows, compressMs, queryBeforeMs, queryAfterMs, loadMs },
      late: await loadLate(server, data, layout),
    }
  })
}

/** Nine rows in ten are loaded and compressed before the others come. */
const loadLate = (server: string, data: DataSet, layout: Layout): Promise<Sample['late']> =>
  withDatabase('late', server, async (database) => {
    const table = `arxdb.${data.facts}`
    await setLayout(database.client, table, layout)
    await ingest(database, data, data.most)
    await compress(database.client, table)
    const before = await measure(database.client, table)
    const ms = await timed(() => ingest(database, data, data.late))
    return { rows: (await measure(database.client, table)).rows - before.rows, ms }
  })

/** `candles --every 1h --no-rollup` of each coin over all there is, after one round that does not count. */
async function hours({ connection, client }: BenchDatabase, { facts }: DataSet): Promise<number> {
  const { coins, from, to } = await extent(client, facts)
  const engine = await openEngine({ connection, limits: { ...DEFAULT_LIMITS, statementTimeoutMs: 0 } })
  const ask = async () => {
    for (const coin of coins)
      await candles(engine, { coin, from, to, every: parseEvery('1h'), tz: 'UTC', now: to, rollup: false })
  }
  try {
    await ask()
    return await timed(ask)
  } finally {
    await engine.close()
  }
}

async function extent(client: pg.Client, facts: string) {
  const { rows } = await client.query<{ coins: string[]; from: Date; to: Date }>(
    `select (select array_agg(distinct coin_id) from arxdb.markets) as coins, min(timestamp) as from,
            max(timestamp) + interval '1 hour' as to from arxdb.${facts}`,
  )
  const { coins, from, to } = rows[0]!
  return { coins, from: from.toISOString(), to: to.toISOString() }
}
