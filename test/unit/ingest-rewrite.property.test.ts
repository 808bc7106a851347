import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../src/ingest/plan/plan.ts'
import { planOf, series } from './ingest-plans.ts'
import {
  HEADER,
  inOrder,
  meant,
  type Outcome,
  pricesPlan,
  rewritten,
  type Table,
  table,
  textOf,
} from './ingest-tables.ts'

/** Anywhere in a content of up to so many bytes; the first ones small, so that the header and the mark are cut too. */
const cuts = fc.array(fc.oneof(fc.nat(4), fc.nat(80), fc.nat(2000)), { maxLength: 40 })
const size = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 400 }), fc.constant(1e9))
/** Whole, at each byte, and by `cuts`. */
const chunked = fc.oneof(fc.constant([]), fc.constant(Array.from({ length: 3000 }, (_, i) => i)), cuts)

let plan: Plan
const planFor = ({ bom }: Pick<Table, 'bom'>): Plan => ({ ...plan, bom: bom ? 3 : 0 })

beforeAll(async () => {
  plan = await pricesPlan()
  expect(plan).toMatchObject({ format: 'canonical-prices', skip: 1, fields: 6, bom: 0 })
})

describe('the generator', () => {
  const features: Readonly<Record<string, (t: Table, text: string) => boolean>> = {
    'a byte order mark': ({ bom }) => bom,
    'no line end at the end': ({ ended, rows }) => !ended && rows.length > 0,
    'LF and CRLF in one file': ({ rows }) => new Set(rows.map((row) => row.newline)).size === 2,
    'a quoted field': (_, text) => /(^|,)"/m.test(text),
    'a doubled quote': (_, text) => /"[^",\n]*""/.test(text),
    'a quote in a bare field': ({ rows }) => rows.some(({ written }) => /(^|,)[^",\n]+"/.test(written)),
    'a line end in a field': ({ rows }) => rows.some(({ cells }) => cells.some(({ text }) => text.includes('\n'))),
    'CRLF in a field': ({ rows }) => rows.some(({ cells }) => cells.some(({ text }) => text.includes('\r\n'))),
    'more than ASCII': (_, text) => /[^\0-\x7f\uFEFF]/.test(text),
    'a row too short': ({ rows }) => rows.some(({ cells }) => cells.length > 0 && cells.length < 6),
    'a row too long': ({ rows }) => rows.some(({ cells }) => cells.length > 6),
    'a blank row': ({ rows }) => rows.some(({ cells }) => cells.length === 0),
    'a row that is stored': (t) => meant(t).some((one) => 'stored' in one),
    'a time that is none': (t) => meant(t).some((one) => 'code' in one && one.column === 'last_updated'),
    'a price that is none': (t) => meant(t).some((one) => 'code' in one && one.column === 'usd_price'),
    'a price that a check refuses': (t) => meant(t).some((one) => 'code' in one && one.code === 'prices_price'),
    'rows one after the other that look alike': ({ rows }) =>
      rows.some(
        (_, i) => i > 2 && rows.slice(i - 3, i + 1).every(({ written }) => /^[^",\n]*,bitcoin,e,[^",]+,/.test(written)),
      ),
    'a blank volume': (t) => meant(t).some((one) => 'stored' in one && one.stored[3] === null),
  }
  const sample = fc.sample(table, { numRuns: 400, seed: 7 })
  test.each(Object.entries(features))('makes %s in some tables, and not in all', (_, has) => {
    const share = sample.filter((t) => has(t, textOf(t))).length / sample.length
    expect(share).toBeGreaterThan(0.03)
    expect(share).toBeLessThan(1)
  })
})

test('any table, in any chunks and batches, gives the rows that were meant, each from its place', async () => {
  await fc.assert(
    fc.asyncProperty(table, chunked, size, async (t, ends, bytes) => {
      const text = textOf(t)
      const options = { relax_column_count: true, relax_quotes: true, record_delimiter: ['\r\n', '\n'], bom: true }
      const records = (parse(text, options) as string[][]).filter((r) => r.length > 1 || r[0]!.trim() !== '')
      const cells = t.rows.filter((row) => row.cells.length > 0).map((row) => row.cells.map((c) => c.text))
      // What is held against the rewriter is what csv-parse reads.
      expect(records).toEqual([HEADER.split(','), ...cells])
      const read = await rewritten(planFor(t), Buffer.from(text), { cuts: ends, size: bytes })
      expect(read.outcomes).toEqual(meant(t))
      expect(read.rows).toBe(cells.length)
    }),
    { numRuns: 250 },
  )
})

