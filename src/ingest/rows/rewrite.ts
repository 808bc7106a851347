// The hot path: rows of CSV bytes to batches of binary COPY, checked on the way. No object or string is made for a row.
import { BadRow } from './bad-row.ts'
import { BATCH_BYTES, mark, newBatch, type Reject, stretch } from './batch.ts'
import { newConverter } from './convert.ts'
import { Course, type Outlier, reportOf } from './course.ts'
import { newExpress } from './express.ts'
import { likeness } from './likeness.ts'
import { type Followed, newOwners, type Owner, type Stranger } from './owners.ts'
import type { Rewriter, RewriterOptions } from './rewriter.ts'
import { BAD_QUOTES, INCOMPLETE, isBlank, lineAfter, newRow, scanRow, withoutEnd } from './scan.ts'
import type { Written } from './soundness.ts'
import { newTrades, type Trades } from './trades.ts'
import { newWitness } from './witness.ts'

/** A row this long is a quote that was never closed. */
const LONGEST_ROW = 16 * 1024 * 1024
/** A batch of nothing but rejects is let go too. */
const MOST_REJECTS = 20_000
const MOST_TRADE_BYTES = 64 * 1024 * 1024
/** Longer than nearly every record. */
const SEAM_BYTES = 4096

export function newRewriter(options: RewriterOptions): Rewriter {
  const {
    plan,
    now,
    resolve,
    onBatch,
    size = () => BATCH_BYTES,
    from,
    isBetterElsewhere,
    spare = [],
    checked = true,
  } = options
  const row = newRow(plan.fields)
  const delimiter = plan.delimiter.charCodeAt(0)
  const outliers: Outlier[] = []
  const courses = new Map<number, Course>()
  const step = plan.step === undefined ? Number.NaN : plan.step * 1e6
  const views = plan.views.map((view) => ({
    view,
    owners: newOwners(view.identity),
    converter: newConverter({ plan, view, now, checked }),
  }))
  const wide = views.length > 1
  const witness = newWitness(plan)
  const alike = likeness(plan)
  const trades: Trades | undefined = plan.trades && newTrades(plan, plan.trades, now)
  // Where no format looks at a field, there is none to show.
  const preferred = plan.prefer?.field ?? 0
  const slow = wide || trades !== undefined || witness !== undefined || isBetterElsewhere !== undefined
  const express = slow ? undefined : newExpress({ plan, now, checked })
  let rest: Buffer = Buffer.alloc(0)
  let base = from?.byte ?? 0
  let line = from?.line ?? 1
  let skip = base === 0 ? plan.skip : 0
  let toSkip = base === 0 ? plan.bom : 0
  let rows = 0
  let rejected = 0
  let firstReject: Reject | undefined
  let batch = newBatch(base, line, spare)

  const follow = (owner: Owner): Followed => {
    const course = courses.get(owner.id) ?? new Course(owner.name, step, outliers)
    courses.set(owner.id, course)
    return { ...owner, course }
  }

  /** Asks for an owner not seen before. */
  async function find({ owners }: (typeof views)[number], buf: Buffer): Promise<Followed | Stranger> {
    const found = owners.strange(buf, row) ?? (await resolve(owners.wanted(buf, row)))
    const refused = typeof found === 'string' ? { column: undefined, reason: found } : found
    const owner = 'reason' in refused ? refused : follow(refused)
    owners.add(buf, row, owner)
    return owner
  }

  function reject(error: unknown, buf: Buffer, start: number, stop: number): void {
    if (!(error instanceof BadRow)) throw error
    const { column, code, message, advice } = error
    const reason = advice === undefined ? message : `${message}; ${advice}`
    const rejectedNow = { line, byteOffset: base + start, column, code, reason, raw: withoutEnd(buf, start, stop) }
    batch.rejects.push(rejectedNow)
    firstReject ??= rejectedNow
    batch.read++
    rows++
    rejected++
  }

  /** The record scanned last, whose owner is known, goes into the batch. */
  function take(part: (typeof views)[number], owner: Followed | Stranger, buf: Buffer, start: number): void {
    if (!owner.course) throw new BadRow(owner.reason, 'unknown-market', owner.column)
    if (trades) {
      trades.take(batch, buf, row, owner, { at: base + start, line })
      rows++
      return
    }
    const { converter } = part
    converter.write(batch, buf, row, owner)
    const { moment } = converter.last
    const elsewhere =
      isBetterElsewhere?.(owner.id, moment, base + start, buf, row.from[preferred]!, row.to[preferred]!) ?? false
    if (elsewhere) {
      batch.length = before
      batch.dropped++
    } else {
      note(owner, converter.last, start)
    }
    batch.read++
    rows++
  }
  /** Of the row just written: where it came from, and how it follows the others. */
  function note(owner: Followed, { moment, high, low, close }: Written, start: number): void {
    mark(batch, base + start, line)
    stretch(batch, owner.id, moment)
    if (checked) owner.course.note(moment, line, high, low, close)
  }
  let before = 0

  function wrongCount(): BadRow {
    const shape = plan.header ? 'header' : 'first row'
    return new BadRow(
      `it has ${row.fields} ${row.fields === 1 ? 'field' : 'fields'}, the ${shape} ${plan.fields}`,
      'field-count',
    )
  }

  async function record(buf: Buffer, start: number, stop: number): Promise<void> {
    before = batch.length
    const { rows: rowsBefore, read: readBefore } = batch
    const count = rows
    try {
      if (row.fields !== plan.fields) throw wrongCount()
      if (alike) alike(buf, row)
      for (const part of views) {
        if (wide && part.converter.isBlank(buf, row)) continue
        const owner = part.owners.of(buf, row) ?? (await find(part, buf))
        before = batch.length
        take(part, owner, buf, start)
      }
      witness?.check(buf, row, views[0]!.converter.last.moment, line)
    } catch (error) {
      // A wide record of which one coin is wrong: the coins before it are in.
      if (!wide) {
        batch.rows = rowsBefore
        batch.read = readBefore
        rows = count
      }
      reject(error, buf, start, stop)
    }
  }

  /** Takes the records that begin before `stop`; returns where the next one does. */
  async function run(buf: Buffer, last: boolean, stop = buf.length): Promise<number> {
    const limit = size()
    const end = buf.length
    let pos = 0
    if (end >= toSkip || last) {
      pos = Math.min(toSkip, end)
      toSkip = 0
    } else stop = 0
    while (pos < stop) {
      const taken = express === undefined || skip > 0 ? 0 : express.take(batch, buf, pos, end)
      if (taken > 0) {
        note(express!.owner!, express!.last, pos)
        batch.read++
        rows++
        line++
        pos = taken
        batch.byteTo = base + pos
        batch.lineTo = line
        if (batch.length >= limit) await letGo(pos)
        continue
      }
      let next = scanRow(buf, pos, end, last, delimiter, row)
      if (next === INCOMPLETE) {
        if (end - pos < LONGEST_ROW) break
        next = BAD_QUOTES
      }
      // A quote that is never closed takes other records with it: only its own line is given up.
      const torn = next === BAD_QUOTES || (row.lines > 1 && row.fields !== plan.fields && skip === 0)
      if (torn) {
        next = lineAfter(buf, pos, end)
        if (next === INCOMPLETE && !last && end - pos < LONGEST_ROW) break
        if (next === INCOMPLETE) next = end
        reject(new BadRow('a quoted field does not end as it should', 'bad-quotes'), buf, pos, next)
      } else if (!isBlank(buf, row)) {
        if (skip > 0) skip--
        else {
          if (trades && isFull(limit, pos) && trades.closeBefore(batch, buf, row, line)) await letGo(pos)
          // Awaited only where the database is asked: a promise for each row would cost more than the row.
          if (!fast(buf, pos)) await record(buf, pos, next)
        }
      }
      line += torn ? 1 : row.lines
      pos = next
      batch.byteTo = base + pos
      batch.lineTo = line
      if (!trades && (batch.length >= limit || batch.rejects.length >= MOST_REJECTS)) await letGo(pos)
    }
    base += pos
    // The chunk is its reader's again.
    rest = Buffer.from(buf.subarray(pos))
    return pos
  }

  /** The record that began in the chunk before is put together alone: copying whole chunks for its sake costs. */
  async function push(chunk: Buffer): Promise<void> {
    const begun = rest.length
    const used = begun === 0 ? 0 : await run(Buffer.concat([rest, chunk.subarray(0, SEAM_BYTES)]), false, begun)
    if (used >= begun) await run(chunk.subarray(used - begun), false)
    // A record longer than that.
    else await run(Buffer.concat([rest.subarray(0, begun - used), chunk]), false)
  }

  /** The common case without a promise: one view, a known owner, nothing wrong. False: nothing has happened yet. */
  function fast(buf: Buffer, start: number): boolean {
    if (slow || row.fields !== plan.fields) return false
    const part = views[0]!
    const owner = part.owners.of(buf, row)
    if (owner === undefined || !owner.course) return false
    before = batch.length
    try {
      if (alike) alike(buf, row)
      take(part, owner, buf, start)
      express?.learn(buf, row, owner)
      return true
    } catch (error) {
      if (error instanceof BadRow) return false
      throw error
    }
  }

  /** Few bars come of many trades: those that were read should not have to be read again. */
  const isFull = (limit: number, pos: number): boolean =>
    batch.length >= limit || base + pos - batch.byteFrom >= MOST_TRADE_BYTES

  /** Hands the batch over; the next one begins at `pos` of the chunk in hand. */
  async function letGo(pos: number): Promise<void> {
    const full = batch
    batch = newBatch(base + pos, line, spare)
    if (full.read > 0) await onBatch(full)
  }

  return {
    push,
    flush: async () => {
      if (!trades) await letGo(0)
    },
    async end() {
      await run(rest, true)
      trades?.finish(batch)
      if (batch.read > 0) await onBatch(batch)
      for (const course of courses.values()) course.end()
    },
    get rows() {
      return rows
    },
    get rejected() {
      return rejected
    },
    get firstReject() {
      return firstReject
    },
    get position() {
      return base
    },
    course: () => reportOf([...courses.values()], step),
    outliers,
    get disagreements() {
      return witness?.found ?? { rows: 0, line: 0 }
    },
  }
}
