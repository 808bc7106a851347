import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConflictMode } from '../../src/ingest/plan/plan.ts'
import type { FileReport } from '../../src/ingest/report.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, lines, MINUTE, START } from './ingest-files.ts'

interface Shape {
  readonly table: 'ohlcv' | 'prices' | 'analytics'
  readonly header: string
  /** One row at a minute; `seen` is the minute in which the source saw it. */
  row(minute: number, value: number, seen: number): string
  readonly flags: Readonly<Record<string, string>>
  /** Minute, value, and the minute it was seen in, of all rows of an exchange. */
  readonly stored: string
}

const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString()
const MINUTES = `(extract(epoch from %) - ${START / 1000})::int / 60`
const stored = (relation: string, value: string, owner: string): string =>
  `select ${MINUTES.replace('%', 'timestamp')} as minute, ${value}::int as value,
          ${MINUTES.replace('%', 'observed_at')} as seen from arxdb.${relation} ${owner} order by 1`
const OF_MARKET = 'join arxdb.markets using (market_id) where exchange_id = $1'

const SHAPES: readonly Shape[] = [
  {
    table: 'ohlcv',
    header: 'time,open,high,low,close,volume,observed_at',
    row: (minute, value, seen) => `${START + minute * MINUTE},10,${value + 20},5,15,${minute},${at(seen)}`,
    flags: { symbol: 'BTC/USD', timeframe: '1m' },
    stored: stored('candles', '(high - 20)', OF_MARKET),
  },
  {
    table: 'prices',
    header: 'coin_id,last_updated,usd_price,observed_at',
    row: (minute, value, seen) => `bitcoin,${at(minute)},${value},${at(seen)}`,
    flags: {},
    stored: stored('prices', 'price', OF_MARKET),
  },
  {
    table: 'analytics',
    header: 'timestamp,total_market_cap,observed_at',
    row: (minute, value, seen) => `${at(minute)},${value},${at(seen)}`,
    flags: {},
    stored: stored('analytics', 'total_market_cap', 'where exchange_id = $1'),
  },
]

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** What became of the rows; throws where the parts are not the whole. */
function fates({ rows_read, inserted, updated, unchanged, duplicates, skipped, rejected, merged }: FileReport) {
  expect(inserted + updated + unchanged + duplicates + skipped + rejected + merged).toBe(rows_read)
  return { rows_read, inserted, updated, unchanged, duplicates, skipped }
}

/** First 100 minutes with value 1, seen in minute 1000; then 50 to 150, of which 25 are the same and half seen later. */
const FIRST = range(0, 100)
const SECOND = range(50, 150)
const valueAt = (minute: number): number => (minute < 75 ? 1 : 2)
const seenAt = (minute: number): number => (minute % 2 === 0 ? 2000 : 500)

const AFTER: Readonly<Record<Exclude<ConflictMode, 'error'>, (minute: number) => boolean>> = {
  skip: () => false,
  update: (minute) => minute >= 75,
  newest: (minute) => minute >= 75 && seenAt(minute) === 2000,
}

