// The hot path's shortest way: a record read and written in one pass over its bytes. It takes a record that looks like
// the one before it (same words where words are, plain values where values are); all others go the general way, which
// finds the fields first and can put into words what is wrong with one.

import type { Plan, PlannedColumn } from '../plan/plan.ts'
import { writeInteger, writeMoment, writeSize } from '../values/fields.ts'
import { plain, readPlain } from '../values/numeric.ts'
import { timeReader } from '../values/time-reader.ts'
import { DAY_US, EARLIEST_US } from '../values/times.ts'
import { type Batch, reserve } from './batch.ts'
import type { Followed } from './owners.ts'
import type { Row } from './scan.ts'
import { soundness, type Written } from './soundness.ts'

export interface Express {
  /** Takes the record that was just taken the general way as what the next ones have to look like. */
  learn(buf: Buffer, row: Row, owner: Followed): void
  /** Appends the record at `pos`; returns where the next one begins, or 0 when it has to go the general way. */
  take(batch: Batch, buf: Buffer, pos: number, end: number): number
  /** Whose the record taken last is, and what it held. */
  readonly owner: Followed | undefined
  readonly last: Written
}

interface Options {
  readonly plan: Plan
  readonly now: Date
  /** Off in a benchmark that asks what the checks cost. */
  readonly checked: boolean
}

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
/** What is done with a field: written out as numbers below, as in convert.ts. */
const DO = { decimal: 0, time: 1, int: 2, bigint: 3, skip: 4, compare: 5 } as const
/** Files whose records all differ are not tried each time. */
const LONGEST_PAUSE = 256

/** Undefined where a record is more than fields one after the other. */
export function newExpress({ plan, now, checked }: Options): Express | undefined {
  const [view] = plan.views
  if (!view || plan.views.length > 1) return undefined
  const { columns } = view
  // The values are written in the columns' order while they are read in the file's.
  const order = columns.map(({ field }) => field)
  if (order.some((field, i) => field < 0 || (i > 0 && field <= order[i - 1]!))) return undefined
  const latest = now.getTime() * 1000 + DAY_US
  const delimiter = plan.delimiter.charCodeAt(0)
  const lastField = plan.fields - 1
  const compared = [...view.identity.fields, ...plan.same].map(({ field }) => field)
  const steps = Uint8Array.from({ length: plan.fields }, (_, field) => stepOf(columns, compared, field))
  const column = Int32Array.from({ length: plan.fields }, (_, field) => order.indexOf(field))
  const required = Uint8Array.from(columns, (c) => (c.required ? 1 : 0))
  const zeroIsNull = Uint8Array.from(columns, (c) => (c.zeroIsNull ? 1 : 0))
  const key = columns.findIndex(({ name }) => name === 'timestamp')
  const starts = new Int32Array(columns.length)
  const state: Written = { moment: 0, high: 0, low: 0, close: 0 }
  const isSound = soundness(plan, columns, starts, state)
  const readTime = timeReader(plan.times)
  /** The words of the record that was learnt: of neighbours together, with what is between them, each run with its end. */
  const words = new Uint8Array(4096)
  const wordEnds = new Int32Array(plan.fields)
  /** Where a run of words begins: the field it ends with. */
  const runs = Int32Array.from(steps, (step, field) => {
    let last = field
    while (step === DO.compare && steps[last + 1] === DO.compare) last++
    return last
  })
  let owner: Followed | undefined
  let pause = 0
  let misses = 0

  function read(batch: Batch, buf: Buffer, pos: number, end: number, prefix: Buffer): number {
    reserve(batch, prefix.length + columns.length * MOST_WRITTEN)
    const out = batch.bytes
    let at = batch.length
    for (let i = 0; i < prefix.length; i++) out[at + i] = prefix[i]!
    at += prefix.length
    let i = pos
    let word = 0
    for (let field = 0; field <= lastField; field++) {
      const step = steps[field]
      const c = column[field]!
      if (step === 5) {
        field = runs[field]!
        const stop = wordEnds[field]!
        while (word < stop) if (buf[i++] !== words[word++]) return 0
      } else if (step === 4) {
        if (buf[i] === QUOTE) return 0
        while (i < end && buf[i] !== delimiter && buf[i] !== LF) i++
      } else {
        let size = 0
        if (step === 0) {
          size = readPlain(buf, i, end, out, at + 4)
          if (size > 0) i = plain.stop
        } else {
          let stop = i
          while (stop < end && buf[stop] !== delimiter && buf[stop] !== LF && buf[stop] !== CR) stop++
          if (step === 1) {
            const us = readTime(buf, i, stop)
            // Written so that NaN and the negative codes fail.
            if (us >= EARLIEST_US && us <= latest) {
              if (c === key) state.moment = us
              size = writeMoment(us, out, at + 4)
            }
          } else size = writeInteger(buf, i, stop, out, at + 4, step === 2 ? 4 : 8)
          if (size > 0) i = stop
        }
        if (size === 0) {
          // Nothing between two delimiters is null, where that may be.
          if (buf[i] !== delimiter || required[c] === 1) return 0
          size = -1
        }
        // Eight bytes are a head without digits: zero.
        if (size === 8 && zeroIsNull[c] === 1) size = -1
        writeSize(size, out, at)
        starts[c] = size < 0 ? -1 : at + 4
        at += size < 0 ? 4 : 4 + size
      }
      if (field < lastField) {
        if (i >= end || buf[i] !== delimiter) return 0
        i++
      }
    }
    if (i < end && buf[i] === CR) i++
    // A record that the chunk cuts is put together first.
    if (i >= end || buf[i] !== LF) return 0
    if (checked && !isSound(out)) return 0
    batch.length = at
    return i + 1
  }

  return {
    learn(buf, row, whose) {
      owner = undefined
      let length = 0
      for (let field = 0; field <= lastField; field++) {
        if (steps[field] !== DO.compare) continue
        const from = row.from[field]!
        for (; field < runs[field]!; field++) if (row.quoted[field] !== 0) return
        const to = row.to[field]!
        if (row.quoted[field] !== 0 || length + to - from > words.length) return
        words.set(buf.subarray(from, to), length)
        length += to - from
        wordEnds[field] = length
      }
      owner = whose
    },
    take(batch, buf, pos, end) {
      if (owner === undefined) return 0
      if (pause > 0) {
        pause--
        return 0
      }
      const next = read(batch, buf, pos, end, owner.prefix)
      if (next > 0) misses = 0
      else {
        misses = Math.min(LONGEST_PAUSE, misses * 2 + 1)
        pause = misses - 1
      }
      return next
    },
    get owner() {
      return owner
    },
    last: state,
  }
}

/** Bytes of a column: its length, and a plain decimal, which is the longest value. */
const MOST_WRITTEN = 48

function stepOf(columns: readonly PlannedColumn[], compared: readonly number[], field: number): number {
  const column = columns.find((c) => c.field === field)
  if (column) return DO[column.kind]
  return compared.includes(field) ? DO.compare : DO.skip
}
