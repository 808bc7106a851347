// Tables that fast-check makes up, with what their rows mean, and what the rewriter makes of them.
import fc from 'fast-check'
import { marketName } from '../../src/ingest/load/market.ts'
import type { Plan } from '../../src/ingest/plan/plan.ts'
import { type Batch, decodeAt, lineOf, offsetOf } from '../../src/ingest/rows/batch.ts'
import { type Key, prefixOf } from '../../src/ingest/rows/owners.ts'
import { newRewriter } from '../../src/ingest/rows/rewrite.ts'
import { planOf } from './ingest-plans.ts'

export const HEADER = 'note,coin_id,exchange_id,last_updated,usd_price,volume_24h'
const NOW = new Date('2025-06-01T00:00:00Z')

export const pricesPlan = (): Promise<Plan> =>
  planOf('prices.csv', `${HEADER}\nx,bitcoin,e,1704067200,1,\ny,bitcoin,e,1704067200,1,2\n`)

/** A row or a reject in short: what is stored of whom, or why not, and where it stands. */
export type Outcome =
  | { readonly line: number; readonly offset: number; readonly stored: readonly (string | null)[] }
  | {
      readonly line: number
      readonly offset: number
      readonly code: string
      readonly column: string
      readonly raw: string
    }

export interface Read {
  /** In the file's order. */
  readonly outcomes: readonly Outcome[]
  /** Where each ends, and what had come out until then. */
  readonly batches: readonly { readonly to: number; readonly line: number; readonly out: readonly Outcome[] }[]
  readonly rows: number
  /** Bytes of content that the largest batch holds on to. */
}

const HEADER_BYTES = 19

/** Rows of a batch, taken apart by their lengths. */
function rowsOf(batch: Batch, plan: Plan, names: readonly string[]): readonly Outcome[] {
  const { bytes } = batch
  let at = HEADER_BYTES
  const rows = Array.from({ length: batch.rows }, (_, i) => {
    const values = Object.values(decodeAt(bytes, at, plan))
    const owner = bytes.readInt32BE(at + 6)
    const fields = bytes.readInt16BE(at)
    at += 2
    for (let f = 0; f < fields; f++) at += 4 + Math.max(0, bytes.readInt32BE(at))
    return { line: lineOf(batch, i + 1), offset: offsetOf(batch, i + 1), stored: [names[owner - 1]!, ...values] }
  })
  if (at !== batch.length) throw new Error(`a batch of ${batch.length} bytes has rows of ${at}`)
  return rows
}

interface Cut {
  /** Where chunks end. */
  readonly cuts: readonly number[]
  /** Bytes at which a batch is full. */
  readonly size: number
  readonly from?: { readonly byte: number; readonly line: number }
}

/** What the rewriter makes of the content, or of what is left of it from a record on. */
export async function rewritten(plan: Plan, content: Buffer, { cuts, size, from }: Cut): Promise<Read> {
  const names: string[] = []
  const outcomes: Outcome[] = []
  const batches: Read['batches'][number][] = []
  let end = from?.byte ?? 0
  const rewriter = newRewriter({
    ...{ plan, from, now: NOW, size: () => size },
    resolve: async (key: Key) => {
      const name = `${key.coin_id ?? ''} ${marketName(key)}`
      if (!names.includes(name)) names.push(name)
      const id = names.indexOf(name) + 1
      return { id, prefix: prefixOf(id, 7, plan.views[0]!.columns.length), name, quote: key.quote }
    },
    onBatch: async (batch) => {
      if (batch.byteFrom < end) throw new Error(`a batch begins at ${batch.byteFrom}, the one before ended at ${end}`)
      end = batch.byteTo
      const rejects = batch.rejects.map(
        ({ line, byteOffset, code, column, raw }): Outcome => ({
          ...{ line, offset: byteOffset, code, column: column ?? '', raw: raw.toString('latin1') },
        }),
      )
      for (const one of [...rowsOf(batch, plan, names), ...rejects]) outcomes.push(one)
      batches.push({ to: batch.byteTo, line: batch.lineTo, out: [...outcomes] })
    },
  })
  const start = from?.byte ?? 0
  const ends = [...new Set([...cuts.filter((cut) => cut > start && cut < content.length), content.length])]
  let at = start
  for (const stop of ends.sort((a, b) => a - b)) {
    // As the reader does: a chunk is overwritten by a later one.
    const chunk = Buffer.from(content.subarray(at, stop))
    await rewriter.push(chunk)
    chunk.fill('?')
    at = stop
  }
  await rewriter.end()
  return { outcomes: inOrder(outcomes), batches, rows: rewriter.rows }
}

