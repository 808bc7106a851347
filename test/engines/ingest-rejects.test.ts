import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ingestFiles } from '../../src/ingest/service.ts'
import { describeTiers } from '../servers/databases.ts'
import { badFile, CHECKSUM, KINDS, readRejects } from './bad-rows.ts'
import { type Bench, bench, bitfinexRows, lines, MINUTE, START } from './ingest-files.ts'

const BITFINEX = { format: 'bitfinex', symbol: 'BTC/USD', timeframe: '1m' }
const ROWS = 200_000
const BAD = badFile(ROWS)

describeTiers('rejects', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  const stored = async (exchange: string) => (await b.rows<{ n: number; sum: string }>(CHECKSUM, [exchange]))[0]!

  describe('a file with a bad row of every kind', () => {
    let file: string
    beforeAll(() => {
      expect(KINDS).toHaveLength(37)
      expect(BAD.rejects).toHaveLength(37)
      file = b.file('kinds.csv', BAD.bytes)
    })

    test('each is named by line, byte, column and reason, in its own bytes; all else is in', async () => {
      const [report] = await b.load(file, { maxErrors: '37' })
      expect(report).toMatchObject({ rows_read: ROWS, inserted: BAD.good, rejected: 37, duplicates: 0, skipped: 0 })
      expect(report!.rejects_file).toBe(`${file}.rejects.csv`)
      const found = readRejects(report!.rejects_file!)
      expect(found.map(({ reason: _, ...rest }) => rest)).toEqual(BAD.rejects.map(({ reason: _, ...rest }) => rest))
      for (const [i, { reason }] of BAD.rejects.entries()) expect(found[i]!.reason).toContain(reason)
      // Where a reject says it stands there stand its bytes, and a line end behind them.
      for (const { offset, row } of found)
        expect(BAD.bytes.toString('latin1', offset, offset + row.length + 2)).toMatch(
          new RegExp(`^${row.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\r?\n`),
        )
      expect(await stored('everykind')).toEqual({ n: BAD.good, sum: BAD.checksum() })
    })

    test('one more than --max-errors stops it with what is committed; with one more allowed it goes on', async () => {
      const flags = { exchange: 'stopped' }
      const first = BAD.rejects[0]!
      const error = await b.refused(file, { ...flags, maxErrors: '36' })
      expect(error).toMatchObject({ code: 'bad-row', exit: 1 })
      expect(error.message).toBe(
        `${file} line ${first.line}: column timestamp: it is empty; timestamp must not be empty`,
      )
      expect(error.detail).toMatch(/^37 of [\d]+ rows were rejected until then/)
      expect(error.hint).toContain('allow more than 36 with --max-errors')
      const { n, sum } = await stored('stopped')
      expect(n).toBeGreaterThan(0)
      expect(n).toBeLessThan(BAD.good)
      expect(error.detail).toContain(`${n.toLocaleString('en-US')} rows of it inserted: committed, as import `)
      expect(sum).toBe(BAD.checksum(n))
      const [report] = await b.load(file, { ...flags, maxErrors: '37' })
      expect(report).toMatchObject({ rows_read: ROWS, inserted: BAD.good, rejected: 37, resumed: true })
      expect(await stored('stopped')).toEqual({ n: BAD.good, sum: BAD.checksum() })
      expect(readRejects(report!.rejects_file!).map(({ offset }) => offset)).toEqual(BAD.rejects.map((r) => r.offset))
    })

    test('atomic: the first one is named, and nothing is in', async () => {
      const first = BAD.rejects[0]!
      const error = await b.refused(file, { exchange: 'whole', atomic: true })
      expect(error).toMatchObject({ code: 'bad-row', exit: 1 })
      expect(error.message).toBe(
        `${file} line ${first.line}: column timestamp: it is empty; timestamp must not be empty`,
      )
      expect(error.detail).toMatch(/nothing of it is (in|left)/)
      expect((await stored('whole')).n).toBe(0)
    })
  })

  describe('a share of the rows', () => {
    const good = bitfinexRows(10_000)
    const spoilt = (from: number, to: number): string =>
      lines(good.map((row, i) => (i >= from && i < to ? row.replace(',101,', ',x,') : row)))

    test('is judged at the end: many bad rows at the beginning are none of many more', async () => {
      // 200 of the first 500, and of all rows 2 %, which is not more than 2 %.
      const file = b.file('share.csv', spoilt(300, 500))
      const [report] = await b.load(file, { ...BITFINEX, exchange: 'share' })
      expect(report).toMatchObject({ rows_read: 10_000, inserted: 9800, rejected: 200 })
      expect(report!.warnings.join()).toContain('200 rows of 10,000 rejected: see ')
    })

    test('one row too many: what is good is in, and the same command with more allowed only closes it', async () => {
      const file = b.file('over.csv', spoilt(9799, 10_000))
      const flags = { ...BITFINEX, exchange: 'over' }
      const error = await b.refused(file, flags)
      expect(error).toMatchObject({
        code: 'bad-row',
        message: expect.stringContaining(`${file} line 9800: column close (#3)`),
      })
      expect(error.detail).toContain('201 of 10000 rows were rejected until then')
      expect(error.detail).toContain(`the rejected rows and why are in ${file}.rejects.csv`)
      expect((await stored('over')).n).toBe(9799)
      expect(readRejects(`${file}.rejects.csv`)).toHaveLength(201)
      const [report] = await b.load(file, { ...flags, maxErrors: '3%' })
      expect(report).toMatchObject({ resumed: true, rows_read: 10_000, inserted: 9799, rejected: 201 })
      expect(readRejects(report!.rejects_file!)).toHaveLength(201)
    })

    test('is exact: 201 of 10,000 are not more than 2.01 %', async () => {
      const file = b.file('exact.csv', spoilt(9799, 10_000))
      const [report] = await b.load(file, { ...BITFINEX, exchange: 'exact', maxErrors: '2.01%' })
      expect(report).toMatchObject({ inserted: 9799, rejected: 201 })
    })
  })

  describe('rows that only the server refuses', () => {
    const HEAD = 'note,time,open,high,low,close,volume,trades'
    const LINE = (i: number): number => 2 + i + Math.floor((i + 47) / 50)
    const FLAGS = { symbol: 'BTC/USD', timeframe: '1m' }
    /** Every 50th takes two lines; the constraint lets in all numbers of trades but one. */
    const record = (i: number, refused = false, bad = false): string =>
      `${i % 50 === 2 ? '"two\nlines"' : ''},${START + i * MINUTE},1,2,1,${bad ? 9 : 1.5},${i},${refused ? 987654321 : i}`
    const text = (refused: readonly number[], bad: readonly number[] = []): string =>
      lines([HEAD, ...Array.from({ length: 3000 }, (_, i) => record(i, refused.includes(i), bad.includes(i)))])
    const REFUSED = [0, 2, 3, 1500, 1501, 2999]
    const CLIENT = [1, 1502]

    beforeAll(() => b.client.query('alter table arxdb.candles add constraint not_odd check (trades <> 987654321)'))
    afterAll(() => b.client.query('alter table arxdb.candles drop constraint not_odd'))

    const check = async (exchange: string, path: string, content: string): Promise<void> => {
      const found = readRejects(path)
      expect(found.map(({ line, code }) => [line, code])).toEqual(
        [...REFUSED, ...CLIENT]
          .sort((x, y) => x - y)
          .map((i) => [LINE(i), CLIENT.includes(i) ? 'candles_bounds' : 'not_odd']),
      )
      const bytes = Buffer.from(content)
      for (const { offset, row, code } of found) {
        expect(bytes.toString('latin1', offset, offset + row.length + 1)).toBe(`${row}\n`)
        expect(row).toMatch(code === 'not_odd' ? /,987654321$/ : /,9,\d+,\d+$/)
      }
      expect(found.find(({ code }) => code === 'not_odd')!.reason).toContain('violates check constraint "not_odd"')
      const [in_] = await b.rows(
        `select count(*)::int as n, sum(volume)::int as volume, bool_or(trades = 987654321) as bad from arxdb.candles
           join arxdb.markets using (market_id) where exchange_id = $1`,
        [exchange],
      )
      const out = [...REFUSED, ...CLIENT].reduce((sum, i) => sum + i, 0)
      expect(in_).toEqual({ n: 2992, volume: (2999 * 3000) / 2 - out, bad: false })
    }

    test('named by the line that COPY counts, in quoted line ends too; the rest is in', async () => {
      const content = text(REFUSED, CLIENT)
      const physical = content.split('\n')
      // LINE is right of the text itself.
      for (const i of REFUSED)
        expect(
          physical
            .slice(LINE(i) - 1)
            .join('\n')
            .startsWith(record(i, true)),
        ).toBe(true)
      const [report] = await b.load(b.file('refused.csv', content), { ...FLAGS, exchange: 'refused' })
      expect(report).toMatchObject({ rows_read: 3000, inserted: 2992, rejected: 8 })
      await check('refused', report!.rejects_file!, content)
    })

    test('the same where rows are merged with rows that are there', async () => {
      const whole = { ...FLAGS, exchange: 'merged', onConflict: 'update' } as const
      const there = Array.from({ length: 400 }, (_, i) => record(100 + i))
      await b.load(b.file('there.csv', lines([HEAD, ...there])), whole)
      const content = text(REFUSED, CLIENT)
      const [report] = await b.load(b.file('merged.csv', content), whole)
      expect(report).toMatchObject({ rows_read: 3000, inserted: 2592, unchanged: 400, rejected: 8 })
      await check('merged', report!.rejects_file!, content)
    })

    test('they count: too many end the load, and under --atomic one does', async () => {
      const file = b.file('counted.csv', text(REFUSED))
      const error = await b.refused(file, { ...FLAGS, exchange: 'counted', maxErrors: '5' })
      expect(error.message).toContain(`${file} line ${LINE(0)}: `)
      expect(error.detail).toContain('6 of 3000 rows were rejected until then')
      const atomic = await b.refused(b.file('one.csv', text([2500])), { ...FLAGS, exchange: 'one', atomic: true })
      expect(atomic.message).toContain(`line ${LINE(2500)}: `)
      expect(atomic.detail).toContain('nothing of it is left')
      expect((await stored('one')).n).toBe(0)
    })
  })

  test('of standard input they go to the working folder', async () => {
    const folder = dirname(b.file('empty', ''))
    const work = join(folder, 'work')
    mkdirSync(work)
    const rows = bitfinexRows(3000).map((row, i) => (i === 100 ? row.replace(',101,', ',x,') : row))
    const piped = await b.load('-', {
      ...BITFINEX,
      exchange: 'piped',
      folder: work,
      stdin: Readable.from([lines(rows)]),
    })
    expect(piped[0]).toMatchObject({ rejected: 1, rejects_file: join(work, 'stdin.rejects.csv') })
    expect(readRejects(join(work, 'stdin.rejects.csv')).map(({ line }) => line)).toEqual([101])
  })

  test('of folders that cannot be written they go to the working folder, each file to one of its own', async ({
    skip,
  }) => {
    const place = dirname(b.file('empty', ''))
    const [work, ...fixed] = ['elsewhere', 'fixed-1', 'fixed-2'].map((name) => join(place, name)) as [
      string,
      ...string[],
    ]
    for (const folder of [work, ...fixed]) mkdirSync(folder)
    const bad = [100, 200]
    const files = fixed.map((folder, n) => {
      const rows = bitfinexRows(3000).map((row, i) => (i === bad[n] ? row.replace(',101,', ',x,') : row))
      return b.file(`${basename(folder)}/data.csv`, lines(rows))
    })
    try {
      // Permissions alone do not stop root.
      for (const folder of fixed) execFileSync('chattr', ['+i', folder], { stdio: 'ignore' })
    } catch {
      skip('this file system, or this user, cannot make a folder immutable')
    }
    try {
      const reports = await b.load(files, { ...BITFINEX, exchange: 'fixed', folder: work })
      for (const { rejects_file: file } of reports) expect(dirname(file!)).toBe(work)
      const found = reports.map((report) => readRejects(report.rejects_file!).map(({ line }) => line))
      expect(found).toEqual([[101], [201]])
    } finally {
      for (const folder of fixed) execFileSync('chattr', ['-i', folder])
    }
  })

  test('a folder loaded once more reads none of its rejects, and one that is named is refused', async () => {
    const place = join(dirname(b.file('x', '')), 'again')
    mkdirSync(place)
    const rows = bitfinexRows(3000).map((row, i) => (i === 100 ? row.replace(',101,', ',x,') : row))
    const file = b.file('again/data.csv', lines(rows))
    const options = { connection: b.db.connection, signal: new AbortController().signal, now: () => new Date() }
    const flags = { ...BITFINEX, ...options, exchange: 'again', recursive: true, files: [place] }
    const rejects = `${file}.rejects.csv`
    expect((await ingestFiles(flags)).passed).toEqual([])
    expect(existsSync(rejects)).toBe(true)
    const written = readFileSync(rejects)
    const again = await ingestFiles(flags)
    expect(again.files.map((report) => [report.file, report.already_loaded])).toEqual([[file, true]])
    expect(again.passed).toEqual([{ file: rejects, why: 'the rejected rows of an earlier load' }])
    expect(readFileSync(rejects)).toEqual(written)
    expect(await b.refused(rejects, { ...BITFINEX, exchange: 'again' })).toMatchObject({
      code: 'not-a-csv',
      message: expect.stringContaining('it holds rows that an earlier load rejected'),
    })
  })
})
