// One at a time on a repository, over hosts: a small object with a term. A holder on the same host that died is seen at
// once by its process, one elsewhere when its term is over.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { ArxError, EXIT } from '../errors.ts'
import type { Repository } from './repository.ts'
import { ObjectAbsent } from './stores/outcomes.ts'

const TERM_MS = 120_000

interface Holder {
  readonly id: string
  readonly command: string
  readonly host: string
  /** Kernel's boot id: process numbers mean something only within it. */
  readonly boot: string
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

/** Takes the lease `name` or refuses (exit 6), naming who has it. */
export async function takeLease(repository: Repository, name: string, command: string): Promise<Lease> {
  const key = `leases/${name}.json`
  const { store } = repository
  const base = { id: randomUUID(), command, ...here(), since: new Date().toISOString() }
  let held: Buffer | undefined
  let lost: unknown
  const take = async (): Promise<boolean> => {
    const next = Buffer.from(`${JSON.stringify({ ...base, until: new Date(Date.now() + TERM_MS).toISOString() })}\n`)
    if (!(await store.swap(key, held, next))) return false
    held = next
    return true
  }
  for (let attempt = 0; ; attempt++) {
    const found = await store.read(key).catch((error) => {
      if (error instanceof ObjectAbsent) return undefined
      throw error
    })
    const holder = found && holderOf(found)
    if (holder && alive(holder)) throw busy(command, holder, store.where)
    held = found
    if (await take()) break
    if (attempt === 4) throw busy(command, holder, store.where)
  }
  const renew = async (): Promise<void> => {
    try {
      if (!(await take())) lost = new Error('somebody else has it')
    } catch (error) {
      if (Date.now() > Date.parse((JSON.parse(held!.toString()) as Holder).until)) lost = error
    }
  }
  const timer = setInterval(() => void renew(), TERM_MS / 4)
  timer.unref()
  return {
    check() {
      if (lost !== undefined) throw leaseLost(command, lost)
    },
    async release() {
      clearInterval(timer)
      const current = await store.read(key).catch(() => undefined)
      if (held && current?.equals(held)) await store.remove(key)
    },
  }
}

const here = () => ({ host: hostname(), boot: bootId(), pid: process.pid, born: bornAt(process.pid) })

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Field 22 of /proc/PID/stat; empty where there is no such process, or no /proc. */
function bornAt(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // A zombie holds nothing any more; its name may hold blanks and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

function holderOf(bytes: Buffer): Holder | undefined {
  try {
    return JSON.parse(bytes.toString()) as Holder
  } catch {
    return undefined
  }
}

function alive(holder: Holder): boolean {
  const sameBoot = holder.boot !== '' && holder.boot === bootId() && holder.host === hostname()
  if (sameBoot && bornAt(holder.pid) !== holder.born) return false
  return Date.now() < Date.parse(holder.until)
}

const busy = (command: string, holder: Holder | undefined, where: string): ArxError =>
  new ArxError({
    code: 'lease-busy',
    message: `another arxdb is at work on ${where}`,
    detail: holder
      ? `held by arxdb ${holder.command}, pid ${holder.pid} on ${holder.host}, since ${holder.since}`
      : 'it was taken in this moment',
    hint: `wait for it to end; a dead one on another host is passed over ${TERM_MS / 60_000} minutes after its last sign; then arxdb ${command} again`,
    exit: EXIT.refused,
  })

const leaseLost = (command: string, cause: unknown): ArxError =>
  new ArxError({
    code: 'lease-lost',
    message: `arxdb ${command} lost its lease on the repository`,
    detail: 'another one may be at work there, so nothing more is done',
    cause,
  })