export const inOrder = (all: readonly Outcome[]): readonly Outcome[] => [...all].sort((a, b) => a.offset - b.offset)

/** A cell's text, and what it stands for: `undefined` is nothing that can be stored. */
interface Cell {
  readonly text: string
  readonly means: string | null | undefined
  readonly code?: string
}
const cell = (text: string, means: string | null): Cell => ({ text, means })
const bad = (text: string, code: string): Cell => ({ text, means: undefined, code })

const iso = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('.000Z', 'Z')
    .replace(/(\.\d*?)0+Z$/, '$1Z')
const moment = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2025, 0, 1) })
const epoch = moment.map((ms) => cell(String(ms), iso(ms)))
const time: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 6, arbitrary: epoch },
  { weight: 3, arbitrary: moment.map((ms) => cell(String(Math.floor(ms / 1000)), iso(Math.floor(ms / 1000) * 1000))) },
  { weight: 3, arbitrary: moment.map((ms) => cell(`${ms}000`, iso(ms))) },
  { weight: 3, arbitrary: moment.map((ms) => cell(new Date(ms).toISOString().replace('T', ' '), iso(ms))) },
  fc.constantFrom(bad('', 'not-null'), bad('soon', 'not-a-time'), bad('60000', 'implausible-time')),
  fc.constant(bad('1.7e12', 'lossy-time')),
)
const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`))
/** With few digits before the point, as most prices are: those are read another way than the others. */
const whole = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 99_999 }) },
  fc.integer({ min: 1, max: 10 ** 12 }),
)
const plain = fc.tuple(whole, digits(20)).map(([integer, part]) => `${integer}.${part}`)
const decimal = plain.map((text) => cell(text, text))
const price: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 8, arbitrary: decimal },
  fc.constantFrom(cell('$1,234.50', '1234.50'), cell('6e-05', '0.00006'), cell('1.2e3', '1200'), cell(' 7 ', '7')),
  fc.constantFrom(bad('', 'not-null'), bad('abc', 'not-a-number'), bad('0', 'prices_price'), bad('-1', 'prices_price')),
)
const volume: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 4, arbitrary: decimal },
  fc.constantFrom(cell('', null), cell('NaN', null), cell('1.5B', '1500000000'), cell('0', '0')),
  fc.constantFrom(bad('-3', 'prices_metrics'), bad('x', 'not-a-number')),
)
const special = fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', ';', ' ', 'é', '🪙', '\u2028', 'x')
const prose = fc.array(fc.oneof(special, fc.string({ maxLength: 4 })), { maxLength: 6 }).map((parts) => parts.join(''))
const note = prose.map((text) => cell(text, text))
const coin = fc.constantFrom(...['bitcoin', 'ethereum', 'a"b', 'é🪙', 'two\nlines'].map((text) => cell(text, text)))

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
/** A quote within a bare field is a character like any other. */
const isBare = (text: string): boolean => !/^"|[,\r\n]/.test(text)

export interface TableRow {
  readonly cells: readonly Cell[]
  readonly written: string
  readonly newline: string
}

const written = (cells: readonly Cell[], force: readonly boolean[]): string =>
  cells.map(({ text }, i) => (isBare(text) && !force[i] ? text : quoted(text))).join(',')
const force = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })
const newline = fc.constantFrom('\n', '\n', '\r\n')

const full = fc.tuple(note, coin, time, price, volume, force, newline).map(([n, c, t, p, v, f, end]): TableRow => {
  const cells = [n, c, cell('e', 'e'), t, p, v]
  return { cells, written: written(cells, f), newline: end }
})
/**
 * As most rows of real files are: those that look like the one before go a shorter way, which must leave all that is odd
 * about one to the longer.
 */
const words = (...texts: string[]) => fc.constantFrom(...texts.map((text) => cell(text, text)))
const mostly = (usually: fc.Arbitrary<Cell>, odd: fc.Arbitrary<Cell>) =>
  fc.oneof({ weight: 9, arbitrary: usually }, { weight: 1, arbitrary: odd })
const usual = fc
  .tuple(
    words('', 'x', 'é y', '5" z', 'a,b', 'a\nb'),
    // Of one length.
    mostly(words('bitcoin'), words('bitgold')),
    mostly(words('e'), words('f')),
    mostly(epoch, time),
    mostly(decimal, fc.oneof(price, fc.constant(bad('0', 'prices_price')))),
    mostly(decimal, volume),
    newline,
  )
  .map(([n, c, x, t, p, v, end]): TableRow => {
    const cells = [n, c, x, t, p, v]
    return { cells, written: written(cells, []), newline: end }
  })
/** Without line ends in its fields: with them, only its first line is given up. */
const ragged = fc
  .tuple(fc.array(prose, { minLength: 1, maxLength: 8 }), force, newline)
  .filter(([texts]) => texts.length !== 6)
  .map(([texts, f, end]): TableRow => {
    const cells = texts.map((text) => cell(`x${text.replace(/[\r\n]/g, '')}`, null))
    return { cells, written: written(cells, f), newline: end }
  })
const blank = fc
  .tuple(fc.constantFrom('', '  ', '\t'), newline)
  .map(([text, end]): TableRow => ({ cells: [], written: text, newline: end }))

export const table = fc.record({
  rows: fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.array(usual, { minLength: 4, maxLength: 9 }) },
        { weight: 8, arbitrary: full.map((row) => [row]) },
        { weight: 1, arbitrary: ragged.map((row) => [row]) },
        { weight: 1, arbitrary: blank.map((row) => [row]) },
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.flat()),
  bom: fc.boolean(),
  /** Whether the last line has an end. */
  ended: fc.boolean(),
  headEnd: newline,
})
export type Table = typeof table extends fc.Arbitrary<infer T> ? T : never

export function textOf({ rows, bom, ended, headEnd }: Table): string {
  const body = rows.map((row, i) => row.written + (i < rows.length - 1 || ended ? row.newline : '')).join('')
  return `${bom ? '\uFEFF' : ''}${HEADER}${headEnd}${body}`
}

/** What has to come out, by the meaning that the cells were made with. */
export function meant(table: Table): readonly Outcome[] {
  let offset = (table.bom ? 3 : 0) + HEADER.length + table.headEnd.length
  let line = 2
  const outcomes: Outcome[] = []
  for (const { cells, written: text, newline: end } of table.rows) {
    const place = { line, offset }
    const raw = Buffer.from(text).toString('latin1')
    const wrong = cells.findIndex(({ means }) => means === undefined)
    // What the table's own checks refuse is found when all cells could be read.
    const first = cells.findIndex(({ code }) => code !== undefined && !code.startsWith('prices_'))
    const broken = first >= 0 ? first : wrong
    if (cells.length > 0 && cells.length !== 6) outcomes.push({ ...place, code: 'field-count', column: '', raw })
    else if (broken >= 0)
      outcomes.push({ ...place, code: cells[broken]!.code!, column: HEADER.split(',')[broken]!, raw })
    else if (cells.length > 0) {
      const [, c, e, t, p, v] = cells.map(({ means }) => means ?? null)
      outcomes.push({ ...place, stored: [`${c} ${c}/USD@${e}`, t!, p!, v!] })
    }
    offset += Buffer.byteLength(text) + end.length
    line += (text.match(/\n/g)?.length ?? 0) + 1
  }
  return outcomes
}