describeTiers('rows that are there already', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  /** On the community tier once more, with the first rows compressed. */
  const compressed = tier.name === 'community' ? [false, true] : [false]
  const cases = SHAPES.flatMap((shape) =>
    compressed.map((packed) => ({ shape, packed, name: `${shape.table}${packed ? ', compressed' : ''}` })),
  )

  async function compress({ table }: Shape): Promise<void> {
    const relation = table === 'ohlcv' ? 'candles' : table
    const owner = table === 'analytics' ? 'exchange_id' : 'market_id'
    await b.client.query(`alter table arxdb.${relation} set (timescaledb.compress,
      timescaledb.compress_segmentby = '${owner}', timescaledb.compress_orderby = 'timestamp desc')`)
    await b.client.query(`select compress_chunk(c, if_not_compressed => true) from show_chunks('arxdb.${relation}') c`)
    // 1 is compressed as a whole; rows that came later beside it are another bit.
    const [{ open } = { open: -1 }] = await b.rows<{ open: number }>(
      `select count(*)::int as open from _timescaledb_catalog.chunk c join _timescaledb_catalog.hypertable h
         on h.id = c.hypertable_id where h.table_name = $1 and c.status <> 1`,
      [relation],
    )
    expect(open).toBe(0)
  }

  describe.each(cases)('$name', ({ shape, packed }) => {
    const { header, row, flags, table } = shape
    const name = `${table}${packed ? '-packed' : ''}`
    const file = (title: string, rows: readonly string[]) => b.file(`${title}.csv`, lines([header, ...rows]))
    const inside = (exchange: string) =>
      b.rows<{ minute: number; value: number; seen: number }>(shape.stored, [exchange])

    test.each(['skip', 'update', 'newest'] as const)('%s', async (onConflict) => {
      const exchange = `${name}-${onConflict}`
      const all = { ...flags, exchange, onConflict }
      const first = file(
        `${exchange}-1`,
        FIRST.map((minute) => row(minute, 1, 1000)),
      )
      expect(fates((await b.load(first, all))[0]!)).toMatchObject({ rows_read: 100, inserted: 100 })
      if (packed) await compress(shape)
      const second = SECOND.map((minute) => row(minute, valueAt(minute), seenAt(minute)))
      const [report] = await b.load(file(`${exchange}-2`, second), all)
      const updated = FIRST.filter((minute) => minute >= 50 && AFTER[onConflict](minute))
      expect(fates(report!)).toEqual({
        ...{ rows_read: 100, inserted: 50, updated: updated.length, unchanged: 25, duplicates: 0 },
        skipped: 25 - updated.length,
      })
      const there = await inside(exchange)
      expect(there.map(({ minute }) => minute)).toEqual(range(0, 150))
      expect(there.map(({ value }) => value)).toEqual(
        range(0, 150).map((minute) => (minute >= 100 ? 2 : updated.includes(minute) ? 2 : 1)),
      )
      // The same rows in another file: nothing is left to do.
      const again = file(`${exchange}-3`, [...second].reverse())
      const kept = onConflict === 'update' ? 0 : 25 - updated.length
      expect(fates((await b.load(again, all))[0]!)).toEqual({
        ...{ rows_read: 100, inserted: 0, updated: 0, unchanged: 100 - kept, duplicates: 0, skipped: kept },
      })
      expect(await inside(exchange)).toEqual(there)
    })

    test('error: refused by the line, and nothing is changed', async () => {
      const exchange = `${name}-error`
      const all = { ...flags, exchange, onConflict: 'error' } as const
      await b.load(file(`${exchange}-1`, [row(7, 1, 0), row(8, 1, 0)]), all)
      if (packed) await compress(shape)
      const clash = file(`${exchange}-2`, [row(1, 1, 0), row(9, 1, 0), row(8, 2, 0), row(7, 1, 0)])
      const error = await b.refused(clash, all)
      expect(error).toMatchObject({ code: 'conflict', exit: 1 })
      expect(error.message).toContain('line 4: a row with this market and time is there already')
      expect(error.detail).toContain('2 rows of this batch are')
      expect(error.detail).toContain('no row of it is in')
      expect((await inside(exchange)).map(({ minute, value }) => [minute, value])).toEqual([
        [7, 1],
        [8, 1],
      ])
      // Rows of its own, twice in the file, are no conflict.
      const twice = file(`${exchange}-3`, [row(20, 1, 0), row(20, 2, 0)])
      expect(fates((await b.load(twice, all))[0]!)).toMatchObject({ inserted: 1, duplicates: 1 })
    })

    // The statement is one for all tables.
    if (table !== 'ohlcv') return

    test('newest: a later look at the same values counts, and what was never looked at is older than anything', async () => {
      const exchange = `${name}-looks`
      const all = { ...flags, exchange, onConflict: 'newest' } as const
      const unseen = row(1, 1, 0).replace(/,[^,]*$/, ',')
      for (const [title, text, fate, value, seen] of [
        ['never', unseen, { inserted: 1 }, 1, null],
        ['first', row(1, 2, 100), { updated: 1 }, 2, 100],
        ['later', row(1, 2, 300), { unchanged: 1 }, 2, 300],
        ['between', row(1, 3, 200), { skipped: 1 }, 2, 300],
        ['same', row(1, 3, 300), { skipped: 1 }, 2, 300],
      ] as const) {
        // A column that is blank from end to end says nothing, unless it is asked for.
        const map = { map: 'observed_at=observed_at' }
        expect(fates((await b.load(file(`${exchange}-${title}`, [text]), { ...all, ...map }))[0]!)).toMatchObject(fate)
        expect(await inside(exchange)).toEqual([{ minute: 1, value, seen }])
        if (packed) await compress(shape)
      }
    })

    test('two files with the same keys: the first one counts', async () => {
      const exchange = `${name}-two`
      const files = [1, 2].map((value) =>
        file(
          `${exchange}-${value}`,
          FIRST.map((minute) => row(minute, value, 0)),
        ),
      )
      const reports = await b.load(files, { ...flags, exchange, jobs: 4 })
      expect(reports.map(fates)).toMatchObject([{ inserted: 100 }, { inserted: 0, skipped: 100 }])
      expect(new Set((await inside(exchange)).map(({ value }) => value))).toEqual(new Set([1]))
    })
  })

  test.each(compressed)('analytics: skip fills what is empty and replaces nothing (compressed: %s)', async (packed) => {
    const exchange = `holes-${packed}`
    const caps = lines(['timestamp,total_market_cap', '2024-01-01,100', '2024-01-02,200', '2024-01-03,300'])
    await b.load(b.file(`${exchange}-caps.csv`, caps), { exchange })
    if (packed) await compress(SHAPES[2]!)
    const both = [
      'timestamp,total_market_cap,btc_dominance,markets',
      // A hole filled beside a value that differs; a hole with nothing to fill it; only a value that differs; a new day.
      ...['2024-01-01,999,51.5,', '2024-01-02,200,,', '2024-01-03,999,,', '2024-01-04,,53,7'],
    ]
    const [report] = await b.load(b.file(`${exchange}-both.csv`, lines(both)), { exchange })
    expect(fates(report!)).toMatchObject({ rows_read: 4, inserted: 1, updated: 1, unchanged: 1, skipped: 1 })
    expect(
      await b.rows(
        `select total_market_cap as cap, btc_dominance as btc, markets from arxdb.analytics where exchange_id = $1
           order by timestamp`,
        [exchange],
      ),
    ).toEqual([
      { cap: '100', btc: '51.5', markets: null },
      { cap: '200', btc: null, markets: null },
      { cap: '300', btc: null, markets: null },
      { cap: null, btc: '53', markets: 7 },
    ])
  })
})
