import { describe, expect, test } from 'vitest'
import { FORMATS } from '../../src/cli/context.ts'
import { columns, type Result } from '../../src/core/result.ts'
import { ArxError } from '../../src/errors.ts'
import { type RenderFormat, render } from '../../src/render/render.ts'
import { displayWidth } from '../../src/render/text.ts'
import { empty, everyKind, PIPE, rendered, TTY } from './render-sample.ts'

const golden = (name: string) => `../../fixtures/golden/render/${name}.txt`
const ESC = '\x1b'

describe('goldens', () => {
  test.each([
    ['table', 'tty', TTY],
    ['table', 'pipe', PIPE],
    ['vertical', 'tty', TTY],
    ['vertical', 'pipe', PIPE],
    ['csv', 'tty', TTY],
    ['csv', 'pipe', PIPE],
    ['tsv', 'tty', TTY],
    ['tsv', 'pipe', PIPE],
    ['json', 'pipe', PIPE],
    ['ndjson', 'pipe', PIPE],
    ['markdown', 'pipe', PIPE],
  ] as const)('%s on a %s', async (format, place, options) => {
    await expect(await rendered(everyKind, format, options)).toMatchFileSnapshot(golden(`${format}-${place}`))
  })

  test('a table in colour, in ASCII, and without room', async () => {
    await expect(await rendered(everyKind, 'table', { ...TTY, color: true })).toMatchFileSnapshot(golden('table-color'))
    await expect(await rendered(everyKind, 'table', { ...TTY, ascii: true })).toMatchFileSnapshot(golden('table-ascii'))
    await expect(await rendered(everyKind, 'table', { ...TTY, width: 90 })).toMatchFileSnapshot(golden('table-90'))
    await expect(await rendered(everyKind, 'table', { ...TTY, width: 40 })).toMatchFileSnapshot(golden('table-40'))
  })
})

describe('every format', () => {
  test('is known to the command line and the other way round', async () => {
    for (const format of FORMATS) await expect(rendered(empty, format, PIPE)).resolves.toBeTypeOf('string')
    const offered: readonly RenderFormat[] = FORMATS
    expect(offered).toHaveLength(8)
  })

  test('of no rows shows the columns, and JSON is still JSON', async () => {
    expect(await rendered(empty, 'json', PIPE)).toBe('[]\n')
    expect(await rendered(empty, 'ndjson', PIPE)).toBe('')
    expect(await rendered(empty, 'tsv', { ...PIPE, columns: ['twap', 'from'] })).toBe('twap\tfrom\n')
    expect(await rendered(empty, 'csv', { ...PIPE, columns: ['twap', 'from'] })).toBe('twap,from\n')
    expect(await rendered(empty, 'table', { ...TTY, columns: ['twap'] })).toBe('twap\n────\n')
  })

  test('picks and orders columns', async () => {
    const options = { ...PIPE, columns: ['n_obs', 'exchange_id'] }
    expect((await rendered(everyKind, 'csv', options)).split('\n')[1]).toBe('168,binance')
    expect(await rendered(everyKind, 'ndjson', options)).toContain('{"n_obs":168,"exchange_id":"binance"}\n')
  })

  test('names the columns there are when one is unknown, before it writes', async () => {
    const asked = render(everyKind, 'tsv', { ...PIPE, columns: ['twap', 'price'] })
    const error = await asked.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ArxError)
    expect(error).toMatchObject({ exit: 2, message: 'no column "price" in this answer' })
    expect((error as ArxError).hint).toContain('--columns exchange_id,twap,coverage')
  })

  test('leaves out the header when told to', async () => {
    const one = { ...everyKind, rows: everyKind.rows.slice(0, 1) }
    const options = { ...PIPE, header: false, columns: ['exchange_id', 'n_obs'] }
    expect(await rendered(one, 'csv', options)).toBe('binance,168\n')
    expect(await rendered(one, 'tsv', options)).toBe('binance\t168\n')
    expect(await rendered(one, 'table', { ...TTY, ...options, isTTY: true })).toBe('binance  168\n')
  })

  test('comes in pieces, not in one string', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => ({ n: i, text: 'x'.repeat(40) }))
    const result = { columns: columns({ n: 'int', text: 'text' }), rows, notes: [] }
    for (const format of FORMATS.filter((each) => each !== 'parquet')) {
      const chunks = [...(await render(result, format, PIPE))]
      expect(chunks.length).toBeGreaterThan(10)
      expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(100_000)
      expect(chunks.every((chunk) => chunk.endsWith('\n') || format === 'json')).toBe(true)
    }
    expect(JSON.parse(await rendered(result, 'json', PIPE))).toHaveLength(50_000)
  })
})

