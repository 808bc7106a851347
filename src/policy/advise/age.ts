// Settings that go by age: when rows are compressed, and how long they stay.
import type { Tier } from '../../engines/engine.ts'
import { roughly } from '../../wording.ts'
import type { Finding, TableFacts } from './facts.ts'
import { DAY } from './interval.ts'
import { latenessOf } from './lateness.ts'
import { length } from './words.ts'

/** `interval` is the one advised, in seconds. */
export function compressFinding({ policy, actual, arrivals, recent }: TableFacts, interval: number): Finding {
  const now = length(policy.compress_after, 'never')
  const kept = {
    setting: 'compress_after',
    now,
    actual: actual.compress_after === null ? null : length(actual.compress_after, ''),
    advised: now,
    confident: false,
    n: 0,
  }
  if (recent.length === 0) return { ...kept, reason: 'no rows yet: keep' }
  if (policy.compress_after === null) return { ...kept, confident: true, reason: 'it is not to be compressed' }
  const late = arrivals && latenessOf(arrivals)
  if (!late) return { ...kept, reason: 'nothing tells when its rows came, written by hand or loaded long ago: keep' }
  const { days, n, confident } = late
  const seen = `99.5 % of rows came within ${roughly(late.late)} of their time (${n.toLocaleString('en-US')} ${late.of}${n === 1 ? '' : 's'})`
  if (!confident) return { ...kept, n, reason: `${seen}: not enough evidence, keep` }
  const until = length(interval + days * DAY, '')
  return {
    ...kept,
    ...{ n, confident, advised: `${days}d` },
    reason: `${seen}; a chunk of ${length(interval, '')} is compressed ${days}d after its end, when its first rows are ${until} old`,
    patch: { compressAfter: `${days}d` },
  }
}

/** How long rows really stay: what they lie in goes as one, when the newest of it has expired. */
export function retentionFindings({ policy, recent, span }: TableFacts, tier: Tier): readonly Finding[] {
  const width = tier === 'community' ? (policy.merge_to ?? policy.chunk_interval) : policy.chunk_interval
  const lengths = [['', policy.retain_for] as const, ...Object.entries(policy.retain_by)]
  return lengths
    .filter((entry): entry is [string, number] => entry[1] !== null)
    .map(([timeframe, retain]) => ({
      setting: timeframe === '' ? 'retain_for' : `retain_for.${timeframe}`,
      now: length(retain, ''),
      advised: length(retain, ''),
      confident: span > 0 && recent.length > 0,
      n: 0,
      reason: stays(retain, width),
    }))
}

function stays(retain: number, width: number): string {
  const kept = `rows of a ${length(width, '')} chunk go as one: they stay up to ${length(retain + width, '')}`
  // As fine as a merge may be: a quarter of what is retained.
  return width * 4 <= retain ? kept : `${kept}; narrower chunks would be nearer to ${length(retain, '')}`
}