test('begun at the end of any batch, the rest comes out as it would have', async () => {
  await fc.assert(
    fc.asyncProperty(table, chunked, fc.integer({ min: 1, max: 200 }), async (t, ends, bytes) => {
      const content = Buffer.from(textOf(t))
      const whole = await rewritten(planFor(t), content, { cuts: ends, size: bytes })
      for (const { to, line, out } of whole.batches) {
        const rest = await rewritten(planFor(t), content, { cuts: ends, size: bytes, from: { byte: to, line } })
        expect(inOrder([...out, ...rest.outcomes])).toEqual(whole.outcomes)
      }
    }),
    { numRuns: 40 },
  )
})

describe('what is no table', () => {
  const piece = fc.constantFrom(
    ...['"', '""', '","', ',', '\n', '\r', '\r\n', ' ', 'x', 'é', 'bitcoin,e,', '1704067200', ',1.5,', '"a"b', '\0'],
    ...[
      'note,bitcoin,e,1704067200000,1.5,2\n',
      '"two\nlines",bitcoin,e,1704067200,1,\n',
      '"open,bitcoin,e,1704067200,1,\n',
    ],
  )
  const junk = fc.array(piece, { maxLength: 60 }).map((parts) => `${HEADER}\n${parts.join('')}`)

  test('the generator opens quotes that never close, and makes good rows among them', () => {
    const texts = fc.sample(junk, { numRuns: 200, seed: 7 })
    expect(texts.filter((text) => (text.match(/"/g)?.length ?? 0) % 2 === 1).length).toBeGreaterThan(20)
    expect(texts.filter((text) => text.includes('note,bitcoin')).length).toBeGreaterThan(20)
  })

  test('comes out the same in any chunks and batches, and from the end of any batch', async () => {
    await fc.assert(
      fc.asyncProperty(junk, chunked, fc.integer({ min: 1, max: 200 }), async (text, ends, bytes) => {
        const content = Buffer.from(text)
        const once = await rewritten(plan, content, { cuts: [], size: 1e9 })
        const parts = await rewritten(plan, content, { cuts: ends, size: bytes })
        expect(parts.outcomes).toEqual(once.outcomes)
        // Every record's bytes are told as they stand.
        for (const one of once.outcomes as (Outcome & { raw?: string })[])
          if (one.raw !== undefined)
            expect(content.toString('latin1', one.offset, one.offset + one.raw.length)).toBe(one.raw)
        for (const { to, line, out } of parts.batches) {
          const rest = await rewritten(plan, content, { cuts: [], size: 1e9, from: { byte: to, line } })
          expect(inOrder([...out, ...rest.outcomes])).toEqual(once.outcomes)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('trades', () => {
  const FLAGS = { symbol: 'BTC/USD', exchange: 'e', timeframe: '1m', format: 'columns-trades' }
  const rows = series('@,1.5,2', 20, 60)

  test.each([
    ['upward', rows],
    ['downward', [...rows].reverse()],
  ])('%s: begun at the end of any batch, the rest comes out as it would have', async (_, order) => {
    const text = order.map((row, i) => `${row.replace('1.5', `1.${i + 10}`)}\n`).join('')
    const trades = await planOf('trades.csv', text, FLAGS)
    const content = Buffer.from(text)
    const whole = await rewritten(trades, content, { cuts: [], size: 1 })
    expect(whole.batches.length).toBeGreaterThan(10)
    for (const { to, line, out } of whole.batches) {
      const rest = await rewritten(trades, content, { cuts: [], size: 1, from: { byte: to, line } })
      expect(inOrder([...out, ...rest.outcomes])).toEqual(whole.outcomes)
    }
  })
})
