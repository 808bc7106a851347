// A compression that runs while rows go into the same chunks: nothing is lost, and no load fails of it.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { persistently, throughRaces } from '../../src/storage/retry.ts'
import { openSession, writing } from '../../src/storage/session.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, bitfinexRows, lines, START } from './ingest-files.ts'

const FLAGS = { format: 'bitfinex', exchange: 'beside', symbol: 'BTC/USD', timeframe: '1m' } as const
const ROWS = bitfinexRows(60_000, START)
/** Thirds of the rows, each with a part of the ones before. */
const PARTS = [0, 1, 2].map((part) => ROWS.filter((_, i) => i % 3 === part || (part > 0 && i % 50 === 0)))

describeTiers('a load beside a compression', (tier) => {
  if (tier.name !== 'community') {
    test('there is none', () => {})
    return
  }
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
    await b.client.query("select set_chunk_time_interval('arxdb.candles', interval '4 days')")
  })
  afterAll(() => b.close())
  beforeEach(() => b.client.query('truncate arxdb.candles; delete from arxdb.imports'))

  /** Compresses whatever is there, again and again, until it is told to stop; returns how often it did something. */
  async function compressing(stop: AbortSignal): Promise<number> {
    const client = await openClient(b.db.connection)
    let done = 0
    while (!stop.aborted) {
      const { rows } = await client.query(
        `select format('%I.%I', c.chunk_schema, c.chunk_name) as chunk
           from timescaledb_information.chunks c join _timescaledb_catalog.chunk k on k.table_name = c.chunk_name
          where c.hypertable_name = 'candles' and k.status <> 1 order by c.range_start`,
      )
      // It may lose a race for locks, or find that another compression took the chunk in.
      for (const { chunk } of rows)
        await client.query('select compress_chunk($1::regclass, if_not_compressed => true)', [chunk]).then(
          () => done++,
          () => {},
        )
      await sleep(2)
    }
    await client.end()
    return done
  }

  test.each([undefined, '40 days'])(
    'rows of all loads are in, once (merged to %s)',
    async (mergeTo) => {
      await b.client.query(
        `alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id',
         timescaledb.compress_orderby = 'timestamp', timescaledb.compress_chunk_time_interval = '${mergeTo ?? '4 days'}')`,
      )
      const stop = new AbortController()
      const compressions = compressing(stop.signal)
      const seen = new Set<string>()
      try {
        for (const [i, part] of PARTS.entries()) {
          const file = b.file(`part${i}.csv`, lines(part))
          const [report] = await b.load(file, { ...FLAGS, jobs: 3, rateLimit: 1_500_000 })
          const fresh = part.filter((row) => !seen.has(row))
          part.forEach((row) => void seen.add(row))
          expect(report).toMatchObject({ rows_read: part.length, inserted: fresh.length, rejected: 0 })
        }
      } finally {
        stop.abort()
      }
      expect(await compressions).toBeGreaterThan(3)
      const [found] = await b.rows(
        'select count(*)::int as n, count(distinct timestamp)::int as keys from arxdb.candles',
      )
      expect(found).toEqual({ n: ROWS.length, keys: ROWS.length })
    },
    120_000,
  )

  test('a lock that is held for longer than a session waits is waited for all the same, where that is asked for', async () => {
    const limits = { statementTimeoutMs: 0, lockTimeoutMs: 100, command: 'test' }
    const session = await openSession(b.db.connection, limits)
    await b.client.query('begin; lock table arxdb.candles in exclusive mode')
    const work = () =>
      writing(session, async () => {
        await session.client.query(`delete from arxdb.candles where market_id = -1`)
        return 'in'
      })
    await expect(persistently(session, {}, work)).rejects.toMatchObject({ code: 'lock-timeout' })
    const waits: unknown[] = []
    const waited = persistently(session, { locks: true, onWait: (error) => waits.push(error) }, work)
    await sleep(450)
    await b.client.query('rollback')
    expect(await waited).toBe('in')
    expect(waits.length).toBeGreaterThan(1)
    await b.client.query('begin; lock table arxdb.candles in exclusive mode')
    const raced = throughRaces(work)
    await sleep(250)
    await b.client.query('rollback')
    expect(await raced).toBe('in')
    await session.close()
  })
})
