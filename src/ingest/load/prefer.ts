// Which of a file's records with one key is loaded, where it is not enough to take them as they come: passes over the
// file beforehand find out.

import { newRewriter } from '../rows/rewrite.ts'
import type { IsBetterElsewhere } from '../rows/rewriter.ts'
import { content } from '../sources/source.ts'
import type { Job } from './job.ts'
import type { Markets } from './market.ts'

/** Undefined where every record may go its way. What a followed file will hold nobody knows. */
export async function preferences(job: Job, markets: Markets): Promise<IsBetterElsewhere | undefined> {
  const { plan, options } = job
  if (options.follow || plan.trades) return undefined
  const other = plan.prefer ? await betterKind(job, markets, new RegExp(plan.prefer.pattern)) : undefined
  // Left alone or refused, a row that is there is the same for all records with its key.
  if (plan.onConflict !== 'update' && plan.onConflict !== 'newest') return other
  const later = await firstLine(job, markets, other)
  return other && later ? (...record) => other(...record) || later(...record) : (other ?? later)
}

/** Reads all records; none of them goes into a batch. */
async function pass(
  { source, plan, options }: Job,
  { resolve }: Markets,
  see: (...record: Parameters<IsBetterElsewhere>) => void,
): Promise<void> {
  const rewriter = newRewriter({
    ...{ plan, now: options.now(), resolve, onBatch: async () => {} },
    isBetterElsewhere(...record) {
      see(...record)
      return true
    },
  })
  for await (const chunk of content(source)) {
    options.signal.throwIfAborted()
    await rewriter.push(chunk)
  }
  await rewriter.end()
}

/** Moments by owner, eight bytes each. */
function newMoments() {
  const found = new Map<number, number[]>()
  return {
    add(owner: number, moment: number): void {
      const moments = found.get(owner)
      if (moments) moments.push(moment)
      else found.set(owner, [moment])
    },
    sorted: (): ReadonlyMap<number, Float64Array> =>
      new Map([...found].map(([owner, moments]) => [owner, Float64Array.from(moments).sort()])),
  }
}

/** The format says which kind of record is the better one. */
async function betterKind(job: Job, markets: Markets, pattern: RegExp): Promise<IsBetterElsewhere> {
  const matches = (buf: Buffer, from: number, to: number): boolean => pattern.test(buf.toString('latin1', from, to))
  const better = newMoments()
  await pass(job, markets, (owner, moment, _at, buf, from, to) => {
    if (matches(buf, from, to)) better.add(owner, moment)
  })
  const sorted = better.sorted()
  return (owner, moment, _at, buf, from, to) => !matches(buf, from, to) && includes(sorted.get(owner), moment)
}

/**
 * The first line counts, also where it changed nothing: a later one with its key must not replace what it agreed with. A
 * file in strict order, as nearly all are, has no such lines, and costs one pass and no memory.
 */
async function firstLine(
  job: Job,
  markets: Markets,
  other: IsBetterElsewhere | undefined,
): Promise<IsBetterElsewhere | undefined> {
  const kept = (see: (owner: number, moment: number, at: number) => void) =>
    pass(job, markets, (...record) => {
      const [owner, moment, at] = record
      if (!other?.(...record)) see(owner, moment, at)
    })
  const last = new Map<number, { moment: number; direction: number }>()
  let strict = true
  await kept((owner, moment) => {
    const before = last.get(owner)
    if (!before) last.set(owner, { moment, direction: 0 })
    else {
      const direction = Math.sign(moment - before.moment)
      if (direction === 0 || (before.direction !== 0 && direction !== before.direction)) strict = false
      before.moment = moment
      before.direction = direction
    }
  })
  if (strict) return undefined
  const all = newMoments()
  await kept((owner, moment) => all.add(owner, moment))
  const twice = new Map([...all.sorted()].map(([owner, moments]) => [owner, repeated(moments)]))
  const firsts = new Map<string, number>()
  await kept((owner, moment, at) => {
    const key = `${owner} ${moment}`
    if (includes(twice.get(owner), moment) && !firsts.has(key)) firsts.set(key, at)
  })
  return (owner, moment, at) => includes(twice.get(owner), moment) && firsts.get(`${owner} ${moment}`) !== at
}

const repeated = (sorted: Float64Array): Float64Array =>
  sorted.filter((moment, i) => moment === sorted[i - 1] && moment !== sorted[i - 2])

/** Binary search. */
function includes(sorted: Float64Array | undefined, value: number): boolean {
  let low = 0
  let high = sorted?.length ?? 0
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted![middle]! < value) low = middle + 1
    else high = middle
  }
  return sorted !== undefined && sorted[low] === value
}
