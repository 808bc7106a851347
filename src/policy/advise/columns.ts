// Settings of the columnstore: by what rows are grouped and ordered, and into what chunks are merged.
import type { Finding, TableFacts } from './facts.ts'
import type { Rate } from './interval.ts'
import { FULL, type SegmentAdvice, segmentAdvice } from './segments.ts'
import { about, length, list } from './words.ts'

/** A merged chunk goes as one: so wide that retention is late by a quarter of itself at most, as policy/wanted.ts has it. */
const ROOM = 4

/** `interval` is the one advised, in seconds. */
export function columnFindings(facts: TableFacts, rate: Rate | undefined, interval: number): readonly Finding[] {
  const { policy } = facts
  const kept = [policy.retain_for, ...Object.values(policy.retain_by)].filter((length) => length !== null)
  const widest = Math.min(...kept.map((length) => length / ROOM), Number.POSITIVE_INFINITY)
  const merge = consistent(policy.merge_to, interval, widest)
  const merged = Math.max(interval, merge ?? 0)
  if (!rate) return unread(facts)
  const advice = segmentAdvice({
    wanted: policy.segment_by,
    rowsPerDay: rate.rowsPerDay,
    ...{ interval, merged, widest },
    distinct: facts.distinct,
    candidates: facts.leading,
    needed: Object.keys(policy.retain_by).length > 0,
  })
  const used = [...policy.segment_by, ...advice.segment_by]
  const confident = rate.confident && advice.why !== 'unknown' && !used.some((column) => facts.guessed.includes(column))
  const settled = confident ? advice : { ...advice, segment_by: policy.segment_by, merge_to: null }
  const evidence = { confident, n: rate.rows }
  return [
    {
      ...segmentsOf(facts, advice, merged),
      ...evidence,
    },
    { ...orderOf(facts, settled), ...evidence },
    { ...mergeOf(facts, settled, merge, interval), confident: rate.confident, n: rate.rows },
  ]
}

/** The widest multiple of the interval up to what is wanted and what retention leaves room for. */
function consistent(merge: number | null, interval: number, widest: number): number | null {
  if (merge === null) return null
  const times = Math.floor(Math.min(merge, widest) / interval)
  return times > 1 ? times * interval : null
}

function unread({ policy, actual, recent }: TableFacts): readonly Finding[] {
  const reason = recent.length === 0 ? 'no rows yet: keep' : 'how many rows its chunks hold is not known: keep'
  const same = (setting: string, now: string, actual: string | null): Finding => ({
    ...{ setting, now, actual, advised: now, reason },
    confident: false,
    n: 0,
  })
  return [
    same('segment_by', list(policy.segment_by), actual.segment_by && list(actual.segment_by)),
    same('order_by', list(policy.order_by), actual.order_by && list(actual.order_by)),
    same('merge_to', length(policy.merge_to, 'never'), null),
  ]
}

type Part = Omit<Finding, 'confident' | 'n'>

function segmentsOf({ policy, actual, guessed }: TableFacts, advice: SegmentAdvice, merged: number): Part {
  const guess = [...policy.segment_by, ...advice.segment_by].some((column) => guessed.includes(column))
  return {
    setting: 'segment_by',
    now: list(policy.segment_by),
    actual: actual.segment_by && list(actual.segment_by),
    advised: list(advice.segment_by),
    reason: `${segmentReason(advice, length(merged, ''))}${guess ? '; values were counted in a sample only, `analyze` tells: keep' : ''}`,
    patch: { segmentBy: advice.segment_by },
  }
}

function segmentReason({ why, before, after, merge_to, segment_by }: SegmentAdvice, merged: string): string {
  const rows = `${about(before ?? 0)} rows a segment in ${merged}`
  switch (why) {
    case 'full':
      return `${rows}: batches of ${FULL.toLocaleString('en-US')} are full`
    case 'thin':
      return `${rows}: batches hold ${FULL.toLocaleString('en-US')}, wider or merged chunks would fill them better`
    case 'merge':
      return `${rows}, nearly empty batches: chunks merged to ${length(merge_to, '')} have ${about(after ?? 0)}`
    case 'drop':
      return `${rows}, nearly empty batches, and no merge fills them: rows of all values go into one`
    case 'needed':
      return `${rows}, nearly empty batches, but rows expire by it: keep`
    case 'choose':
      return `${list(segment_by)} is first in an index, and has ${about(after ?? 0)} rows a segment in ${merged}`
    case 'none':
      return 'no first column of an index has enough rows a value to fill batches'
    default:
      return 'how many values there are is not known, `analyze` tells: keep'
  }
}

/** Within a batch rows lie by time; by what they are no longer grouped by before that. */
function orderOf({ policy, actual, time_column }: TableFacts, advice: Pick<SegmentAdvice, 'segment_by'>): Part {
  const dropped = policy.segment_by.filter((column) => !advice.segment_by.includes(column))
  const ordered = policy.order_by.map((order) => order.split(' ')[0]!)
  const has = ordered.includes(time_column)
  // Without an order of its own a columnstore takes the time, latest first.
  const base = policy.order_by.length === 0 && dropped.length === 0 ? [] : has ? policy.order_by : [time_column]
  const advised = [...dropped, ...base.filter((order) => !dropped.includes(order.split(' ')[0]!))]
  return {
    setting: 'order_by',
    now: list(policy.order_by),
    actual: actual.order_by && list(actual.order_by),
    advised: list(advised),
    reason:
      dropped.length > 0
        ? `${list(dropped)} is no longer grouped by: ordered by, its rows still lie together`
        : advised.length === 0
          ? `nothing said is ${time_column} desc: batches are told apart by their time`
          : `batches are told apart by ${time_column}`,
    patch: { orderBy: advised },
  }
}

function mergeOf(
  { policy }: TableFacts,
  advice: Pick<SegmentAdvice, 'merge_to'>,
  fits: number | null,
  interval: number,
): Part {
  const now = policy.merge_to
  const advised = advice.merge_to ?? fits
  const reason =
    advice.merge_to !== null
      ? `so that segments fill batches of ${FULL.toLocaleString('en-US')}`
      : advised !== now
        ? `${length(now, '')} is no multiple of ${length(interval, '')}, or wider than a quarter of what is retained`
        : now === null
          ? 'compressed chunks are left as they are'
          : `a multiple of ${length(interval, '')}: ${now / interval} compressed chunks become one`
  return {
    setting: 'merge_to',
    now: length(now, 'never'),
    advised: length(advised, 'never'),
    reason,
    patch: { mergeTo: length(advised, 'never') },
  }
}
