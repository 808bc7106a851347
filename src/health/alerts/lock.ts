// One `alerts run` for a server, of this user on this machine. A file and no lock of the database: alerts are most wanted
// when that is down. It names its process; one that was killed is seen by that, and taken over.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'

export interface FileLock {
  /** Throws when another one has taken it. */
  check(): void
  release(): void
}

/** A lock of another machine (a container that is no more, a shared home) is judged by when it was touched last. */
const TOUCH_MS = 60_000
const LEFT_MS = 15 * 60_000

interface Holder {
  readonly pid: number
  readonly started: string
  readonly host: string
}

/** Takes it, or refuses (exit 6) naming who has it. */
export function takeFile(file: string): FileLock {
  const own: Holder = { pid: process.pid, started: startedAt(process.pid) ?? '', host: hostname() }
  const text = JSON.stringify(own)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  try {
    writeFileSync(draft, text, { mode: 0o600 })
    // A link appears whole or not at all; a few rounds, because others may take over at the same time.
    for (let tries = 0; !linked(draft, file); tries++) {
      const there = readIf(file)
      if (there === undefined) continue
      if (tries > 10 || lives(there, file)) throw busy(there)
      takeAway(file, there, draft)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  const touch = setInterval(() => {
    const now = new Date()
    try {
      utimesSync(file, now, now)
    } catch {}
  }, TOUCH_MS)
  touch.unref()
  return {
    check() {
      const there = readIf(file)
      if (there !== text) throw busy(there ?? '{}')
    },
    release() {
      clearInterval(touch)
      if (readIf(file) === text) rmSync(file, { force: true })
    },
  }
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readIf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Only the one that was judged: what somebody else put there meanwhile goes back. */
function takeAway(file: string, judged: string, draft: string): void {
  const aside = `${draft}.aside`
  try {
    renameSync(file, aside)
    if (readIf(aside) !== judged) linked(aside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

const parsed = (text: string): Partial<Holder> => {
  try {
    return JSON.parse(text) as Partial<Holder>
  } catch {
    return {}
  }
}

function lives(text: string, file: string): boolean {
  const { pid, started, host } = parsed(text)
  if (pid === undefined) return false
  if (host !== hostname()) {
    try {
      return Date.now() - statSync(file).mtimeMs < LEFT_MS
    } catch {
      return false
    }
  }
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = startedAt(pid)
  // A number is given again: the other one began at another time.
  return now === undefined || now === started
}

/** In ticks since the machine started; undefined where there is no /proc. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function busy(text: string): ArxError {
  const { pid, host } = parsed(text)
  return new ArxError({
    code: 'lock-busy',
    message: 'another arxdb alerts run is at work for this server',
    detail: pid === undefined ? 'it has just begun' : `pid ${pid} on ${host}`,
    hint: 'leave it to that one, or end it first',
    exit: EXIT.refused,
  })
}
