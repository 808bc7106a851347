// Trades gathered into candles on their way: exactly, and with one bar in hand at a time.
import { ArxError } from '../../errors.ts'
import type { Plan, TradeFields } from '../plan/plan.ts'
import { add, type Decimal, decimalText, isLess, multiply, parseDecimal, ZERO } from '../values/decimal.ts'
import { writeDecimalText, writeMoment } from '../values/fields.ts'
import { timeReader } from '../values/time-reader.ts'
import { DAY_US, EARLIEST_US } from '../values/times.ts'
import { BadRow } from './bad-row.ts'
import { type Batch, mark, reserve, stretch } from './batch.ts'
import type { Followed } from './owners.ts'
import { fieldText, type Row } from './scan.ts'

interface Place {
  readonly at: number
  readonly line: number
}

export interface Trades {
  /** Adds the trade to the bar in hand; one that belongs to the next bar closes it, into the batch. Throws BadRow. */
  take(batch: Batch, buf: Buffer, row: Row, owner: Followed, place: Place): void
  /** Closes the bar in hand, if the trade belongs to another one: only then, when true, may a batch end. */
  closeBefore(batch: Batch, buf: Buffer, row: Row, line: number): boolean
  /** No trades follow. */
  finish(batch: Batch): void
}

interface Bar {
  readonly owner: Followed
  readonly start: number
  readonly place: Place
  /** When its trade was made that was read first, and the one read last. */
  readonly first: number
  last: number
  open: Decimal
  close: Decimal
  high: Decimal
  low: Decimal
  volume: Decimal
  quoteVolume: Decimal
  trades: number
}

/** The columns of a bar, as the planner lists them for trades. */
const COLUMNS = ['timestamp', 'open', 'high', 'low', 'close', 'volume', 'quote_volume', 'trades']

const unsorted = (line: number): ArxError =>
  new ArxError({
    code: 'unsorted-trades',
    message: `line ${line}: this trade belongs to a bar that is over`,
    detail: 'trades become candles as they come, so they have to be in order of time, upward or downward',
    hint: 'sort -t, -k1,1n FILE | arxdb ingest - (with the field that holds the time)',
  })

const mixed = (line: number): ArxError =>
  new ArxError({
    code: 'mixed-trades',
    message: `line ${line}: the trades of one file have to be of one market`,
    hint: 'split the file by market, and load the parts',
  })

/** Bars of plan.step seconds. */
export function newTrades(plan: Plan, fields: TradeFields, now: Date): Trades {
  const width = plan.step! * 1e6
  const readTime = timeReader(plan.times)
  const latest = now.getTime() * 1000 + DAY_US
  const names = plan.views[0]!.columns.map(({ name }) => name)
  if (names.join() !== COLUMNS.join()) throw new Error(`trades give ${COLUMNS}, not ${names}`)
  /** Whether the file goes down in time; unknown until two bars are seen. */
  let downward: boolean | undefined
  let bar: Bar | undefined

  const momentOf = (buf: Buffer, row: Row): number => readTime(buf, row.from[fields.time]!, row.to[fields.time]!)
  const barOf = (us: number): number => Math.floor(us / width) * width

  function decimal(buf: Buffer, row: Row, field: number, name: string): Decimal {
    const text = fieldText(buf, row, field).trim()
    const value = parseDecimal(text)
    if (!value)
      throw new BadRow(text === '' ? 'it is empty' : `"${text.slice(0, 40)}" is not a number`, 'not-a-number', name)
    if (name === 'price' && value.digits <= 0n)
      throw new BadRow(`price ${text} is not above zero`, 'candles_bounds', name)
    if (value.digits < 0n) throw new BadRow(`${name} ${text} is negative`, 'candles_volume', name)
    return value
  }

  function read(buf: Buffer, row: Row): { readonly us: number; readonly price: Decimal; readonly amount: Decimal } {
    const us = momentOf(buf, row)
    if (!(us >= EARLIEST_US && us <= latest)) {
      const written = fieldText(buf, row, fields.time).slice(0, 40)
      throw new BadRow(`"${written}" is not a plausible time`, 'not-a-time', 'timestamp')
    }
    return { us, price: decimal(buf, row, fields.price, 'price'), amount: decimal(buf, row, fields.amount, 'amount') }
  }

  function close(batch: Batch): void {
    if (!bar) return
    // A file of one bar shows by its trades which way it goes.
    if (downward === undefined && bar.last < bar.first) [bar.open, bar.close] = [bar.close, bar.open]
    const { owner, start, place, open, high, low, volume, quoteVolume, trades } = bar
    const texts = [open, high, low, bar.close, volume, quoteVolume].map(decimalText)
    reserve(batch, owner.prefix.length + 64 + 4 * texts.join('').length)
    const out = batch.bytes
    let at = batch.length
    at += owner.prefix.copy(out, at)
    const put = (size: number): void => {
      out.writeInt32BE(size, at)
      at += 4 + size
    }
    put(writeMoment(start, out, at + 4))
    for (const text of texts) put(writeDecimalText(text, out, at + 4))
    out.writeBigInt64BE(BigInt(trades), at + 4)
    put(8)
    batch.length = at
    mark(batch, place.at, place.line)
    stretch(batch, owner.id, start)
    batch.read += trades
    batch.merged += trades - 1
    owner.course.note(start, place.line, Number(texts[1]), Number(texts[2]), Number(texts[3]))
    bar = undefined
  }

  /** The trade read next is of the bar that begins at `start`. */
  function turn(batch: Batch, start: number, line: number): void {
    if (!bar || start === bar.start) return
    if (downward === undefined) {
      downward = start < bar.start
      // The first bar was read as if upward.
      if (downward) [bar.open, bar.close] = [bar.close, bar.open]
    }
    if (downward !== start < bar.start) throw unsorted(line)
    close(batch)
  }

  return {
    take(batch, buf, row, owner, place) {
      const { us, price, amount } = read(buf, row)
      const start = barOf(us)
      if (bar && bar.owner.id !== owner.id) throw mixed(place.line)
      turn(batch, start, place.line)
      if (!bar) {
        const one = { open: price, close: price, high: price, low: price, volume: ZERO, quoteVolume: ZERO, trades: 0 }
        bar = { owner, start, place, first: us, last: us, ...one }
      }
      bar.last = us
      // Downward, the trade read last is the bar's first.
      if (downward) bar.open = price
      else bar.close = price
      if (isLess(bar.high, price)) bar.high = price
      if (isLess(price, bar.low)) bar.low = price
      bar.volume = add(bar.volume, amount)
      bar.quoteVolume = add(bar.quoteVolume, multiply(price, amount))
      bar.trades++
    },
    closeBefore(batch, buf, row, line) {
      if (bar === undefined || row.fields !== plan.fields) return false
      try {
        const { us } = read(buf, row)
        if (barOf(us) === bar.start) return false
        turn(batch, barOf(us), line)
        return true
      } catch (error) {
        // What is no trade ends no bar.
        if (error instanceof BadRow) return false
        throw error
      }
    },
    finish: close,
  }
}
