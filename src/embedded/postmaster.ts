// What postmaster.pid says, and whether it is still true.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { ArxError } from '../errors.ts'
import type { Home } from './home.ts'

export interface Postmaster {
  readonly pid: number
  /** Epoch seconds. */
  readonly startedAt: number
  readonly port: number
  readonly socket: string
  readonly status: 'starting' | 'ready' | 'stopping' | 'standby' | 'unknown'
}

/** A server that takes connections, and the host to reach it by. */
export interface LiveServer extends Postmaster {
  readonly host: string
}

const STATUSES = ['starting', 'ready', 'stopping', 'standby'] as const

/** Longest path of a Unix socket that every system takes, in bytes, without the closing NUL. */
export const SOCKET_PATH_LIMIT = process.platform === 'linux' ? 107 : 103

export const socketPath = (folder: string, port: number): string => join(folder, `.s.PGSQL.${port}`)

/** The pid file's content, undefined when there is none. It outlives a server that was killed. */
export function readPostmaster(home: Home): Postmaster | undefined {
  let lines: string[]
  try {
    lines = readFileSync(join(home.data, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw code === 'EACCES' ? notYours(home, error) : error
  }
  const [pid, , startedAt, port, socket = '', , , status = ''] = lines
  if (!Number(pid)) return undefined
  const known = STATUSES.find((name) => name === status.trim())
  return {
    pid: Number(pid),
    startedAt: Number(startedAt),
    port: Number(port),
    socket,
    status: known ?? (lines.length < 8 ? 'starting' : 'unknown'),
  }
}

export const notYours = (home: Home, cause?: unknown): ArxError =>
  new ArxError({
    code: 'local-not-yours',
    message: `the local server in ${home.root} belongs to another user`,
    hint: 'run arxdb as that user, or choose another place with ARXDB_HOME',
    cause,
  })

/** `zombie`: killed, and nobody has fetched its exit status; PostgreSQL would take it for alive. */
export type ProcessState = 'server' | 'zombie' | 'other' | 'gone'

/** Whether `pid` is the postmaster of this home: after a reboot its number may be anybody's. */
export function processState(pid: number, home: Home): ProcessState {
  const commandLine = process.platform === 'linux' ? procCommand(pid) : psCommand(pid)
  if (commandLine === undefined) return 'gone'
  if (commandLine === '') return procIsZombie(pid) ? 'zombie' : 'other'
  return commandLine.includes(home.data) ? 'server' : 'other'
}

function procCommand(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return undefined
  }
}

function procIsZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

function psCommand(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

/** The protocol's question whether the server speaks TLS: any answer proves a server at work, and opens no session. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Connecting alone proves little: the kernel completes it for a server that hangs, or is just being killed. */
const answers = (target: { path: string } | { host: string; port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(target)
    socket.setTimeout(2_000, () => socket.destroy())
    socket.on('connect', () => socket.write(SSL_REQUEST))
    socket.on('data', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(false))
  })

/**
 * The server of this home when it takes connections: one file read and one round trip. Over TCP when its socket was
 * swept from the runtime directory, but then only if the process is surely ours.
 */
export async function findLive(home: Home): Promise<LiveServer | undefined> {
  const found = readPostmaster(home)
  if (found?.status !== 'ready') return undefined
  if (await answers({ path: socketPath(found.socket, found.port) })) return { ...found, host: found.socket }
  if (processState(found.pid, home) !== 'server') return undefined
  return (await answers({ host: '127.0.0.1', port: found.port })) ? { ...found, host: '127.0.0.1' } : undefined
}

/** Where the server stands when it does not take connections: the pid file, unless its process is not the server. */
export function serverPhase(home: Home): 'down' | 'starting' | 'ready' | 'stopping' {
  const found = readPostmaster(home)
  if (!found || processState(found.pid, home) !== 'server') return 'down'
  if (found.status === 'starting' || found.status === 'stopping') return found.status
  return 'ready'
}
