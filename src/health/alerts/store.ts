// What is remembered between two runs: the alerts, and the events that are not delivered yet. Written before anything is
// delivered, whole, onto the disk: a run that is killed delivers again what it may have delivered, and forgets nothing.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { AlertEvent } from './event.ts'
import type { Alerts } from './ledger.ts'

export const CHANNELS = ['stdout', 'webhook', 'exec'] as const
export type Channel = (typeof CHANNELS)[number]

export interface Remembered {
  readonly alerts: Alerts
  /** By channel, the oldest first. */
  readonly outbox: Readonly<Partial<Record<Channel, readonly AlertEvent[]>>>
}

/** Of one channel; whoever has been deaf for so long is told the newest. */
const MOST_KEPT = 1_000

const MAKE = 1

/** What the file says; a file of another make or a cut one is set aside, and said. */
export function recall(file: string, warn: (text: string) => void): Remembered {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { alerts: {}, outbox: {} }
    throw error
  }
  try {
    const read = JSON.parse(text) as Partial<Remembered> & { readonly make?: number }
    if (read.make === MAKE && read.alerts && read.outbox) return { alerts: read.alerts, outbox: read.outbox }
  } catch {}
  renameSync(file, `${file}.broken`)
  warn(`${file} cannot be read: set aside as ${file}.broken; what is wrong is raised anew`)
  return { alerts: {}, outbox: {} }
}

export function keep(file: string, { alerts, outbox }: Remembered): void {
  const draft = `${file}.${process.pid}.part`
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    const handle = openSync(draft, 'w', 0o600)
    try {
      writeSync(handle, JSON.stringify({ make: MAKE, alerts, outbox }))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(draft, file)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** New events for each channel, behind those that wait. */
export function posted(
  outbox: Remembered['outbox'],
  channels: readonly Channel[],
  events: readonly AlertEvent[],
): Remembered['outbox'] {
  const added = channels.map((channel) => [channel, [...(outbox[channel] ?? []), ...events].slice(-MOST_KEPT)] as const)
  return { ...outbox, ...Object.fromEntries(added) }
}
