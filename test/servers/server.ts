// A PostgreSQL server of the suite's own: made in a temporary folder, thrown away at the end.
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import pg from 'pg'
import { freePort } from '../../src/embedded/sockets.ts'

/** How to run a program of one installation: as which account, below which root. */
export interface Installation {
  /** Folder that initdb and postgres stand in, as the account sees it. */
  readonly bindir: string
  /** What stands in front of each program; for a root of its own, chroot. */
  readonly prefix: readonly string[]
  readonly options: { readonly env: Record<string, string>; readonly uid?: number; readonly gid?: number }
  /** Owner of the data. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
  /** Folder for temporary folders: its path here, and its path as the account sees it. */
  readonly temporary: { readonly here: string; readonly inside: string }
  readonly settings: readonly string[]
}

export interface OwnServer {
  readonly url: string
  /** Stops the server the hard way and removes its folder; it waits without yielding, so that 'exit' can call it. */
  stop(): void
}

/** Folders carry the pid of the run that made them; see leftovers.ts. */
export const FOLDER = /^arxdb-test-(\d+)-\w{6}$/

/** Nothing here has to survive a power cut; arxdb's statements lock every chunk they touch. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=200',
  'max_locks_per_transaction=1024',
  'max_worker_processes=32',
  'shared_buffers=64MB',
]

const commandOf = (from: Installation, program: string, args: readonly string[]): [string, string[]] => {
  const [file, ...rest] = [...from.prefix, join(from.bindir, program), ...args]
  return [file!, rest]
}

/** Makes a cluster and starts it on a port of 127.0.0.1 that is free. Throws with what the server said. */
export async function startServer(from: Installation): Promise<OwnServer> {
  const folder = mkdtempSync(join(from.temporary.here, `arxdb-test-${process.pid}-`))
  const data = join(from.temporary.inside, folder.slice(from.temporary.here.length + 1), 'data')
  try {
    chmodSync(folder, 0o700)
    if (from.owner) chownSync(folder, from.owner.uid, from.owner.gid)
    const made = await execa(
      ...commandOf(from, 'initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']),
      { ...from.options, extendEnv: false, cwd: '/', reject: false, timeout: 120_000 },
    )
    if (made.failed) throw new Error(`initdb: ${made.stderr?.trim() || made.shortMessage}`)
    // The port may be taken between the question and the answer.
    for (let left = 3; ; left--) {
      const server = await attempt(from, folder, data)
      if (typeof server !== 'string') return server
      if (left === 0 || !/address already in use/i.test(server)) throw new Error(`postgres: ${server}`)
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** The running server, or what it wrote to its log before it gave up. */
async function attempt(from: Installation, folder: string, data: string): Promise<OwnServer | string> {
  const port = await freePort()
  const sockets = data.length > 80 ? '' : dirname(data)
  const all = [...SETTINGS, `unix_socket_directories=${sockets}`, ...from.settings]
  const settings = all.flatMap((setting) => ['-c', setting])
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'w')
  const child = spawn(...commandOf(from, 'postgres', ['-D', data, '-p', String(port), ...settings]), {
    ...from.options,
    // Its own process group: the Ctrl-C of a terminal is ours to pass on.
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  let failure: string | undefined
  child.on('error', (error) => {
    failure = error.message
  })
  child.on('exit', (code) => {
    failure ??= `ended with ${code}`
  })
  child.unref()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    if (failure !== undefined) return readFileSync(logFile, 'utf8').trim() || failure
    if (await answers(url)) return { url, stop: () => discard(folder, child.pid) }
  }
  discard(folder, child.pid)
  return 'did not start within 60 s'
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  return await client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // Killed by us and not yet fetched by its parent, which is waiting right here.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux'
  }
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/** Immediate shutdown (its data are not wanted), SIGKILL after 6 s, then the folder goes. */
export function discard(folder: string, pid: number | undefined): void {
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (!pid || !alive(pid)) break
    try {
      process.kill(pid, signal)
    } catch {}
    for (let waited = 0; waited < 6000 && alive(pid); waited += 20) pause(20)
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
