import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { undoImports } from '../../src/ingest/imports.ts'
import type { IngestOptions } from '../../src/ingest/report.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, lines, MINUTE, START } from './ingest-files.ts'

const TABLES = [
  {
    table: 'candles',
    header: 'time,open,high,low,close',
    row: (i: number, v: number) => `${START + i * MINUTE},1,${v},1,1`,
  },
  {
    table: 'prices',
    header: 'time,coin_id,price',
    row: (i: number, v: number) => `${START + i * MINUTE},bitcoin,${v}`,
  },
  {
    table: 'analytics',
    header: 'timestamp,total_market_cap',
    row: (i: number, v: number) => `${START + i * MINUTE},${v}`,
  },
] as const
const FLAGS = {
  candles: { symbol: 'BTC/USD', timeframe: '1m' },
  prices: { quote: 'USD' },
  analytics: {},
} as const

describeTiers('an import taken back', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  const undo = (id: number, how: { force?: boolean; dryRun?: boolean } = {}) => undoImports(b.db.connection, id, how)
  const refusal = (id: number, how = {}) =>
    undo(id, how).then(
      () => ({ code: 'undone' }),
      (error: unknown) => error,
    )
  const stateOf = async (id: number) =>
    (await b.rows<{ state: string }>('select state from arxdb.imports where import_id = $1', [id]))[0]!.state

  describe.each(TABLES)('$table', ({ table, header, row }) => {
    const exchange = (name: string) => `${table}-${name}`
    const load = async (name: string, rows: readonly string[], flags: Partial<IngestOptions> = {}) => {
      const file = b.file(`${exchange(name)}.csv`, lines([header, ...rows]))
      const [report] = await b.load(file, { ...FLAGS[table], ...flags })
      return { ...report!, id: report!.import_id! }
    }
    const owner = table === 'analytics' ? '' : 'join arxdb.markets m using (market_id)'
    const value = { candles: 'high', prices: 'price', analytics: 'total_market_cap' }[table]
    const inside = async (name: string) =>
      (
        await b.rows<{ v: number }>(
          `select ${value}::int as v from arxdb.${table} f ${owner} where exchange_id = $1 order by f.timestamp`,
          [exchange(name)],
        )
      ).map(({ v }) => v)
    const rows = (from: number, to: number, v: number) => Array.from({ length: to - from }, (_, i) => row(from + i, v))

    test('its rows go and no others; a dry run only counts; loaded again they are back', async () => {
      const flags = { exchange: exchange('plain') }
      const first = await load('one', rows(0, 5, 2), flags)
      const second = await load('two', rows(3, 9, 3), flags)
      expect(second).toMatchObject({ inserted: 4, skipped: 2 })
      const before = await inside('plain')
      expect(before).toEqual([2, 2, 2, 2, 2, 3, 3, 3, 3])
      const counted = await undo(second.id, { dryRun: true })
      expect(counted).toMatchObject({ deleted: 4, notes: ['nothing was deleted: --dry-run'] })
      expect(await inside('plain')).toEqual(before)
      expect(await stateOf(second.id)).toBe('done')
      expect(await undo(second.id)).toMatchObject({ import_id: second.id, deleted: 4, file_name: second.file })
      expect(await inside('plain')).toEqual([2, 2, 2, 2, 2])
      expect(await stateOf(second.id)).toBe('undone')
      expect(await refusal(second.id)).toMatchObject({ code: 'nothing-to-undo', exit: 6 })
      const again = await load('two', rows(3, 9, 3), flags)
      expect(again).toMatchObject({ inserted: 4, skipped: 2, already_loaded: false })
      expect(await inside('plain')).toEqual(before)
      // The first one's going brings back what the other file had for the same keys, when that is loaded again.
      const { deleted, notes } = await undo(first.id)
      expect(deleted).toBe(5)
      expect(notes.join()).toContain(`import ${again.id} (${again.file}) had left out rows in that time`)
      expect(await load('two', rows(3, 9, 3), flags)).toMatchObject({ inserted: 2, unchanged: 4 })
      expect(await inside('plain')).toEqual([3, 3, 3, 3, 3, 3])
    })

    test('refused where rows of it were updated since; --force deletes those that it still has', async () => {
      const flags = { exchange: exchange('updated'), onConflict: 'update' } as const
      const first = await load('base', rows(0, 4, 2), flags)
      const second = await load('over', rows(3, 6, 5), flags)
      expect(second).toMatchObject({ inserted: 2, updated: 1 })
      expect(await refusal(first.id)).toMatchObject({
        ...{ code: 'undo-refused', exit: 6, detail: '1 of its rows were updated by others, or deleted, since' },
        hint: `arxdb imports undo ${first.id} --force deletes the rows it still has`,
      })
      expect(await refusal(second.id)).toMatchObject({
        detail: 'it replaced 1 rows, and what they held before is not kept',
      })
      expect(await refusal(second.id, { dryRun: true })).toMatchObject({ code: 'undo-refused' })
      expect(await inside('updated')).toEqual([2, 2, 2, 5, 5, 5])
      expect(await undo(first.id, { force: true, dryRun: true })).toMatchObject({ deleted: 3 })
      expect(await undo(first.id, { force: true })).toMatchObject({ deleted: 3 })
      expect(await inside('updated')).toEqual([5, 5, 5])
      expect(await undo(second.id, { force: true })).toMatchObject({ deleted: 3 })
      expect(await inside('updated')).toEqual([])
    })
  })

  test.skipIf(tier.name !== 'community')('of more rows than TimescaleDB unpacks by itself, compressed', async () => {
    // Its limit is 100,000.
    const rows = Array.from({ length: 110_000 }, (_, i) => TABLES[0].row(i, 2))
    const file = b.file('packed.csv', lines([TABLES[0].header, ...rows]))
    const [report] = await b.load(file, { ...FLAGS.candles, exchange: 'packed' })
    await b.client.query(`alter table arxdb.candles set (timescaledb.compress,
      timescaledb.compress_segmentby = 'market_id', timescaledb.compress_orderby = 'timestamp desc')`)
    await b.client.query(`select compress_chunk(c, if_not_compressed => true) from show_chunks('arxdb.candles') c`)
    expect(await undo(report!.import_id!)).toMatchObject({ deleted: 110_000 })
  })

  test('no import of that id, and one that is being loaded', async () => {
    expect(await refusal(999_999)).toMatchObject({ code: 'unknown-import' })
    const [{ id } = { id: 0 }] = await b.rows<{ id: number }>(
      `insert into arxdb.imports (state, atomic, target, source, attribution) values ('loading', false, 'prices', 'x', 'x')
         returning import_id as id`,
    )
    await b.rows(`select pg_advisory_lock(hashtextextended('arxdb.import.' || $1::int, 0))`, [id])
    expect(await refusal(id, { force: true })).toMatchObject({ code: 'busy', exit: 6 })
    await b.rows('select pg_advisory_unlock_all()')
    expect(await undo(id)).toMatchObject({ deleted: 0 })
    expect(await stateOf(id)).toBe('undone')
  })
})
