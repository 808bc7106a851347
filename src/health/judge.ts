// From what was measured to a state.
import type { Check, Measure } from './check.ts'
import { bySeverity, type Finding, type State, type Threshold } from './model.ts'
import { clipped, oneLine } from './one-line.ts'

/** Bad objects that are told one by one; the rest is counted. */
export const MOST_TOLD = 10

/** What others wrote is in them: statements, names, messages. */
const LONGEST_TEXT = 500
const LONGEST_NAME = 300

/** `warn` above `crit` means that less is worse: a hit ratio, room on a disk. At the threshold is over it. */
export function stateOf(value: number | null, { warn, crit }: Threshold): State {
  if (value === null) return 'UNKNOWN'
  const fallen = warn !== null && crit !== null && warn > crit
  const over = (limit: number | null): boolean => limit !== null && (fallen ? value <= limit : value >= limit)
  return over(crit) ? 'CRITICAL' : over(warn) ? 'WARNING' : 'OK'
}

/**
 * The findings of one check. Fine objects come to one line that has the value nearest to its threshold, so that ten
 * thousand of them are one row; bad ones are told by name, the worst first, up to MOST_TOLD.
 */
export function judged(
  check: Check,
  measures: readonly Measure[],
  thresholdOf: (object: string | null) => Threshold,
): readonly Finding[] {
  const all = measures.map((one) => finding(check, one, limitsOf(check, one, thresholdOf)))
  if (all.length === 0) {
    const clear = { object: null, value: check.threshold ? null : 0, text: check.clear, state: 'OK' as const }
    return [finding(check, clear, check.threshold ? thresholdOf(null) : NONE)]
  }
  const bad = all.filter(({ state }) => state !== 'OK' && state !== 'SKIPPED').sort(worstFirst)
  if (bad.length === 0) return [together(all)]
  if (bad.length <= MOST_TOLD) return bad
  const untold = bad.slice(MOST_TOLD)
  const rest = { object: `${untold.length} more`, text: `${untold.length} more are as bad or less` }
  return [...bad.slice(0, MOST_TOLD), { ...untold[0]!, ...rest, since: null }]
}

const NONE: Threshold = { warn: null, crit: null }

/** What a measure brings along stands over the check's own, and below what was written for it. */
function limitsOf(check: Check, measure: Measure, thresholdOf: (object: string | null) => Threshold): Threshold {
  if (!check.threshold) return NONE
  const settled = thresholdOf(measure.object)
  return settled === check.threshold ? (measure.limits ?? settled) : settled
}

const finding = (check: Check, measure: Measure, { warn, crit }: Threshold): Finding => {
  const bound = measure.state ?? (check.threshold ? stateOf(measure.value, { warn, crit }) : 'OK')
  const state = measure.least === undefined ? bound : [bound, measure.least].sort(asStates)[0]!
  return {
    ...{
      check: check.name,
      object: measure.object && clipped(measure.object, LONGEST_NAME),
      state,
      value: measure.value,
      unit: check.unit,
      warn,
      crit,
    },
    ...{ since: measure.since ?? null, text: clipped(measure.text, LONGEST_TEXT), why: check.why },
    try: state === 'OK' || state === 'SKIPPED' ? null : oneLine(measure.try ?? check.try),
  }
}

const asStates = (a: State, b: State): number => bySeverity({ state: a }, { state: b })

/** How far over its threshold, or how near to it: comparable between objects of one check. */
const badness = ({ value, warn, crit }: Finding): number => {
  if (value === null) return Number.NEGATIVE_INFINITY
  return warn !== null && crit !== null && warn > crit ? -value : value
}

const worstFirst = (a: Finding, b: Finding): number => bySeverity(a, b) || badness(b) - badness(a)

/** Many that are fine, as one. */
function together(all: readonly Finding[]): Finding {
  if (all.length === 1) return all[0]!
  const [first] = [...all].sort(worstFirst)
  const { object, text } = first!
  return { ...first!, object: null, text: `${all.length} are well; nearest to trouble is ${object}: ${text}` }
}
