// The client on arxdb's own tables: partitions nobody made yet, the views people know, the questions' engine.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../../src/client/api.ts'
import { connect } from '../../src/client/client.ts'
import { describeTiers } from '../servers/databases.ts'
import { migrated, type Scratch } from './client-scratch.ts'

const bar = (year: number, extra: object = {}) => ({
  market_id: 1,
  timestamp: `${year}-06-01T00:00:00Z`,
  open: '0.00000000012345',
  high: '2',
  low: '0.0000000001',
  close: '1',
  volume: null,
  ...extra,
})

describeTiers('client with the schema', ({ name: tier }) => {
  let db: Scratch
  let client: Client

  beforeAll(async () => {
    db = await migrated(tier)
    client = await connect(db.connection, { pool: { min: 0, max: 3 } })
  })
  afterAll(async () => {
    await client.close()
    await db.drop()
  })

  test('rows far apart get the partitions they need, and no others', async () => {
    const rows = [bar(2013), bar(2025), bar(2019)]
    expect(await client.batchInsert('arxdb.candles', rows)).toMatchObject({ inserted: 3 })
    const found = await client.queryTimeRange('arxdb.candles', '2013-01-01', '2026-01-01', {
      columns: ['timestamp', 'open'],
    })
    expect(found).toEqual(
      [2013, 2019, 2025].map((y) => ({ timestamp: `${y}-06-01T00:00:00Z`, open: '0.00000000012345' })),
    )
    if (tier !== 'plain') return
    const [made] = await client.query("select count(*) n from pg_inherits where inhparent = 'arxdb.candles'::regclass")
    expect(made?.n).toBeLessThanOrEqual(6)
  })

  test('a conflict together with a missing partition is merged', async () => {
    const rows = [bar(2025, { close: '1.5' }), bar(2016), bar(2019)]
    const update = { onConflict: 'update' } as const
    const counts = { inserted: 1, updated: 1, skipped: 1, batches: 1 }
    expect(await client.batchInsert('arxdb.candles', rows, update)).toEqual(counts)
  })

  test('a row the table refuses is named, and is no reason for partitions', async () => {
    const rows = [bar(2025, { market_id: 2 }), bar(2025, { market_id: 3, high: '0.5' })]
    await expect(client.batchInsert('arxdb.candles', rows)).rejects.toThrow(/^row 1: .*candles_bounds/)
  })

  test('the views take rows by the names people know', async () => {
    const price = (minute: number, usd_price: string) => ({
      coin_id: 'bitcoin',
      symbol: 'BTC',
      exchange_id: 'kraken',
      usd_price,
      last_updated: `2025-03-01T00:0${minute}:00Z`,
      source: 'by hand',
      attribution: 'nobody',
    })
    const rows = [price(0, '100'), price(3, '200')]
    expect(await client.batchInsert('crypto_prices', rows)).toMatchObject({ inserted: 2 })
    const columns = ['usd_price', 'source']
    const seen = await client.queryTimeRange('public.crypto_prices', '2025-03-01', '2025-03-02', { columns })
    expect(seen).toEqual([
      { usd_price: '100', source: 'by hand' },
      { usd_price: '200', source: 'by hand' },
    ])
    const range = { from: '2025-03-01', to: '2025-03-01T00:06Z', by: 'market_id' }
    const [average] = await client.timeWeightedAverage('arxdb.prices', 'price', 'timestamp', '6 min', range)
    expect(average).toMatchObject({ time: '2025-03-01T00:00:00Z', value: '150', coverage: 1, n: 2 })
  })

  test('the engine is the one the questions take', async () => {
    const engine = await client.engine()
    expect(engine.tier).toBe(tier)
    expect(await client.engine()).toBe(engine)
  })
})
