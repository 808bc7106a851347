// What a human should hear beside the list: what is not finished, what failed, what was never heard of again.
import { formatDuration } from '../../duration.ts'
import { unsignedText } from '../proofs.ts'
import { YOUNG_MS } from '../prune/plan.ts'
import type { Shelf } from '../prune/shelf.ts'
import type { RunRecord } from '../runs.ts'
import type { BackupSettings } from '../settings.ts'

export interface Remark {
  readonly level: 'info' | 'warn'
  readonly text: string
}

interface Circumstances {
  readonly now: Date
  readonly settings: BackupSettings
  readonly hasKey: boolean
}

const DAY_MS = 86_400_000

export function remarksOf(shelf: Shelf, runs: readonly RunRecord[], about: Circumstances): readonly Remark[] {
  const { now, settings, hasKey } = about
  const ago = (moment: string | Date): string => agoText(now.getTime() - new Date(moment).getTime())
  const warn = (text: string): Remark => ({ level: 'warn', text })
  const info = (text: string): Remark => ({ level: 'info', text })
  const bad = shelf.backups.filter(({ status }) => !['good', 'unknown key'].includes(status))
  return [
    ...(hasKey || shelf.backups.length === 0
      ? []
      : [warn(`no key at ${settings.keyFile}: manifests cannot be proven (--key-file)`)]),
    ...bad.map(({ entry, status, proofs }) => {
      const problem = status === 'failed' ? proofs.findLast(({ passed }) => !passed)?.problems[0] : undefined
      return warn(`${entry.label} is no good backup: ${status}${problem ? ` (${problem})` : ''}`)
    }),
    ...[unsignedText(shelf.unsigned)].filter((text) => text !== undefined).map(warn),
    ...shelf.unfinished.map((one) => {
      if (one.removing) return info(`${one.label} was being removed: the next prune ends it`)
      const old = now.getTime() - one.touched.getTime() > YOUNG_MS
      return old
        ? info(`${one.label} was abandoned ${ago(one.touched)}: the next prune sweeps it`)
        : info(`${one.label} is not finished: last written ${ago(one.touched)}`)
    }),
    ...runs
      .filter(({ started }) => now.getTime() - Date.parse(started) < 7 * DAY_MS)
      .filter(({ outcome }) => outcome !== 'ok')
      .slice(0, 5)
      .map((run) => remarkOf(run, about, ago)),
    ...lastOf(runs, ago).map(info),
  ]
}

function remarkOf(run: RunRecord, { now, settings }: Circumstances, ago: (moment: string) => string): Remark {
  const { job, host, pid, started, outcome, message } = run
  const name = `backup ${job} on ${host}, ${ago(started)}`
  if (outcome === 'failed') return { level: 'warn', text: `${name}, failed: ${message ?? 'it did not say why'}` }
  const limit = settings.deadlineMs || DAY_MS
  const lost = now.getTime() - Date.parse(started) > limit
  return lost
    ? { level: 'warn', text: `${name}, was never heard of again` }
    : { level: 'info', text: `${name}, pid ${pid}: not ended yet` }
}

/** The last time that each job went well, so that one which never runs is missed. */
function lastOf(runs: readonly RunRecord[], ago: (moment: string) => string): readonly string[] {
  const jobs = ['run', 'verify', 'drill', 'prune'] as const
  const texts = jobs.map((job) => {
    const last = runs.find((run) => run.job === job && run.outcome === 'ok')
    return `${job} ${last ? ago(last.ended ?? last.started) : 'never'}`
  })
  return [`last well: ${texts.join(', ')}`]
}

/** Two units are enough: `3d4h ago`. */
function agoText(ms: number): string {
  const unit = ms >= DAY_MS ? 3_600_000 : ms >= 3_600_000 ? 60_000 : 1000
  return `${formatDuration(Math.max(0, Math.floor(ms / unit) * unit))} ago`
}
