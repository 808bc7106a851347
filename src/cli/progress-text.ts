// What is said of work under way: share, amount, speed, time left.

import { humanDuration } from '../render/human.ts'
import { displayWidth, truncate } from '../render/text.ts'
import { humanBytes } from '../wording.ts'
import type { ProgressState } from './progress.ts'

const WINDOW_MS = 10_000
const BAR = 16

/** Units per second over the last ten seconds; undefined until it can be known. */
export function createRate(): (atMs: number, done: number) => number | undefined {
  let samples: { readonly at: number; readonly done: number }[] = []
  return (at, done) => {
    // A second pass over the same work starts from nothing.
    if (done < (samples.at(-1)?.done ?? 0)) samples = []
    const old = samples.findLastIndex((sample) => at - sample.at > WINDOW_MS)
    if (old > 0) samples = samples.slice(old)
    const latest = samples.at(-1)
    if (!latest || at > latest.at) samples.push({ at, done })
    const first = samples[0]!
    return at > first.at ? ((done - first.done) * 1000) / (at - first.at) : undefined
  }
}

/** Seconds until the end at this speed; undefined when nobody can tell. */
export function secondsLeft({ done, total }: ProgressState, rate: number | undefined): number | undefined {
  if (total === undefined || rate === undefined || rate <= 0 || done > total) return undefined
  return Math.round((total - done) / rate)
}

/** `ingest  ━━━━────  42%  459.0 MB of 1.1 GB  120.0 MB/s  6s left  1,091,782 rows`; where it is tight, no bar. */
export function describe(label: string, state: ProgressState, rate: number | undefined, room?: number): string {
  const { done, total, unit, text } = state
  const share = total === undefined || total <= 0 ? undefined : Math.min(1, Math.max(0, done / total))
  const left = secondsLeft(state, rate)
  const parts = [
    // Only what is finished is 100 %.
    share === undefined ? undefined : `${Math.floor(share * 100)}%`,
    total === undefined ? amount(done, unit) : `${amount(done, unit, false)} of ${amount(total, unit)}`,
    rate === undefined || unit === 'steps' ? undefined : `${amount(Math.round(rate), unit)}/s`,
    left === undefined || left === 0 ? undefined : `${humanDuration(left)} left`,
    text,
  ]
  const rest = parts.filter((part) => part !== undefined && part !== '').join('  ')
  const plain = `${label}  ${rest}`
  if (room === undefined) return plain
  const drawn = share === undefined ? plain : `${label}  ${bar(share)}  ${rest}`
  return displayWidth(drawn) <= room ? drawn : truncate(plain, Math.max(1, room))
}

const bar = (share: number) => {
  const full = Math.floor(share * BAR)
  return '━'.repeat(full) + '─'.repeat(BAR - full)
}

function amount(count: number, unit: ProgressState['unit'], named = true): string {
  if (unit === 'bytes') return humanBytes(count)
  const grouped = String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
  return named ? `${grouped} ${unit}` : grouped
}
