// The private folder of each isolated server says whose it is; so the next run finds what a killed one left running.
import { chmodSync, chownSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError } from '../../errors.ts'
import { type Account, caller, canReach } from '../../programs/account.ts'
import { isRunning, markOf, type ProcessMark } from '../../programs/process.ts'

const PREFIX = 'arxdb-i-'
const RECORD = 'owner.json'

/** Longest path of a Unix socket that every system takes, in bytes. */
const SOCKET_LIMIT = process.platform === 'linux' ? 107 : 103

interface Owner {
  readonly arxdb: ProcessMark
  readonly dataDir: string
  /** The data directory was made for this server only, and goes with it. */
  readonly disposable: boolean
}

const roots = (): readonly string[] => [...new Set(['/tmp', tmpdir()])]

/** Makes a short folder that only `account` can enter, and notes in it who runs what. */
export function privateFolder(account: Account | undefined, dataDir: string, disposable: boolean): string {
  const owner: Owner = { arxdb: markOf(process.pid), dataDir, disposable }
  for (const root of roots()) {
    if (Buffer.byteLength(join(root, `${PREFIX}123456`, '.s.PGSQL.5432.lock')) > SOCKET_LIMIT) continue
    if (account && !canReach(account, root)) continue
    try {
      const folder = mkdtempSync(join(root, PREFIX))
      chmodSync(folder, 0o700)
      writeFileSync(join(folder, RECORD), JSON.stringify(owner))
      if (account) chownSync(folder, account.uid, account.gid)
      return folder
    } catch {}
  }
  throw new ArxError({
    code: 'no-socket-folder',
    message: "no folder for an isolated server's socket",
    detail: `tried ${roots().join(' and ')}; the socket's path may have ${SOCKET_LIMIT} bytes at most`,
    hint: 'set TMPDIR to a short folder of your own',
  })
}

/** The postmaster that runs on `dataDir`, by its pid file and its command line; undefined when none does. */
export function postmasterOf(dataDir: string): number | undefined {
  let pid: number
  try {
    pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return undefined
  }
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  try {
    // Of a stopped machine or another container the number may be anybody's.
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return /postgres|postmaster/.test(command) ? pid : undefined
  } catch {
    if (process.platform === 'linux') return undefined
    return isRunning(markOf(pid)) ? pid : undefined
  }
}

const signalled = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {}
}

/** Ends the server on `dataDir`: fast (SIGINT), then immediate, then by force. Returns when it is gone. */
export async function endPostmaster(pid: number, fast: 'fast' | 'immediate' = 'fast'): Promise<void> {
  const mark = markOf(pid)
  const steps = [...(fast === 'fast' ? [['SIGINT', 30_000]] : []), ['SIGQUIT', 10_000], ['SIGKILL', 5_000]] as const
  for (const [signal, patienceMs] of steps) {
    if (!isRunning(mark)) return
    signalled(pid, signal as NodeJS.Signals)
    for (let waited = 0; waited < Number(patienceMs) && isRunning(mark); waited += 20) await sleep(20)
  }
}

/** Stops servers whose arxdb was killed, and removes their folders; data directories only where they were made for it. */
export async function sweepLeftovers(): Promise<readonly string[]> {
  const swept: string[] = []
  for (const root of roots()) {
    for (const name of list(root).filter((entry) => entry.startsWith(PREFIX))) {
      const folder = join(root, name)
      const owner = readOwner(folder)
      if (!owner || isRunning(owner.arxdb)) continue
      const pid = postmasterOf(owner.dataDir)
      if (pid !== undefined && runsFrom(pid, folder)) await endPostmaster(pid, 'immediate')
      if (owner.disposable) rmSync(owner.dataDir, { recursive: true, force: true })
      rmSync(folder, { recursive: true, force: true })
      swept.push(owner.dataDir)
    }
  }
  return swept
}

/** A data directory that was opened since by somebody else is theirs: only a server with our socket is ours. */
function runsFrom(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
  } catch {
    return process.platform !== 'linux'
  }
}

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The record, believed only from a folder of our own making: /tmp is everybody's. */
function readOwner(folder: string): Owner | undefined {
  try {
    const { uid } = caller()
    const record = join(folder, RECORD)
    if (lstatSync(record).uid !== uid || !lstatSync(folder).isDirectory()) return undefined
    return JSON.parse(readFileSync(record, 'utf8')) as Owner
  } catch {
    return undefined
  }
}
