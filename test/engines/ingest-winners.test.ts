// Of records with one key in one file the first line counts, or the one that the format's rule prefers: however the file
// is cut into batches, whatever --jobs is, and whatever is there already.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConflictMode } from '../../src/ingest/plan/plan.ts'
import type { FileReport, IngestOptions } from '../../src/ingest/report.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, lines, MINUTE, START } from './ingest-files.ts'

const HEADER = 'time,open,high,low,close,observed_at'
/** Prices with so many digits that some 20,000 rows fill more than one batch. */
const LONG = `5.${'123456789'.repeat(12)}`
const FILLER = 24_000
const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString()
/** `high` tells the row from others with its key. */
const row = (minute: number, high: number, seen: number): string =>
  `${START + minute * MINUTE},${LONG},${high},${LONG},${LONG},${at(seen)}`
const filler = (from = 100, count = FILLER): readonly string[] =>
  Array.from({ length: count }, (_, i) => row(from + i, 6, 0))

const partsOf = (r: FileReport): number =>
  r.inserted + r.updated + r.unchanged + r.duplicates + r.skipped + r.rejected + r.merged

describeTiers('rows with one key in one file', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  const load = async (title: string, rows: readonly string[], flags: Partial<IngestOptions>) => {
    const file = b.file(`${title}.csv`, lines([HEADER, ...rows]))
    const [report] = await b.load(file, { symbol: 'BTC/USD', timeframe: '1m', ...flags })
    expect(partsOf(report!)).toBe(report!.rows_read)
    const batches = await b.rows('select 1 from arxdb.import_batches where import_id = $1', [report!.import_id])
    return { report: report!, batches: batches.length }
  }
  const high = async (exchange: string, minute: number) =>
    (
      await b.rows<{ high: string }>(
        `select high::text as high from arxdb.candles join arxdb.markets using (market_id)
           where exchange_id = $1 and timestamp = $2`,
        [exchange, at(minute)],
      )
    )[0]?.high

  interface Case {
    /** What is there before: high, and when it was seen. */
    readonly there: readonly [high: number, seen: number]
    /** The records of the file with that key, in its order. */
    readonly records: readonly (readonly [high: number, seen: number])[]
    readonly high: number
    readonly fate: 'unchanged' | 'skipped' | 'updated'
  }
  const SAME: Case = { there: [7, 5], records: [[7, 6], [9, 9]], high: 7, fate: 'unchanged' } // biome-ignore format: a case a line
  const OTHER: Case = { there: [7, 5], records: [[8, 6], [9, 9]], high: 8, fate: 'updated' } // biome-ignore format: a case a line
  const OLDER: Case = { there: [7, 5], records: [[8, 1], [9, 9]], high: 7, fate: 'skipped' } // biome-ignore format: a case a line
  const MODES: readonly { readonly onConflict: ConflictMode; readonly cases: readonly Case[] }[] = [
    { onConflict: 'skip', cases: [SAME, { ...OTHER, high: 7, fate: 'skipped' }] },
    { onConflict: 'update', cases: [SAME, OTHER] },
    { onConflict: 'newest', cases: [SAME, OTHER, OLDER] },
  ]

  test.each(MODES.flatMap((one) => [false, true].map((apart) => ({ ...one, apart }))))(
    '$onConflict: the first line counts, in batches of their own: $apart',
    async ({ onConflict, cases, apart }) => {
      const exchange = `${onConflict}-${apart}`
      const flags = { exchange, onConflict, jobs: 2 }
      await load(
        `${exchange}-before`,
        cases.map(({ there }, minute) => row(minute, ...there)),
        flags,
      )
      const [first, second] = [0, 1].map((n) => cases.map(({ records }, minute) => row(minute, ...records[n]!)))
      const between = apart ? filler() : []
      const { report, batches } = await load(exchange, [...first!, ...between, ...second!], flags)
      if (apart) expect(batches).toBeGreaterThan(1)
      for (const [minute, wanted] of cases.entries()) expect(await high(exchange, minute)).toBe(String(wanted.high))
      const count = (fate: Case['fate']) => cases.filter((one) => one.fate === fate).length
      const fates = { updated: count('updated'), unchanged: count('unchanged') }
      expect(report).toMatchObject({ inserted: between.length, ...fates })
      // Where nothing is replaced, the second of two that met in no batch is one more row that is there already.
      expect(report.duplicates + report.skipped).toBe(cases.length + count('skipped'))
      if (onConflict !== 'skip') expect(report.duplicates).toBe(cases.length)
    },
  )

  test.each([1, 2, 4])('the first line of each, over batches, on %i connections', async (jobs) => {
    const exchange = `jobs-${jobs}`
    // The second half has the keys of the first one backwards: all of them meet in other batches.
    const keys = 20_000
    const rows = filler(100, keys)
    const later = rows.map((text) => text.replace(',6,', ',9,')).reverse()
    const { report, batches } = await load(exchange, [...rows, ...later], { exchange, jobs })
    expect(batches).toBeGreaterThan(1)
    expect(report).toMatchObject({ inserted: keys, duplicates: keys, unchanged: 0, skipped: 0 })
    expect(
      await b.rows(
        `select count(*)::int as n, max(high)::text as high from arxdb.candles join arxdb.markets using (market_id)
           where exchange_id = $1`,
        [exchange],
      ),
    ).toEqual([{ n: keys, high: '6' }])
  })

  /** CryptoDataDownload: the row with whole milliseconds is the better one. `2` in the volume tells it. */
  const CDD = 'unix,date,symbol,open,high,low,close,Volume BTC,Volume USD'
  const cdd = (minute: number, unit: 's' | 'ms', volume: number): string => {
    const epoch = START / 1000 + minute * 60
    return `${unit === 's' ? `${epoch}.0` : `${epoch}000`},,BTC/USD,${LONG},6,${LONG},${LONG},${volume},1`
  }
  const volumes = (exchange: string) =>
    b.rows<{ minute: number; volume: string }>(
      `select (extract(epoch from timestamp)::int - ${START / 1000}) / 60 as minute, volume::text as volume from arxdb.candles
         join arxdb.markets using (market_id) where exchange_id = $1 order by 1`,
      [exchange],
    )

  test("the format's rule comes before the line, whichever stands first", async () => {
    const rows = [
      ...[cdd(0, 's', 1), cdd(0, 'ms', 2)],
      ...[cdd(1, 'ms', 2), cdd(1, 's', 1)],
      // Of two better ones the first; of two others the first.
      ...[cdd(2, 's', 1), cdd(2, 'ms', 2), cdd(2, 'ms', 3)],
      ...[cdd(3, 's', 1), cdd(3, 's', 4)],
    ]
    const file = b.file('BTCUSD_rule.csv', lines([CDD, ...rows]))
    const [report] = await b.load(file, { exchange: 'rule', timeframe: '1m' })
    expect(report).toMatchObject({ format: 'cryptodatadownload', rows_read: 9, inserted: 4, duplicates: 5 })
    expect(report!.notes.join('\n')).toContain('whole milliseconds is the later export, else the first line counts')
    expect((await volumes('rule')).map(({ volume }) => volume)).toEqual(['2', '2', '2', '1'])
  })

  test("the format's rule over batches", async () => {
    const keys = 12_000
    const half = (unit: 's' | 'ms', volume: number) => Array.from({ length: keys }, (_, i) => cdd(i, unit, volume))
    const file = b.file('BTCUSD_over.csv', lines([CDD, ...half('s', 1), ...half('ms', 2)]))
    const [report] = await b.load(file, { exchange: 'over', timeframe: '1m', jobs: 4 })
    expect(report).toMatchObject({ rows_read: 2 * keys, inserted: keys, duplicates: keys })
    const found = await volumes('over')
    expect(found).toHaveLength(keys)
    expect(new Set(found.map(({ volume }) => volume))).toEqual(new Set(['2']))
  })

  test("of records that the format's rule holds for equal the first line counts, over batches too", async () => {
    const flags = { exchange: 'equal', timeframe: '1m', onConflict: 'update' } as const
    await b.load(b.file('BTCUSD_before.csv', lines([CDD, cdd(0, 'ms', 2)])), flags)
    const between = Array.from({ length: 24_000 }, (_, i) => cdd(i + 1, 'ms', 5))
    const file = b.file('BTCUSD_equal.csv', lines([CDD, cdd(0, 'ms', 2), ...between, cdd(0, 'ms', 9)]))
    const [report] = await b.load(file, { ...flags, jobs: 2 })
    expect((await volumes('equal'))[0]).toEqual({ minute: 0, volume: '2' })
    expect(report).toMatchObject({ inserted: 24_000, unchanged: 1, duplicates: 1, updated: 0 })
  })

  test('error: the batches before the conflict are in, and the load goes on when it is gone', async () => {
    const flags = { exchange: 'error', onConflict: 'error' } as const
    const { report: before } = await load('error-before', [row(FILLER + 99, 7, 0)], flags)
    const file = b.file('error.csv', lines([HEADER, ...filler()]))
    const error = await b.refused(file, { symbol: 'BTC/USD', timeframe: '1m', ...flags, jobs: 2 })
    expect(error.message).toContain(`line ${FILLER + 1}: a row with this market and time is there already`)
    const [{ n } = { n: 0 }] = await b.rows<{ n: number }>(
      `select count(*)::int as n from arxdb.candles join arxdb.markets using (market_id)
         where exchange_id = 'error' and import_id <> $1`,
      [before.import_id],
    )
    expect(n).toBeGreaterThan(0)
    expect(n).toBeLessThan(FILLER)
    expect(error.detail).toContain(`${n.toLocaleString('en-US')} rows of it inserted: committed`)
    await b.rows('delete from arxdb.candles where import_id = $1', [before.import_id])
    const { report } = await load('error', filler(), { ...flags, jobs: 2 })
    expect(report).toMatchObject({ resumed: true, rows_read: FILLER, inserted: FILLER })
  })
})
