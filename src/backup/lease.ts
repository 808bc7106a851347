// One at a time on a repository, over hosts: a small object with a term. A holder on the same host that died is seen at
// once by its process. One elsewhere is passed over when its term seems over and it gives no sign of life for a whole
// term more: clocks of two hosts may differ by minutes, by the hours of a time zone, or by years.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError, EXIT } from '../errors.ts'
import { here, isHere, isRunning, type PlacedMark } from '../programs/process.ts'
import { step } from '../steps.ts'
import type { Repository } from './repository.ts'
import { assertKeeps } from './stores/keeps.ts'
import { ObjectAbsent } from './stores/outcomes.ts'

const TERM_MS = 120_000
/** Longer than a request takes. */
const SETTLE_MS = 1_000

export interface Holder extends PlacedMark {
  readonly id: string
  readonly command: string
  readonly since: string
  readonly until: string
}

export interface Lease {
  /** Throws when it was lost: another one may be at work. */
  check(): void
  /** The same, asked of the store itself: before what cannot be taken back. */
  confirm(): Promise<void>
  /** Never throws: what cannot be removed is passed over by whoever comes next. */
  release(): Promise<void>
}

export const leaseKey = (name: string): string => `leases/${name}.json`

/** Takes the lease `name` or refuses (exit 6), naming who has it. It is renewed each quarter of its term. */
export async function takeLease(
  repository: Repository,
  name: string,
  command: string,
  termMs = TERM_MS,
  waits: (text: string) => void = () => {},
): Promise<Lease> {
  const key = leaseKey(name)
  const { store } = repository
  const base = { id: randomUUID(), command, ...here(), since: new Date().toISOString() }
  let held: Buffer | undefined
  let until = 0
  /** The same by a clock that nobody sets. */
  let steady = 0
  let lost: unknown
  const read = (): Promise<Buffer | undefined> =>
    store.read(key).catch((error) => {
      if (error instanceof ObjectAbsent) return undefined
      throw error
    })
  const take = async (): Promise<boolean> => {
    const [end, steadyEnd] = [Date.now() + termMs, performance.now() + termMs]
    const next = Buffer.from(`${JSON.stringify({ ...base, until: new Date(end).toISOString() })}\n`)
    if (!(await store.swap(key, held, next))) return false
    held = next
    until = end
    steady = steadyEnd
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
    if (holder && (await lives(holder, found, { read, termMs, waits }))) throw busy(command, holder, store.where)
    held = found
    if ((await take()) && (!found || (await stays()))) break
    if (attempt === 4) throw busy(command, holder, store.where)
  }
  if (store.kind === 's3') {
    await assertKeeps(store, key).catch(async (error: unknown) => {
      await store.remove(key).catch(() => {})
      throw error
    })
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
  // A store that hangs must not have two of them under way.
  const renewed = (): Promise<void> =>
    (renewing ??= renew().finally(() => {
      renewing = undefined
    }))
  const timer = setInterval(() => void renewed(), termMs / 4)
  timer.unref()
  const check = (): void => {
    // Of a process that was stopped, or a host that slept, no renewal has failed yet; and a clock may have been set back.
    if (lost === undefined && (Date.now() > until || performance.now() > steady)) {
      lost = new Error('it was not renewed in time')
    }
    if (lost !== undefined) throw leaseLost(command, lost)
  }
  return {
    check,
    async confirm() {
      check()
      await renewing
      await renewed()
      check()
    },
    async release() {
      clearInterval(timer)
      await renewing
      const current = await store.read(key).catch(() => undefined)
      if (held && current?.equals(held)) await store.remove(key).catch(() => {})
    },
  }
}

interface Watch {
  readonly termMs: number
  read(): Promise<Buffer | undefined>
  waits(text: string): void
}

/**
 * Whether the holder is at work. What its clock and ours say decides only as far as they can both be right; else it is
 * watched for a term, within which one that lives renews it several times.
 */
async function lives(holder: Holder, seen: Buffer, { termMs, read, waits }: Watch): Promise<boolean> {
  if (isHere(holder) && !isRunning(holder)) return false
  const left = Date.parse(holder.until) - Date.now()
  if (left > 0 && (isHere(holder) || left <= termMs)) return true
  waits(`waiting ${Math.ceil(termMs / 1000)} s for a sign of arxdb ${holder.command} on ${holder.host}`)
  for (const end = performance.now() + termMs; performance.now() < end; ) {
    await sleep(Math.min(2_000, termMs / 10))
    const now = await read()
    if (now === undefined || !now.equals(seen)) return now !== undefined
  }
  return false
}

export function holderOf(bytes: Buffer): Holder | undefined {
  try {
    return JSON.parse(bytes.toString()) as Holder
  } catch {
    return undefined
  }
}

export const alive = (holder: Holder): boolean => !(isHere(holder) && !isRunning(holder)) && !expired(holder)

const expired = ({ until }: Holder): boolean => !(Date.now() < Date.parse(until))

const busy = (command: string, holder: Holder | undefined, where: string): ArxError =>
  new ArxError({
    code: 'lease-busy',
    message: `another arxdb is at work on ${where}`,
    detail: holder
      ? `held by arxdb ${holder.command}, pid ${holder.pid} on ${holder.host}, since ${holder.since}`
      : 'it was taken in this moment',
    hint: `wait for it to end; one that died on another host is passed over ${(TERM_MS * 2) / 60_000} minutes after its last sign; then arxdb ${command} again`,
    exit: EXIT.refused,
  })

const leaseLost = (command: string, cause: unknown): ArxError =>
  new ArxError({
    code: 'lease-lost',
    message: `arxdb ${command} lost its lease on the repository`,
    detail: 'another one may be at work there, so nothing more is done',
    cause,
  })
