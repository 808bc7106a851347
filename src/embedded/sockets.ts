// Where the server listens: a socket in a short folder that nobody else can own, and a loopback port.
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ArxError } from '../errors.ts'
import { caller } from '../programs/account.ts'
import type { Env, Home } from './home.ts'
import { SOCKET_PATH_LIMIT, socketPath } from './postmaster.ts'

const fits = (folder: string): boolean => Buffer.byteLength(socketPath(folder, 65_535)) <= SOCKET_PATH_LIMIT

const serverUid = (home: Home): number => home.account?.uid ?? caller().uid

/** /tmp first: it outlives the login session, which $XDG_RUNTIME_DIR does not. Below the home when all else fails. */
function candidates(env: Env, home: Home): readonly string[] {
  const uid = serverUid(home)
  const name = `arxdb-${uid}-${createHash('sha256').update(home.root).digest('hex').slice(0, 8)}`
  const roots = ['/tmp', ...(env.XDG_RUNTIME_DIR ? [env.XDG_RUNTIME_DIR] : []), tmpdir()]
  // The random name is for a stranger who took the usual one.
  const usual = roots.map((root) => join(root, name))
  const fallback = roots.map((root) => join(root, `${name}-${randomBytes(4).toString('hex')}`))
  return [...usual, ...fallback, join(home.folder, 'socket')].filter(fits)
}

/** Makes or takes `folder`; false unless it is a real folder, open to the server's account only. */
function claim(folder: string, home: Home): boolean {
  const uid = serverUid(home)
  try {
    mkdirSync(folder, { mode: 0o700 })
    if (home.account) chownSync(folder, home.account.uid, home.account.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
  }
  // lstat: a link that somebody left in /tmp would lead the server into a folder of theirs.
  const stat = lstatSync(folder)
  if (!stat.isDirectory() || stat.uid !== uid) return false
  if ((stat.mode & 0o777) !== 0o700) chmodSync(folder, 0o700)
  return true
}

/** A folder for the server's socket. Throws when no place is short enough and ours. */
export function socketFolder(env: Env, home: Home): string {
  const found = candidates(env, home).find((folder) => claim(folder, home))
  if (found) return found
  throw new ArxError({
    code: 'local-socket',
    message: "no folder for the local server's socket",
    detail: `tried /tmp, XDG_RUNTIME_DIR and TMPDIR; the socket's path may have ${SOCKET_PATH_LIMIT} bytes at most`,
    hint: 'set XDG_RUNTIME_DIR to a short folder of your own',
  })
}

/** Removes a stopped server's socket folder, if it holds nothing but what PostgreSQL puts there. */
export function removeSocketFolder(folder: string, home: Home): boolean {
  try {
    const stat = lstatSync(folder)
    if (!stat.isDirectory() || stat.uid !== serverUid(home)) return false
    const names = readdirSync(folder)
    if (!names.every((name) => /^\.s\.PGSQL\.\d+(\.lock)?$/.test(name))) return false
    for (const name of names) rmSync(join(folder, name))
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}

const listening = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const { port: taken } = server.address() as { port: number }
      server.close(() => resolve(taken))
    })
  })

/** `wanted` when nobody listens there, else one that the system gives. It may be taken before we use it: try again. */
export async function freePort(wanted?: number): Promise<number> {
  const port = (wanted ? await listening(wanted) : undefined) ?? (await listening(0))
  if (port) return port
  throw new ArxError({ code: 'local-port', message: 'no free TCP port on 127.0.0.1 for the local server' })
}
