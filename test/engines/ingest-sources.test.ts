import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IngestOptions } from '../../src/ingest/report.ts'
import { ingestFiles } from '../../src/ingest/service.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, bitfinexRows, lines, MINUTE, START } from './ingest-files.ts'

const FLAGS = { symbol: 'BTC/USD', timeframe: '1m' }
const HEADER = 'time,open,high,low,close,volume'
const bars = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => `${START + (from + i) * MINUTE},1,3,1,2.${from + i},5`)
const table = (from: number, to: number, newline = '\n'): string => lines([HEADER, ...bars(from, to)], newline)
const hasZstd = spawnSync('zstd', ['--version']).status === 0
const zstd = (bytes: Buffer | string): Buffer => execFileSync('zstd', ['-cq'], { input: bytes })

describeTiers('what is loaded from', (tier) => {
  let b: Bench
  let folder: string
  beforeAll(async () => {
    b = await bench(tier)
    folder = dirname(b.file('x', ''))
  })
  afterAll(() => b.close())

  const ingest = (files: readonly string[], flags: Partial<IngestOptions>) =>
    ingestFiles({
      ...{ connection: b.db.connection, signal: new AbortController().signal, now: () => new Date() },
      ...{ ...FLAGS, ...flags, files },
    })
  /** Minutes from START that an exchange has; the close says the same. */
  const minutes = async (exchange: string) =>
    (
      await b.rows<{ minute: number }>(
        `select (extract(epoch from timestamp)::int - ${START / 1000}) / 60 as minute from arxdb.candles
           join arxdb.markets using (market_id)
           where exchange_id = $1 and close::text = '2.' || (extract(epoch from timestamp)::int - ${START / 1000}) / 60 order by 1`,
        [exchange],
      )
    ).map(({ minute }) => minute)
  const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

  describe('several names', () => {
    let place: string
    const at = (name: string): string => join(place, name)
    beforeAll(() => {
      place = join(folder, 'several')
      for (const name of ['', 'deep', 'deep/er', '.hidden', 'none'].map((one) => join(place, one)))
        mkdirSync(name, { recursive: true })
      const put = (name: string, content: string | Buffer): void => void b.file(join('several', name), content)
      put('a1.csv', table(0, 5))
      put('a2.tsv', table(5, 10).replaceAll(',', '\t'))
      put('b.csv', table(10, 15))
      put('deep/c.csv.gz', gzipSync(table(15, 20)))
      put('deep/er/d.txt', table(20, 25).replaceAll(',', ';'))
      // What must not be read: each would be refused, or bring rows of its own.
      put('._a1.csv', Buffer.from([0, 5, 0x16, 7, 0, 2]))
      put('.e.csv', table(90, 95))
      put('.hidden/f.csv', table(90, 95))
      put('a1.csv.rejects.csv', 'line,byte_offset,column,code,reason,row\n2,9,x,y,z,w\n')
      put('README.md', '# notes')
      put('none/notes.md', '# notes')
    })

    test('a pattern, and files beside it, each once', async () => {
      const { files } = await ingest([at('a*.[ct]sv'), at('b.csv'), at('a1.csv')], { exchange: 'pattern' })
      expect(files.map((r) => [r.file, r.inserted])).toEqual([
        [at('a1.csv'), 5],
        [at('a2.tsv'), 5],
        [at('b.csv'), 5],
      ])
      expect(await minutes('pattern')).toEqual(upTo(15))
    })

    test('a pattern of folders too; none that fits is said', async () => {
      const { files } = await ingest([at('d*/?r/*.txt')], { exchange: 'folders' })
      expect(files.map((r) => r.file)).toEqual([at('deep/er/d.txt')])
      expect(await b.refused(at('z*.csv'), FLAGS)).toMatchObject({
        exit: 2,
        message: `no file is called ${at('z*.csv')}`,
      })
      expect(await b.refused(at('*.rejects.csv'), FLAGS)).toMatchObject({ exit: 2 })
    })

    test('a folder with all that is below it; what is passed over is named, with the reason', async () => {
      const { files, passed } = await ingest([place], { exchange: 'folder', recursive: true })
      expect(files.map((r) => r.file)).toEqual(['a1.csv', 'a2.tsv', 'b.csv', 'deep/c.csv.gz', 'deep/er/d.txt'].map(at))
      expect(await minutes('folder')).toEqual(upTo(25))
      const name = 'its name is not one of .csv, .tsv, .txt, .psv, with or without .gz or .zst'
      expect(passed.map(({ file, why }) => [file.slice(place.length + 1), why])).toEqual([
        ['._a1.csv', 'an AppleDouble file, the leftovers of a macOS copy'],
        ['.e.csv', 'a hidden file'],
        ['README.md', name],
        ['a1.csv.rejects.csv', 'the rejected rows of an earlier load'],
        ['none/notes.md', name],
      ])
    })

    test('a folder without --recursive, and one without data, are refused before anything is loaded', async () => {
      const flags = { ...FLAGS, exchange: 'refused' }
      expect(await b.refused([at('b.csv'), place], flags)).toMatchObject({
        exit: 2,
        hint: `arxdb ingest --recursive ${place}`,
      })
      expect(await b.refused(at('none'), { ...flags, recursive: true })).toMatchObject({ exit: 2 })
      expect(await minutes('refused')).toEqual([])
    })

    test('what the shell makes of *: leftovers are passed over and named', async () => {
      const names = ['a1.csv', '._a1.csv', 'a1.csv.rejects.csv'].map(at)
      const { files, passed } = await ingest(names, { exchange: 'shell' })
      expect(files.map((r) => r.file)).toEqual([at('a1.csv')])
      expect(passed.map(({ file }) => file)).toEqual(names.slice(1))
    })
  })

  describe('compressed', () => {
    const text = table(0, 3000)
    const parts = [text.slice(0, 10_001), text.slice(10_001, 10_002), text.slice(10_002)]

    test('gzip of several members, also by a name that does not say so', async () => {
      const [report] = await b.load(b.file('members.csv', Buffer.concat(parts.map((part) => gzipSync(part)))), {
        ...{ ...FLAGS, exchange: 'gzip' },
      })
      expect(report).toMatchObject({ inserted: 3000, bytes: text.length })
      expect(await minutes('gzip')).toEqual(upTo(3000))
    })

    test.skipIf(!hasZstd)('zstd of several frames (skipped where there is no zstd program)', async () => {
      const frames = Buffer.concat(parts.map(zstd))
      const flags = { ...FLAGS, exchange: 'zstd' }
      const [report] = await b.load(b.file('frames.csv.zst', frames), flags)
      expect(report).toMatchObject({ inserted: 3000, bytes: text.length })
      expect(await minutes('zstd')).toEqual(upTo(3000))
      const cut = await b.refused(b.file('cut.csv.zst', frames.subarray(0, -9)), { ...FLAGS, exchange: 'cut' })
      expect(cut).toMatchObject({ code: 'damaged-file' })
      // The same content, unpacked and as gzip, is the same import.
      for (const same of [b.file('frames.csv', text), b.file('frames.csv.gz', gzipSync(text))])
        expect((await b.load(same, flags))[0]).toMatchObject({
          already_loaded: true,
          inserted: 0,
          import_id: report!.import_id,
        })
    })

    test('a byte order mark that two members share', async () => {
      const marked = Buffer.from(`\uFEFF${table(0, 10)}`)
      const members = [gzipSync(marked.subarray(0, 1)), gzipSync(marked.subarray(1))]
      const [report] = await b.load(b.file('mark.csv.gz', Buffer.concat(members)), { ...FLAGS, exchange: 'mark' })
      expect(report).toMatchObject({ inserted: 10, rejected: 0 })
    })
  })

  describe('standard input under an id of its own', () => {
    const text = lines(bitfinexRows(60_000))
    const pipe = (exchange: string, importKey: string, content = text, more: Partial<IngestOptions> = {}) => ({
      ...{ format: 'bitfinex', ...FLAGS, exchange, importKey, ...more },
      // In pieces that end anywhere.
      stdin: Readable.from([content.slice(0, 777), content.slice(777)].map((part) => Buffer.from(part))),
    })
    const count = async (exchange: string) =>
      (
        await b.rows<{ n: number }>(
          'select count(*)::int as n from arxdb.candles join arxdb.markets using (market_id) where exchange_id = $1',
          [exchange],
        )
      )[0]!.n

    test('the same once more adds nothing; another content, or the same read otherwise, is refused', async () => {
      const [first] = await b.load('-', pipe('keyed', 'night-1'))
      expect(first).toMatchObject({ inserted: 60_000, file: '-' })
      const [again] = await b.load('-', pipe('keyed', 'night-1'))
      expect(again).toMatchObject({ already_loaded: true, inserted: 0, import_id: first!.import_id })
      const other = await b.refused('-', pipe('keyed', 'night-1', lines(bitfinexRows(10))))
      expect(other).toMatchObject({
        code: 'import-id-taken',
        exit: 2,
        message: '--import-id night-1 stands for something else',
      })
      const otherwise = await b.refused('-', pipe('otherwise', 'night-1'))
      expect(otherwise).toMatchObject({
        code: 'import-id-taken',
        detail: expect.stringContaining('was read in another way'),
      })
      expect(await count('otherwise')).toBe(0)
    })

    test('one that was interrupted goes on', async () => {
      const stop = new AbortController()
      const onProgress: IngestOptions['onProgress'] = ({ rows }) => void (rows > 40_000 && stop.abort())
      const error = await b.refused('-', pipe('stopped', 'night-2', text, { signal: stop.signal, onProgress }))
      expect(error).toMatchObject({ code: 'interrupted', exit: 130 })
      const before = await count('stopped')
      expect(before).toBeGreaterThan(0)
      expect(before).toBeLessThan(60_000)
      const [report] = await b.load('-', pipe('stopped', 'night-2'))
      expect(report).toMatchObject({ resumed: true, rows_read: 60_000, inserted: 60_000 })
      expect(await count('stopped')).toBe(60_000)
    })
  })

  describe('text as it comes', () => {
    const mixed = [HEADER, ...bars(0, 9)].map((row, i) => row + (i % 2 === 0 ? '\n' : '\r\n')).join('')
    test.each([
      ['CRLF', table(0, 9, '\r\n')],
      ['LF and CRLF in turns', mixed],
      ['a byte order mark', `\uFEFF${table(0, 9)}`],
      ['no line end at the end', table(0, 9).trimEnd()],
      ['CR at the end', `${table(0, 9).trimEnd()}\r`],
      ['blank lines, at the beginning too', `\n\n${table(0, 9).replaceAll('\n', '\n\n')}\n`],
      ['banner lines', `Created on 1-1-2024,https://example.com\nUTC\n${table(0, 9)}`],
      ['a byte order mark, a banner and CRLF', `\uFEFFhttps://example.com\r\n${table(0, 9, '\r\n')}`],
    ])('%s', async (name, text) => {
      const exchange = `text-${name.replaceAll(/\W/g, '-')}`.toLowerCase()
      const [report] = await b.load(b.file(`${exchange}.csv`, text), { ...FLAGS, exchange })
      expect(report).toMatchObject({ rows_read: 9, inserted: 9, rejected: 0, bytes: Buffer.byteLength(text) })
      expect(await minutes(exchange)).toEqual(upTo(9))
    })

    test('UTF-16 is refused with the way out, an empty file too, a header alone is no rows', async () => {
      const flags = { ...FLAGS, exchange: 'odd' }
      const wide = Buffer.from(`\uFEFF${table(0, 9)}`, 'utf16le')
      for (const bytes of [wide, Buffer.from(wide).swap16(), Buffer.from(table(0, 9), 'utf16le')])
        expect(await b.refused(b.file('utf16.csv', bytes), flags)).toMatchObject({ code: 'not-a-csv' })
      expect(await b.refused(b.file('utf16.csv', wide), flags)).toMatchObject({
        hint: 'iconv -f UTF-16 -t UTF-8 FILE | arxdb ingest -',
      })
      for (const empty of ['', '\n\n', '\uFEFF', gzipSync('')])
        expect(await b.refused(b.file('empty.csv', empty), flags)).toMatchObject({
          message: expect.stringContaining('it is empty'),
        })
      for (const text of [HEADER, `${HEADER}\n`, `\uFEFF${HEADER}\r\n\r\n`]) {
        const [report] = await b.load(b.file('header.csv', text), flags)
        expect(report).toMatchObject({ rows_read: 0, inserted: 0, order: null })
        expect(report!.notes).toContain('the file holds no rows')
      }
      expect(await minutes('odd')).toEqual([])
    })

    test('the same content under another name adds nothing, and says which it was', async () => {
      const flags = { ...FLAGS, exchange: 'renamed' }
      const first = b.file('before.csv', table(0, 9))
      const [loaded] = await b.load(first, flags)
      const [again] = await b.load(b.file('after.csv', readFileSync(first)), flags)
      expect(again).toMatchObject({ already_loaded: true, inserted: 0, unchanged: 9, import_id: loaded!.import_id })
      expect(again!.notes.join()).toContain(`loaded before as import ${loaded!.import_id} (${first})`)
    })
  })
})
