// Where the local server lives. Everything that one rename must publish together stands in one folder, `local`.
import { createHash } from 'node:crypto'
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { type Account, caller, canReach, ownerOf, unprivilegedAccount } from '../programs/account.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface Home {
  readonly root: string
  readonly folder: string
  /** PGDATA; owned by the account that runs the server, 0700. */
  readonly data: string
  readonly record: string
  /** Written by the watcher at every look. */
  readonly watched: string
  readonly password: string
  readonly log: string
  /** Copies of npm's binaries. */
  readonly binaries: string
  /** Whom the server runs as, when that is not the caller. */
  readonly account: Account | undefined
  /** The home that was asked for, when that account cannot enter it, or this user cannot write it. */
  readonly insteadOf: string | undefined
}

const SYSTEM_HOME = '/var/lib/arxdb'

/** The server's own paths below `folder`. */
export const inFolder = (folder: string) => ({
  folder,
  data: join(folder, 'data'),
  record: join(folder, 'server.json'),
  watched: join(folder, 'watched'),
  password: join(folder, 'password'),
  log: join(folder, 'server.log'),
})

/** Paths of the home at `root`. */
export const homeAt = (root: string, account?: Account, insteadOf?: string): Home => ({
  root,
  ...inFolder(join(root, 'local')),
  binaries: join(root, 'binaries'),
  account,
  insteadOf,
})

function ownHome(): string {
  try {
    return userInfo().homedir
  } catch {
    // A user id without an account, as some containers have: what follows says that / is no place to write.
    return '/'
  }
}

const defaultRoot = (home: string): string => join(home, '.local', 'share', 'arxdb')

/** Without links, so that one place has one name: the process of a server is known by it. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path === dirname(path) ? path : join(real(dirname(path)), basename(path))
  }
}

function wantedRoot(env: Env): string {
  if (env.ARXDB_HOME) return real(resolve(env.ARXDB_HOME))
  if (env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME)) return real(join(env.XDG_DATA_HOME, 'arxdb'))
  return real(defaultRoot(env.HOME || ownHome()))
}

const short = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 10)

/** One place below /var/lib for each unreachable home, so that two homes never share a server. */
const reachableRoot = (wanted: string): string =>
  wanted === real(defaultRoot(ownHome())) ? SYSTEM_HOME : `${SYSTEM_HOME}-${short(wanted)}`

/** The same for a user. /var/tmp is everybody's; it outlives a reboot, though some systems remove what is a month old. */
const spareRoot = (wanted: string, uid: number): string => `/var/tmp/arxdb-${uid}-${short(wanted)}`

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/**
 * The home this caller uses: `ARXDB_HOME`, `$XDG_DATA_HOME/arxdb`, `~/.local/share/arxdb`; for root, when the account
 * that must run the server cannot enter it, a folder below /var/lib; for a user who has no home to write to, one below
 * /var/tmp, unless ARXDB_HOME says where. Data that stand already decide where the home is and whom it belongs to.
 */
export function findHome(env: Env): Home {
  const wanted = wantedRoot(env)
  const { uid } = caller()
  if (uid !== 0) return homeOfUser(wanted, uid, Boolean(env.ARXDB_HOME))
  for (const root of [wanted, reachableRoot(wanted)]) {
    const home = homeAt(root, undefined, root === wanted ? undefined : wanted)
    if (exists(home.data)) return { ...home, account: ownerOf(home.data) }
  }
  const account = unprivilegedAccount()
  if (canReach(account, wanted)) return homeAt(wanted, account)
  return homeAt(reachableRoot(wanted), account, wanted)
}

function homeOfUser(wanted: string, uid: number, chosen: boolean): Home {
  const home = homeAt(wanted)
  if (chosen || exists(home.data)) return home
  const spare = homeAt(spareRoot(wanted, uid), undefined, wanted)
  if (!exists(spare.root)) return writable(wanted) ? home : spare
  return isOwn(spare.root) && (exists(spare.data) || !writable(wanted)) ? spare : home
}

/** Whether this process may write to `path`, or make it. */
function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && path !== dirname(path) && writable(dirname(path))
  }
}

/** A real folder of the caller's that nobody else can write to: in /var/tmp a stranger may have been there first. */
export function isOwn(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === caller().uid && (stat.mode & 0o022) === 0
}

/**
 * Makes a folder and what is missing above it. The mode is set whatever the umask: with 077 the server's account could
 * not pass through what root made.
 */
export function makeFolder(path: string, mode: number): void {
  if (exists(path)) return
  const parent = dirname(path)
  if (!exists(parent)) makeFolder(parent, caller().uid === 0 ? 0o755 : 0o700)
  try {
    mkdirSync(path)
    chmodSync(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Root passes the server's account through its folders; a user lets nobody in. */
export const folderMode = (home: Home): number => (home.account ? 0o711 : 0o700)
