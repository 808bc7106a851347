// Whether a process that somebody noted down is still that process: its number alone may be anybody's by now.
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process, told apart from all others of this host. */
export interface ProcessMark {
  readonly pid: number
  /** Clock ticks since boot, from /proc; empty where there is no /proc. */
  readonly born: string
  /** Kernel's boot id: numbers and ticks mean something only within it. */
  readonly boot: string
}

/** The same over hosts and containers, as it is written where others read it. */
export interface PlacedMark extends ProcessMark {
  readonly host: string
  /** See pidSpace. */
  readonly space?: string | undefined
}

const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** The kernel's name of the container's, or the host's, process numbers; empty where it tells none. */
const pidSpace = (): string => {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Where process numbers mean the same: this host, and in it this container. */
export const processPlace = (): string => [hostname(), pidSpace()].filter(Boolean).join(' ')

/** Field 22 of /proc/PID/stat; undefined for a process that is gone or only waits to be fetched, empty without /proc. */
function bornAt(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold blanks and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return process.platform === 'linux' ? undefined : ''
  }
}

/** The mark of a process that runs. */
export const markOf = (pid: number): ProcessMark => ({ pid, born: bornAt(pid) ?? '', boot: bootId() })

/** Which process this is, for whoever asks later, and perhaps elsewhere, whether it lives. */
export const here = (): PlacedMark => ({ host: hostname(), space: pidSpace(), ...markOf(process.pid) })

/** Whether the number of that process means something here. */
export const isHere = ({ boot, host, space }: Pick<PlacedMark, 'boot' | 'host' | 'space'>): boolean =>
  boot !== '' && boot === bootId() && host === hostname() && space === pidSpace()

/** Whether the marked process still runs. Where there is no /proc its number has to do. */
export function isRunning({ pid, born, boot }: ProcessMark): boolean {
  if (process.platform === 'linux') return boot === bootId() && bornAt(pid) === born
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
