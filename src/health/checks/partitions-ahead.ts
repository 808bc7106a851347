import { count, roughly } from '../../wording.ts'
import type { Check, Measure } from '../check.ts'

interface Row {
  readonly relation: string
  readonly own: boolean
  readonly partitions: number
  readonly ends: string | null
  readonly ahead: number | null
  readonly width: number | null
}

/** What ended so many partitions ago is history that nobody adds to; one's own that were not made ahead need only one. */
const HISTORY = 3

export const partitionsAhead: Check = {
  ...{ name: 'partitions-ahead', group: 'server', unit: 's', threshold: { warn: 86_400, crit: 0 } },
  why: 'a row behind the last partition is refused, and with it the whole statement',
  try: 'arxdb policy run',
  clear: 'no table needs partitions made ahead',
  async measure({ run }) {
    return (await run<Row>('health/partitions-ahead')).map(measured)
  },
}

function measured({ relation, own, partitions, ends, ahead, width }: Row): Measure {
  const object = relation
  const many = count(partitions, 'partition')
  if (ahead === null) return { object, value: null, state: 'OK', text: `${many}, the last one without an end` }
  if (ahead < -(own ? 1 : HISTORY) * (width ?? 0))
    return { object, value: null, state: 'OK', text: `${many} of history: the last one ended ${roughly(-ahead)} ago` }
  const text =
    ahead > 0
      ? `${many}, the last one until ${ends}, for ${roughly(ahead)}`
      : `the last of ${many} ended ${roughly(-ahead)} ago, at ${ends}`
  const measure = { object, value: ahead }
  if (!own)
    return { ...measure, text, try: `create table ... partition of ${relation} for values from ('${ends}') to (...)` }
  const soon = ahead <= 86_400
  return {
    ...measure,
    text: soon ? `${text}; arxdb makes room for its own loads, others would fail` : text,
    // Nothing of arxdb's fails for it.
    ...(soon ? { state: 'WARNING' as const } : {}),
    try: `select arxdb.ensure_partitions('${relation.replace(/^arxdb\./, '')}', now(), now() + interval '90 days')`,
  }
}