describe('the table', () => {
  test('short of room says once what is the same in all rows', async () => {
    const rows = ['1', '2'].map((close) => ({ exchange_id: 'kraken', quote: 'USD', close, volume: null }))
    const bars = { columns: columns({ exchange_id: 'text', quote: 'text', close: 'decimal', volume: 'decimal' }), rows }
    const narrow = (width: number) => rendered({ ...bars, notes: [] }, 'table', { ...TTY, width })
    expect(await narrow(33)).not.toContain('all rows')
    expect(await narrow(28)).toBe(
      'close\n─────\n    1\n    2\nall rows:\n  exchange_id kraken,\n  quote USD, volume -\n',
    )
    // Text of one value is still text to be cut, and one row is no rule.
    expect(await rendered({ ...bars, rows: rows.slice(0, 1), notes: [] }, 'table', { ...TTY, width: 20 })).toMatch(
      /\[ 1 \]/,
    )
  })

  test('short of room drops echoes, then breaks names at underscores, then cuts text', async () => {
    const wide: Result = {
      columns: [
        ...columns({ exchange_id: 'text', volume_coverage: 'ratio', n_obs: 'int' }),
        { name: 'from', kind: 'time', echo: true },
      ],
      rows: [{ exchange_id: 'coinbase', volume_coverage: 1, n_obs: 2855, from: '2025-03-10T00:00:00Z' }],
      notes: [],
    }
    const heads = async (width: number) =>
      (await rendered(wide, 'table', { ...TTY, width })).split('\n').filter((line) => !line.includes('─'))
    expect((await heads(54))[0]).toBe('exchange_id  volume_coverage  n_obs  from')
    expect((await heads(53))[0]).toBe('exchange_id  volume_coverage  n_obs')
    expect((await heads(34)).slice(0, 3)).toEqual([
      '              volume_',
      'exchange_id  coverage  n_obs',
      'coinbase         100%   2855',
    ])
    expect((await heads(25)).slice(0, 3)).toEqual([
      'exchange_   volume_    n_',
      'id         coverage   obs',
      'coinbase       100%  2855',
    ])
  })

  test('stops at maxRows and says what is left', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => ({ n }))
    const text = await rendered({ columns: columns({ n: 'int' }), rows, notes: [] }, 'table', { ...TTY, maxRows: 10 })
    expect(text.trimEnd().split('\n')).toHaveLength(13)
    expect(text).toContain('2 more rows')
  })

  test('keeps its columns straight behind letters that other libraries measure otherwise', async () => {
    const names = ['नि', '東京', 'e\u0301', '🇯🇵', 'plain']
    const rows = names.map((name) => ({ name, quote: 'USD' }))
    const text = await rendered({ columns: columns({ name: 'text', quote: 'text' }), rows, notes: [] }, 'table', TTY)
    const starts = text
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => displayWidth(line.slice(0, line.indexOf('USD'))))
    expect(starts).toEqual([7, 7, 7, 7, 7])
  })

  test('is capped on a terminal only', async () => {
    const rows = Array.from({ length: 1500 }, (_, n) => ({ n }))
    const result = { columns: columns({ n: 'int' }), rows, notes: [] }
    expect(await rendered(result, 'table', TTY)).toMatch(/\n *999\n… 500 more rows; -o csv has all\n$/)
    expect(await rendered(result, 'table', PIPE)).toMatch(/\n1499\n$/)
    expect(await rendered(result, 'csv', TTY)).toMatch(/\n1499\n$/)
  })

  test('cuts text before it gives up, never a number', async () => {
    const result = {
      columns: columns({ name: 'text', price: 'decimal' }),
      rows: [{ name: 'a rather long name of a market', price: '12345678901234567890.12' }],
      notes: [],
    }
    const cut = await rendered(result, 'table', { ...TTY, width: 36 })
    expect(cut).toContain('a rather l…  12345678901234567890.12')
    const flipped = await rendered(result, 'table', { ...TTY, width: 30 })
    expect(flipped).toContain('price │ 12345678901234567890.1\n      │ 2\n')
  })

  test.each([1, 5, 12, 40])('of %i columns does not crash', async (width) => {
    const lines = (await rendered(everyKind, 'table', { ...TTY, width })).split('\n')
    if (width >= 12) for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
  })

  test('writes escape codes only when colour is wanted, and only its own', async () => {
    expect(await rendered(everyKind, 'table', TTY)).not.toContain(ESC)
    expect(await rendered(everyKind, 'table', PIPE)).not.toContain(ESC)
    const painted = await rendered(everyKind, 'table', { ...TTY, color: true })
    expect(painted).toContain(`${ESC}[1m`)
    expect(painted).not.toContain(`${ESC}[31m`)
  })
})
