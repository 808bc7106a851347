// One at a time on a repository, over hosts: a small object with a term. A holder on the same host that died is seen at
// once by its process, one elsewhere when its term is over and it gives no sign of life: clocks of two hosts may differ.
import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError, EXIT } from '../errors.ts'
import { step } from '../steps.ts'
import type { Repository } from './repository.ts'
import { ObjectAbsent } from './stores/outcomes.ts'

const TERM_MS = 120_000
/** Longer than a request takes. */
const SETTLE_MS = 1_000

export interface Holder {
  readonly id: string
  readonly command: string
  readonly host: string
  /** Kernel's boot id: process numbers mean something only within it. */
  readonly boot: string
  /** The kernel's name of the container's, or the host's, process numbers. */
  readonly space?: string | undefined
  readonly pid: number
  /** Clock ticks since boot, from /proc: a reused number starts at another moment. */
  readonly born: string
  readonly since: string
  readonly until: string
}

export interface Lease {
  /** Throws when it was lost: another one may be at work. */
  check(): void
  release(): Promise<void>
}

/** Takes the lease `name` or refuses (exit 6), naming who has it. It is renewed each quarter of its term. */
export async function takeLease(
  repository: Repository,
  name: string,
  command: string,
  termMs = TERM_MS,
): Promise<Lease> {
  const key = `leases/${name}.json`
  const { store } = repository
  const base = { id: randomUUID(), command, ...here(), since: new Date().toISOString() }
  let held: Buffer | undefined
  let until = 0
  let lost: unknown
  const read = (): Promise<Buffer | undefined> =>
    store.read(key).catch((error) => {
      if (error instanceof ObjectAbsent) return undefined
      throw error
    })
  const take = async (): Promise<boolean> => {
    const end = Date.now() + termMs
    const next = Buffer.from(`${JSON.stringify({ ...base, until: new Date(end).toISOString() })}\n`)
    if (!(await store.swap(key, held, next))) return false
    held = next
    until = end
    return true
  }
  // Not every S3 knows If-Match: of several that pass by the same dead holder the last one has it.
  const stays = async (): Promise<boolean> => {
    if (store.kind === 'directory') return true
    await sleep(SETTLE_MS)
    return (await read())?.equals(held!) ?? false
  }
  for (let attempt = 0; ; attempt++) {
    const found = await read()
    const holder = found && holderOf(found)
    if (holder && (alive(holder) || (await shows(holder, found, read, termMs))))
      throw busy(command, holder, store.where)
    held = found
    if ((await take()) && (!found || (await stays()))) break
    if (attempt === 4) throw busy(command, holder, store.where)
  }
  step('lease taken', name)
  const renew = async (): Promise<void> => {
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        if (await take()) return
        const found = await read()
        if (!found || holderOf(found)?.id !== base.id) {
          lost = new Error('somebody else has it')
          return
        }
        // A write whose answer was lost is ours all the same; else it was refused in passing, and is tried again.
        held = found
      }
    } catch (error) {
      if (Date.now() > until) lost = error
    }
  }
  let renewing: Promise<void> | undefined
  const timer = setInterval(() => {
    // A store that hangs must not have two of them under way.
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
  }, termMs / 4)
  timer.unref()
  return {
    check() {
      // Of a process that was stopped, or a host that slept, no renewal has failed yet.
      if (lost === undefined && Date.now() > until) lost = new Error('it was not renewed in time')
      if (lost !== undefined) throw leaseLost(command, lost)
    },
    async release() {
      clearInterval(timer)
      await renewing
      const current = await store.read(key).catch(() => undefined)
      if (held && current?.equals(held)) await store.remove(key)
    },
  }
}

/** Longer ago than any two clocks differ. */
const SKEW_MS = 3_600_000

/** Whether a holder on another host whose term seems over renews it yet: its clock may be behind ours. */
async function shows(
  holder: Holder,
  seen: Buffer,
  read: () => Promise<Buffer | undefined>,
  termMs: number,
): Promise<boolean> {
  if (comparable(holder) || Date.now() - Date.parse(holder.until) > SKEW_MS) return false
  await sleep(termMs / 3)
  const now = await read()
  return now !== undefined && !now.equals(seen)
}

/** Which process this is, for whoever asks later whether it lives. */
export const here = () => ({
  host: hostname(),
  boot: bootId(),
  space: pidSpace(),
  pid: process.pid,
  born: bornAt(process.pid),
})

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function pidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Field 22 of /proc/PID/stat; empty where there is no such process, or no /proc. */
export function bornAt(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // A zombie holds nothing any more; its name may hold blanks and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

export function holderOf(bytes: Buffer): Holder | undefined {
  try {
    return JSON.parse(bytes.toString()) as Holder
  } catch {
    return undefined
  }
}

/** Whether its process number means something here. */
export const comparable = ({ boot, host, space }: Pick<Holder, 'boot' | 'host' | 'space'>): boolean =>
  boot !== '' && boot === bootId() && host === hostname() && space === pidSpace()

export const alive = (holder: Holder): boolean =>
  comparable(holder) ? bornAt(holder.pid) === holder.born && !expired(holder) : !expired(holder)

const expired = ({ until }: Holder): boolean => !(Date.now() < Date.parse(until))

const busy = (command: string, holder: Holder | undefined, where: string): ArxError =>
  new ArxError({
    code: 'lease-busy',
    message: `another arxdb is at work on ${where}`,
    detail: holder
      ? `held by arxdb ${holder.command}, pid ${holder.pid} on ${holder.host}, since ${holder.since}`
      : 'it was taken in this moment',
    hint: `wait for it to end; one that died on another host is passed over ${(TERM_MS * 1.5) / 60_000} minutes after its last sign; then arxdb ${command} again`,
    exit: EXIT.refused,
  })

const leaseLost = (command: string, cause: unknown): ArxError =>
  new ArxError({
    code: 'lease-lost',
    message: `arxdb ${command} lost its lease on the repository`,
    detail: 'another one may be at work there, so nothing more is done',
    cause,
  })
