// TimescaleDB's Apache edition from Debian's own package, in a Debian 13 root: it serves on every machine where root
// may chroot, whatever PostgreSQL that machine has.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sweepFolders } from './leftovers.ts'
import { TIMESCALEDB_SETTINGS } from './postgres.ts'
import { type Installation, type OwnServer, startServer } from './server.ts'

const BINDIR = '/usr/lib/postgresql/17/bin'
const MAKE = new URL('./apache-root.sh', import.meta.url).pathname

/** Where the root stands; it is made once and kept. */
export const apacheRoot = (): string => process.env.ARXDB_TEST_APACHE_ROOT || '/var/cache/arxdb-test/trixie-timescaledb'

const isDebian = (): boolean =>
  existsSync('/etc/os-release') && /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'))

/** Why there is no root to start a server in, and none will be made; undefined when there is one. */
function prepare(): string | undefined {
  const asked = process.env.ARXDB_TEST_APACHE
  if (asked === '0') return 'ARXDB_TEST_APACHE=0'
  if (process.geteuid?.() !== 0) return 'needs root (for a Debian 13 root), or ARXDB_TEST_APACHE_URL'
  const root = apacheRoot()
  if (existsSync(join(root, BINDIR, 'postgres'))) return undefined
  if (!isDebian()) return 'needs Debian (for a Debian 13 root), or ARXDB_TEST_APACHE_URL'
  if (!process.env.CI && asked !== '1') {
    return 'no Debian 13 root yet: bash .ci/run or ARXDB_TEST_APACHE=1 makes it; or set ARXDB_TEST_APACHE_URL'
  }
  console.log(`making a Debian 13 root in ${root} ...`)
  try {
    execFileSync('bash', [MAKE, root], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
    return undefined
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-2).join(' ')
    return `cannot make the Debian 13 root: ${said || (error as Error).message}`
  }
}

/** Starts the server in the root; a string says why the tier is skipped. */
export async function startApache(settings: readonly string[] = TIMESCALEDB_SETTINGS): Promise<OwnServer | string> {
  const reason = prepare()
  if (reason) return reason
  sweepFolders(join(apacheRoot(), 'tmp'))
  return startServer(apacheInstallation(settings))
}

/** The programs in the root, which is there. */
export function apacheInstallation(settings: readonly string[] = TIMESCALEDB_SETTINGS): Installation {
  const root = apacheRoot()
  const [, , uid, gid] = /^postgres:.*$/m.exec(readFileSync(join(root, 'etc/passwd'), 'utf8'))?.[0].split(':') ?? []
  return {
    bindir: BINDIR,
    // User and group both: with the user alone, chroot takes the gid from outside the root.
    prefix: ['chroot', '--userspec=postgres:postgres', root],
    options: { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' } },
    owner: { uid: Number(uid), gid: Number(gid) },
    temporary: { here: join(root, 'tmp'), inside: '/tmp' },
    settings,
  }
}
